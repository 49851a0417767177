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
    assert code == 1 and found["dev", "foreign label"] == 1 and found["dev", "lost gold"] == 1 and found["dev", "tokenizer"] == 2
    (row,) = [row for row in report["findings"] if row["kind"] == "threshold"]
    assert row["part"] == "train" and row["count"] > 5 and row["examples"][0].startswith("LOC: 1 drops")


def test_a_span_group(check, trained, tmp_path):
    doc = trained.make_doc("the Bank of New York")
    doc.spans["x"] = [doc[1:5], doc[3:5]]
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    assert kinds(check(tmp_path / "a.spacy", "--spans-key", "x")[1])["a", "overlap"] == 1
    assert ("a", "overlap") not in kinds(check(tmp_path / "a.spacy")[1])


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
