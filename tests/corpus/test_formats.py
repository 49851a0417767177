"""The registry of formats: what follows from it."""
from pathlib import Path

import pytest
import spacy
from spacy.util import registry

from spacy_bio_crf.corpus import FORMATS, read_corpus, write_corpus
from spacy_bio_crf.corpus.formats import format_for, get_format
from spacy_bio_crf.corpus.options import options_of

DOCS = Path(__file__).parents[2] / "docs" / "corpora.md"


def row(format):
    """A row of the table in the docs."""
    endings = ", ".join(f"`{ending}`" for ending in format.endings[:3]) + " ..." * (len(format.endings) > 3)
    written = (endings or "a folder") if format.write else "no"
    return (
        f"| `{format.name}` | {format.what} | {written} | {', '.join(sorted(format.holds)) if format.write else ''} |"
    )


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda format: format.name)
def test_the_docs_have_every_format(format):
    assert row(format) in DOCS.read_text(encoding="utf8")


def test_endings():
    assert [format_for(name).name for name in ("a.spacy", "a.iob2", "a.csv", "a.json")] == [
        "spacy", "columns", "offsets", "spacy_json"]  # fmt: skip
    for name in ("a.jsonl", "a", "a.pdf"):
        with pytest.raises(ValueError, match="E527.*prodigy"):
            format_for(name)


def test_names_and_options_that_there_are_not(write, nlp, tmp_path):
    with pytest.raises(ValueError, match="E526.*'conll'.*columns"):
        get_format("conll")
    with pytest.raises(ValueError, match="E528.*doccano.*'scheme'.*spans_key"):
        read_corpus(write('{"text": "a", "label": []}'), nlp, scheme="BIO")
    with pytest.raises(ValueError, match="E528.*offsets.*'scheme'"):
        write_corpus([], tmp_path / "a.csv", scheme="BIO")
    with pytest.raises(ValueError, match="E531.*snips"):
        write_corpus([], tmp_path / "a.json", "snips")
    assert "report" not in options_of(FORMATS["markup"].write)


def test_reader(write):
    """Predicted docs have the tokens of the pipeline, unless the format has its own."""
    nlp = spacy.blank("en")
    for name, content, words in (
        ("a.jsonl", '{"text": "can\'t", "tokens": [{"start": 0, "end": 5}], "spans": []}', ["ca", "n't"]),
        ("a.tsv", "can't\tO\n", ["can't"]),
    ):
        block = {"@readers": "spacy_bio_crf.Corpus.v1", "path": str(write(content, name))}
        (example,) = registry.resolve({"corpus": block})["corpus"](nlp)
        assert [token.text for token in example.predicted] == words
        assert [token.text for token in example.reference] == ["can't"]


def test_options_of_the_reader(write):
    block = {"@readers": "spacy_bio_crf.Corpus.v1", "path": str(write("a B-x\n")), "format": "columns"}
    block["options"] = {"layers": {"sc": 1}}
    (example,) = registry.resolve({"corpus": block})["corpus"](spacy.blank("en"))
    assert [span.label_ for span in example.reference.spans["sc"]] == ["x"] and not example.reference.ents
    with pytest.raises(ValueError, match="E521.*Corpus"):
        registry.resolve({"corpus": {"@readers": "spacy_bio_crf.Corpus.v1", "path": None}})


def test_an_empty_file(write, nlp):
    for name in (
        "prodigy",
        "doccano",
        "label_studio",
        "spacy_json",
        "parts",
        "columns",
        "offsets",
        "snips",
        "usaddress",
    ):
        with pytest.raises(ValueError, match=r"^\[E5"):
            list(read_corpus(write(""), nlp, name))
