"""`python -m spacy bio-crf check`."""
import json

import numpy
import pytest
import spacy
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc, DocBin, Span
from typer.testing import CliRunner

from spacy_bio_crf.cli import bio_crf_cli

from ..conftest import SENTENCES
from .conftest import write_docs


@pytest.fixture
def check():
    """Run the command; RETURNS the exit code and the report."""

    def run(*arguments):
        result = CliRunner().invoke(bio_crf_cli, ["check", *map(str, arguments), "--json"])
        assert result.exit_code in (0, 1) and result.stdout, (result.output, result.exception)
        return result.exit_code, json.loads(result.stdout)

    return run


def kinds(report):
    return {(row["part"], row["kind"]): row["count"] for row in report["findings"]}


@pytest.fixture
def train(trained, tmp_path):
    many = [(text.replace("Khan", f"Khan{i}"), []) for i in range(3) for text, _ in SENTENCES[:1]]
    names = [(f"Name{chr(97 + i)} sees Berlin.", [(0, 5, "PERSON"), (11, 17, "LOC")]) for i in range(10)]
    return write_docs(trained, tmp_path / "train.spacy", [*SENTENCES, *many, *names])


def test_a_clean_corpus(check, train, trained, tmp_path):
    dev = write_docs(trained, tmp_path / "dev.spacy", [("Ann likes Oslo.", [(0, 3, "PERSON"), (10, 14, "LOC")])])
    code, report = check(train, dev, "--lang", "en")
    assert code == 0 and report["problems"] == 0, report["findings"]
    assert report["parts"]["train"]["labels"]["PERSON"]["spans"] == 12 and set(report["parts"]) == {"train", "dev"}


def test_which_severities_count(check, train, trained, tmp_path):
    dev = write_docs(trained, tmp_path / "dev.spacy", SENTENCES[:1])  # a warning: it is in both
    assert [check(train, dev, "--fail-on", severity)[0] for severity in ("error", "warning", "note", "never")] == [0, 1, 1, 0]
    test = write_docs(trained, tmp_path / "test.spacy", [("Oslo it is.", [(0, 4, "TOWN")])])  # an error
    assert [check(train, test, "--fail-on", severity)[0] for severity in ("error", "warning", "never")] == [1, 1, 0]
    assert kinds(check(train, test)[1])["test", "unseen label"] == 1


def test_tables(train, trained, tmp_path):
    dev = write_docs(trained, tmp_path / "dev.spacy", SENTENCES[:1])
    result = CliRunner().invoke(bio_crf_cli, ["check", str(train), str(dev)])
    assert result.exit_code == 1
    for part in ("warning: documents that another part has too (leak)", "Who is Shaka Khan?", "→ Figures", "1 problem(s)", "PERSON"):
        assert part in result.output
    assert "✔ No problems" in CliRunner().invoke(bio_crf_cli, ["check", str(train)]).output
    result = CliRunner().invoke(bio_crf_cli, ["check", str(train), str(dev), "--fail-on", "never"])
    assert "(leak)" in result.output and "No problems" not in result.output


def test_column_files_with_illegal_tags(check, tmp_path):
    (tmp_path / "train.conll").write_text("Ann I-PER\nran O\n\nOslo I-LOC\nfjord I-LOC\nBob I-PER\n\n")
    code, report = check(tmp_path / "train.conll")
    assert code == 1 and kinds(report)["train", "orphan"] == 3
    (row,) = [row for row in report["findings"] if row["kind"] == "orphan"]
    assert row["severity"] == "error" and any("Ann" in example for example in row["examples"])
    assert ("train", "orphan") not in kinds(check(tmp_path / "train.conll", "--scheme", "IOB1")[1])


