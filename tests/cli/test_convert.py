"""`python -m spacy bio-crf convert`."""
import json
import subprocess
import sys
from inspect import signature

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bio_crf.cli import bio_crf_cli, check, convert
from spacy_bio_crf.corpus import FORMATS
from spacy_bio_crf.corpus.options import options_of

NLP = spacy.blank("xx")
COLUMNS = "Ann B-per\nLee I-per\n\nin O\nOslo B-loc\n"
ORPHAN = "a O\n\nOslo I-loc\n"
SNIPS = '{"Play": [{"data": [{"text": "in "}, {"text": "Rome", "entity": "city"}]}]}'


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run_convert(*arguments, code=0):
        result = CliRunner().invoke(bio_crf_cli, ["convert", *map(str, arguments)])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run_convert


@pytest.fixture
def source(tmp_path):
    def write(content, name="in.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
        return name

    return write


def load(path):
    return list(DocBin().from_disk(path).get_docs(NLP.vocab))


def ents(docs):
    return [(ent.text, ent.label_) for doc in docs for ent in doc.ents]


def test_as_spacy_mounts_it(source, tmp_path):
    source(COLUMNS)
    command = [sys.executable, "-m", "spacy", "bio-crf", "convert", "in.txt", "out.spacy"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "tokens" in result.stdout and "out.spacy: 2 docs" in result.stdout
    assert ents(load(tmp_path / "out.spacy")) == [("Ann Lee", "per"), ("Oslo", "loc")]


def test_report(run, source):
    output = run(source(ORPHAN), "out.spacy", "--repair", "begin").output
    for part in (
        "docs",
        "tokens",
        "spans",
        "loc",
        "Repaired: orphan, 1 time",
        "in.txt, line 3, sentence",
        "2 docs",
    ):
        assert part in output
    assert "Traceback" not in output


def test_json(run, source, tmp_path):
    result = run(source(ORPHAN), "out.spacy", "--repair", "begin", "--json")
    report = json.loads(result.stdout)
    assert report["written"] == {"out.spacy": 2}
    assert (report["documents"], report["tokens"], report["spans"], report["labels"]) == (2, 2, 1, {"loc": 1})
    assert report["repairs"] == {"orphan": 1}


def test_to_columns(run, source, tmp_path):
    run(source(COLUMNS), "out.tsv", "--to-scheme", "BIOES")
    assert (tmp_path / "out.tsv").read_text() == "Ann\tB-per\nLee\tE-per\n\nin\tO\nOslo\tS-loc\n\n"


def test_all_options_of_columns(run, source, tmp_path):
    source("# x\nB\tI\t我\nUNK\tO\t你\n\nI\tO\t他\n")
    run(
        *("in.txt", "out.spacy", "--format", "columns", "--lang", "zh", "--scheme", "BIO", "--token-column", 2),
        *("--tag-column", 0, "--separator", "tab", "--comment", "# ", "--missing", "UNK", "--label", "x"),
        *("--repair", "begin", "--no-spaces", "--n-sents", 0, "--encoding", "utf-8"),
    )
    (doc,) = load(tmp_path / "out.spacy")
    assert doc.text == "我你他"
    assert [token.ent_iob for token in doc] == [3, 0, 3]
    assert [token.is_sent_start for token in doc] == [True, False, True]


def test_parts(run, source, tmp_path):
    source('{"t": "12 Main St", "p": {"number": "12", "x": "Elm"}}\n', "in.jsonl")
    output = run("in.jsonl", "out.spacy", "-f", "parts", "-l", "en", "--text-key", "t", "--parts-key", "p").output
    assert "Not aligned: value not found in the text, 1 time" in output and "'Elm'" in output
    assert ents(load(tmp_path / "out.spacy")) == [("12", "number")]


def test_usaddress(run, source, tmp_path):
    source("<A><S><No>12</No> <Street>Elm,</Street></S></A>")
    run("in.txt", "out.spacy", "-f", "usaddress")
    assert ents(load(tmp_path / "out.spacy")) == [("12", "No"), ("Elm,", "Street")]
    run("in.txt", "out.spacy", "-f", "usaddress", "--new-tokens")
    assert ents(load(tmp_path / "out.spacy")) == [("12", "No"), ("Elm", "Street")]


TASK = '{"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "city"}], "answer": "accept"}\n'


def test_the_format_is_guessed(run, source, tmp_path):
    for name, content in {"a.jsonl": TASK, "b.xml": "In <city>Rome</city>", "c.tsv": "In O\nRome B-city\n"}.items():
        run(source(content, name), "out.spacy")
        assert ents(load(tmp_path / "out.spacy")) == [("Rome", "city")]


def test_from_any_format_to_any_other(run, source, tmp_path):
    chain = ["a.jsonl", "b.tsv", "c.csv", "d.json", "e.xml", "f", "g.jsonl"]
    source(TASK, chain[0])
    for one, other in zip(chain, chain[1:]):
        run(one, other, *{"f": ["--to", "brat"], "g.jsonl": ["--to", "prodigy"]}.get(other, []))
    task = json.loads((tmp_path / "g.jsonl").read_text())
    assert (task["text"].strip(), task["spans"][0]["label"]) == ("In Rome", "city")


def test_layers(run, source, tmp_path):
    source("a B-x O\nb I-x B-y\n")
    run("in.txt", "out.spacy", "--layer", "one=1", "--layer", "two=2")
    (doc,) = load(tmp_path / "out.spacy")
    assert {key: [(s.text, s.label_) for s in doc.spans[key]] for key in doc.spans} == {"one": [("a b", "x")], "two": [("b", "y")]}
    run("in.txt", "out.jsonl", "--to", "doccano", "--layer", "one=1", "--layer", "two=2")
    assert len(json.loads((tmp_path / "out.jsonl").read_text())["label"]) == 2
    run("out.spacy", "again.tsv", "--spans-key", "two")
    assert (tmp_path / "again.tsv").read_text() == "a\tO\nb\tB-y\n\n"


def test_losses_of_a_written_format(run, source, tmp_path):
    source("a -\nb O\n")
    report = json.loads(run("in.txt", "out.jsonl", "--to", "doccano", "--json").stdout)
    assert list(report["dropped"].values()) == [1]
    assert "Dropped" in run("in.txt", "out.jsonl", "--to", "doccano").output
    (tmp_path / "out.jsonl").unlink()
    assert "E530" in run("in.txt", "out.jsonl", "--to", "doccano", "--strict", code=1).stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_every_option_of_a_reader_is_one_of_the_command():
    """What a reader can be told, the command can tell it."""
    options = {name for format in FORMATS.values() for name in options_of(format.read)}
    assert options <= set(signature(convert.convert_cli).parameters)
    assert options - {"seed"} <= set(signature(check.check_cli).parameters)


def test_files_of_a_folder(run, source, tmp_path):
    for name in ("data/a.json", "data/b.json", "data/c.txt"):
        source(SNIPS, name)
    run("data", "out.spacy", "-f", "snips", "--pattern", "*.json")
    assert ents(load(tmp_path / "out.spacy")) == [("Rome", "city")] * 2


def test_what_is_read_beside_a_file_is_not_written_over(run, source):
    source("In Rome", "a.txt")
    source("T1\tLOC 3 7\tRome\n", "a.ann")
    source("in Rome\n", "seq.in")
    source("O B-x\n", "seq.out")
    assert "E603" in run("a.ann", "a.txt", code=1).stderr
    assert "E603" in run("seq.in", "seq.out", "--to", "columns", code=1).stderr


@pytest.mark.parametrize("name, content", [("a.tsv", COLUMNS), ("a.json", SNIPS), ("a.jsonl", '{"text": "Rome", "components": {"x": "Rome"}}'),
    ("a.xml", "<c><a><x>Rome</x></a></c>")])  # fmt: skip
def test_a_group_in_place_of_entities(run, source, tmp_path, name, content):
    """Whatever the format."""
    source(content, name)
    run(name, "out.spacy", "--spans-key", "sc", "--strict")
    docs = load(tmp_path / "out.spacy")
    assert all(not doc.ents and "sc" in doc.spans for doc in docs) and any(doc.spans["sc"] for doc in docs)
    run(name, "out.tsv", "--spans-key", "sc", "--strict")
    assert "\tB-" in (tmp_path / "out.tsv").read_text()


def test_groups_that_are_nowhere(run, source, tmp_path):
    source(COLUMNS, "a.tsv")
    run("a.tsv", "a.spacy")
    assert "E541" in run("a.spacy", "a.jsonl", "--to", "doccano", "--spans-key", "typo", code=1).stderr
    assert "E528" in run("a.spacy", "b.spacy", "--spans-key", "typo", code=1).stderr
    assert "E539" in run("a.tsv", "b.spacy", "--layer", "L=1", "--layer", "L=0", code=1).stderr
    for options in (["b.tsv", "--to-scheme", "ABC"], ["b.spacy", "--to-scheme", "BIOES"]):
        assert "[E" in run("a.tsv", *options, code=1).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.spacy", "a.tsv"]


def test_what_is_only_about_a_corpus_is_no_part_of_it(run, source, tmp_path):
    source("Some rights reserved, and\nmany lines of words.\n", "data/LICENSE")
    source("# About", "data/README.md")
    source(COLUMNS, "data/train.tsv")
    run("data", "out.spacy", "--strict")
    assert len(load(tmp_path / "out.spacy")) == 2


def test_addresses(run, tmp_path):
    report = json.loads(
        run("test", "out.spacy", "-f", "addresses", "--size", 20, "--country", "fr", "--seed", 3, "--json").stdout
    )
    assert report["documents"] == 20 and not report["unaligned"]
    assert len(load(tmp_path / "out.spacy")) == 20


def test_split(run, source, tmp_path):
    source("".join(f"w{i} B-x\n\n" for i in range(100)))
    run("in.txt", "out", "--split", "0.8,0.1,0.1", "--seed", 1)
    splits = {path.name: [doc.text for doc in load(path)] for path in (tmp_path / "out").iterdir()}
    assert {name: len(split) for name, split in splits.items()} == {
        "train.spacy": 80,
        "dev.spacy": 10,
        "test.spacy": 10,
    }
    assert len({text for split in splits.values() for text in split}) == 100
    run("in.txt", "again", "--split", "0.8,0.1,0.1", "--seed", 1)
    assert {path.name: [doc.text for doc in load(path)] for path in (tmp_path / "again").iterdir()} == splits
    run("in.txt", "other", "--split", "0.8,0.1,0.1", "--seed", 2)
    assert [doc.text for doc in load(tmp_path / "other" / "test.spacy")] != splits["test.spacy"]


@pytest.mark.parametrize(
    "content, arguments, code",
    [
        (ORPHAN, ["out.spacy"], "E102"),
        (ORPHAN, ["out.spacy", "--repair", "begin", "--strict"], "E530"),
        (ORPHAN, ["out.spacy", "--repair", "mend"], "E108"),
        ('{"text": "a", "components": {"x": "b"}}', ["out.spacy", "-f", "parts", "--strict"], "E530"),
        (COLUMNS, ["out.spacy", "--scheme", "X"], "E101"),
        (COLUMNS, ["out.spacy", "--label", " "], "E103"),
        (COLUMNS, ["out.spacy", "-f", "snips"], "E518"),
        (COLUMNS, ["out.spacy", "-f", "addresses"], "E512"),
        (COLUMNS, ["out.spacy", "-f", "klingon"], "E526"),
        (COLUMNS, ["out.spacy", "--text-key", "x"], "E528"),
        (COLUMNS, ["out.spacy", "--layer", "x"], "E532"),
        (COLUMNS, ["out.spacy", "--to", "snips"], "E531"),
        (COLUMNS, ["out.spacy", "--lang", "klingon"], "klingon"),
        ("a I-x\n\nb I-x\n", ["out", "--scheme", "IO", "--split", "0.9,0.2"], "E519"),
        (COLUMNS, ["out", "--split", "1"], "E602"),
        (COLUMNS, ["out", "--split", "a,b"], "E602"),
        (COLUMNS, ["out", "--split", "0.25,0.25,0.25,0.25"], "E602"),
        (COLUMNS, ["in.txt", "--split", "0.5,0.5"], "E603"),
        (COLUMNS, ["."], "E603"),
        (COLUMNS, ["in.txt"], "E603"),
        (COLUMNS, ["../{folder}/in.txt"], "E603"),
        (COLUMNS, ["z"], "--to"),
        (COLUMNS, ["z/"], "--to"),
        (COLUMNS, ["z.jsonl"], "label_studio, doccano, spacy_json, prodigy"),
        (COLUMNS, ["out.spacy", "--separator", ""], "E522"),
        ("a B-x\nb B-x\n", ["out.tsv", "--to-scheme", "IO"], "E106"),
        (COLUMNS, ["in.txt/out.spacy"], "in.txt"),
    ],
)
def test_bad_input_is_one_clear_error(run, source, tmp_path, content, arguments, code):
    arguments = [argument.format(folder=tmp_path.name) for argument in arguments]
    result = run(source(content), *arguments, code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("✘") and code in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]
    assert (tmp_path / "in.txt").read_text() == content


@pytest.mark.parametrize("output", [["data/out.tsv"], ["data", "--split", "0.5,0.5"]])
def test_no_file_of_the_input_is_written_over(run, source, tmp_path, output):
    for name in ("data/out.tsv", "data/dev.spacy"):
        source(COLUMNS, name)
    assert "E603" in run("data", *output, "-f", "columns", code=1).stderr
    assert {path.read_text() for path in (tmp_path / "data").iterdir()} == {COLUMNS}


def test_failure_keeps_the_old_output(run, source, tmp_path):
    run(source(COLUMNS), "out.tsv")
    before = (tmp_path / "out.tsv").read_text()
    run(source("a B-x\nb B-x\n", "bad.txt"), "out.tsv", "--to-scheme", "IO", code=1)
    assert (tmp_path / "out.tsv").read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.txt", "in.txt", "out.tsv"]


def test_a_fault_of_ours_keeps_its_traceback(run, source, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("ours")

    monkeypatch.setattr(convert, "save_docs", fail)
    result = CliRunner().invoke(bio_crf_cli, ["convert", source(COLUMNS), "out.spacy"])
    assert isinstance(result.exception, ValueError)


def test_help(run):
    text = " ".join(run("--help").output.split())
    for option in ("prodigy", "INPUT", "OUTPUT", "--format", "--scheme", "--split", "--strict", "--json", "--repair"):
        assert option in text