def test_options_of_reading(check, bio_crf, tmp_path):
    """Those of convert: a corpus need not be converted to be checked."""
    (tmp_path / "train.iob2").write_text("# newdoc\n1\tin\tO\t-\n2\tNew\tI-LOC\t-\n3\tYork\tI-LOC\t-\n\n")
    code, report = check(tmp_path / "train.iob2", "--separator", "tab", "--token-column", 1, "--comment", "# ")
    assert kinds(report)["train", "unaligned"] == 1, "the last column holds no tags"
    options = ["--separator", "tab", "--token-column", 1, "--tag-column", 2, "--comment", "# ", "--lang", "en"]
    code, report = check(tmp_path / "train.iob2", *options)
    assert code == 1 and kinds(report)["train", "orphan"] == 1 and report["parts"]["train"]["spans"] == 1
    assert ("train", "orphan") not in kinds(check(tmp_path / "train.iob2", *options, "--scheme", "IO")[1])
    (tmp_path / "two.conll").write_text("Ann B-P O\nof I-P O\nRome I-P B-L\n\n")
    layers = ["--layer", "P=1", "--layer", "L=2"]
    for key in "PL":
        assert list(check(tmp_path / "two.conll", *layers, "--spans-key", key)[1]["parts"]["two"]["labels"]) == [key]
    assert list(check(tmp_path / "two.conll", *layers[2:])[1]["parts"]["two"]["labels"]) == ["L"]
    assert "E629" in bio_crf("check", tmp_path / "two.conll", *layers, code=1).output
    (tmp_path / "a.txt").write_text("Bank of York")
    (tmp_path / "a.ann").write_text("T1\tORG 0 12\tBank of York\nT2\tLOC 8 12\tYork\n")
    assert check(tmp_path / "a.ann", "--spans-key", "all", "--lang", "en")[1]["parts"]["a"]["spans"] == 2
    assert "E528" in bio_crf("check", tmp_path / "a.ann", "--scheme", "BIO", code=1).output


def test_contradictions(check, tmp_path):
    """Not where one annotation is partial, nor where tokens and white space differ."""
    first = [{"text": "Ann saw New York", "label": [[0, 3, "P"], [8, 16, "L"]]}, {"text": "Bob ran", "label": [[0, 3, "P"]]}]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, first)))

    def contradictions(*lines):
        (tmp_path / "dev.conll").write_text("\n".join(line.replace(" ", "\n").replace("/", " ") for line in lines))
        return kinds(check(tmp_path / "train.jsonl", tmp_path / "dev.conll", "--lang", "en")[1]).get(("dev", "contradiction"), 0)

    assert contradictions("Ann/B-P saw/O New/B-L York/I-L") == 0
    assert contradictions("Ann/B-P saw/- New/- York/-") == 0
    assert contradictions("Ann/- saw/O New/B-L York/I-L", "", "Bob/- ran/O") == 0
    assert contradictions("Ann/B-P saw/O New/O York/B-L") == 1
    assert contradictions("Ann/B-P saw/- New/- York/O") == 1, "a part of it is known to be outside"
    assert contradictions("Ann/B-L saw/O New/B-L York/I-L", "", "Bob/O ran/O") == 2
    assert contradictions("Ann/B-P saw/B-P New/B-L York/I-L") == 1, "a span too many"
    group = [{**first[0], "label": []}, first[1]]
    (tmp_path / "group.jsonl").write_text("\n".join(map(json.dumps, group)))
    DocBin(docs=[spacy.blank("en")("Bob ran")]).to_disk(tmp_path / "none.spacy")
    code, report = check(tmp_path / "group.jsonl", tmp_path / "none.spacy", "--lang", "en", "--spans-key", "all")
    assert kinds(report)["none", "leak"] == 1 and ("none", "contradiction") not in kinds(report), "no group says nothing"
    assert report["parts"]["none"]["missing_tokens"] == 2
    spaced = {"text": "Ann  saw\n\n New York", "label": [[0, 3, "P"], [11, 19, "L"]]}
    (tmp_path / "test.jsonl").write_text(json.dumps(spaced))
    found = kinds(check(tmp_path / "train.jsonl", tmp_path / "test.jsonl", "--lang", "en")[1])
    assert found["test", "leak"] == 1 and ("test", "contradiction") not in found


def test_docs_that_spacy_refuses(check, trained, tmp_path):
    doc = Doc(trained.vocab, words=["a", "b", "c"])
    label = trained.vocab.strings.add("X")
    doc.from_array([ENT_IOB, ENT_TYPE], numpy.array([[2, 0], [1, label], [1, label]], dtype="uint64"))
    with pytest.raises(ValueError, match="E093"):
        doc.ents
    DocBin(docs=[doc]).to_disk(tmp_path / "odd.spacy")
    code, report = check(tmp_path / "odd.spacy")
    assert code == 1 and kinds(report)["odd", "orphan"] == 1 and report["parts"]["odd"]["spans"] == 1


def test_against_a_model(check, model, train, trained, tmp_path):
    """Its tokenizer, its labels, and what its threshold drops."""
    assert ("train", "threshold") not in kinds(check(train, "--model", model)[1])
    nlp = spacy.load(model)
    nlp.get_pipe("bio_crf_tagger").cfg["thresholds"] = {"LOC": 1.0}
    nlp.to_disk(tmp_path / "strict")
    doc = Doc(nlp.vocab, words=["Berlin", "3", "Ma", "y"], spaces=[True, False, False, False])
    doc.set_ents([Span(doc, 0, 1, "TOWN"), Span(doc, 2, 3, "PERSON")])
    DocBin(docs=[doc]).to_disk(tmp_path / "dev.spacy")
    code, report = check(train, tmp_path / "dev.spacy", "--model", tmp_path / "strict")
    found = kinds(report)
    assert code == 1 and found["dev", "foreign label"] == 1 and found["dev", "lost gold"] == 1 and found["dev", "tokenizer"] == 1
    (row,) = [row for row in report["findings"] if row["kind"] == "threshold"]
    assert row["part"] == "train" and row["count"] > 5 and row["examples"][0].startswith("LOC: 1 drops")


def test_a_span_group(check, trained, tmp_path):
    doc = trained.make_doc("the Bank of New York")
    doc.spans["x"] = [doc[1:5], doc[3:5]]
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    assert kinds(check(tmp_path / "a.spacy", "--spans-key", "x")[1])["a", "overlap"] == 1
    assert ("a", "overlap") not in kinds(check(tmp_path / "a.spacy")[1])


def test_every_copy_of_a_document_of_training_is_a_leak(check, train, trained, tmp_path):
    dev = write_docs(trained, tmp_path / "dev.spacy", [("Who is Shaka Khan?", [(7, 17, "PERSON")])] * 3)
    found = kinds(check(train, dev)[1])
    assert (found["dev", "leak"], found["dev", "duplicate"]) == (3, 2)


def test_a_group_that_is_nowhere(check, bio_crf, model, train):
    """There is nothing to check, which is no good news."""
    assert "E630" in bio_crf("check", train, "--spans-key", "typo", code=1).output
    assert "E631" in bio_crf("check", train, "--model", tagged_by_group(model), code=1).output
    assert "E632" in bio_crf("check", train, "--component", "x", code=1).output


def tagged_by_group(path):
    nlp = spacy.load(path)
    nlp.get_pipe("bio_crf_tagger").cfg.update(set_ents=False, spans_key="sc")
    nlp.to_disk(path)
    return path


def test_parts_with_one_name_go_by_their_paths(check, train, trained, tmp_path):
    (tmp_path / "b").mkdir()
    other = write_docs(trained, tmp_path / "b" / "train.spacy", [("Ann ran.", [])])
    assert set(check(train, other)[1]["parts"]) == {str(train), str(other)}


def test_clear_errors(bio_crf, train, tmp_path):
    assert "E626" in bio_crf("check", train, train, code=1).output
    assert "E101" in bio_crf("check", train, "--scheme", "ABC", code=1).output
    (tmp_path / "broken.spacy").write_text("no")
    assert "E525" in bio_crf("check", tmp_path / "broken.spacy", code=1).output
    assert "✘" in bio_crf("check", tmp_path / "nowhere.spacy", code=1).output
