"""The readers of `[corpora]`, as a config builds and calls them."""
import pytest
import spacy
from spacy.training import Example
from spacy.util import registry

from spacy_bio_crf.corpus.addresses import generate


def build(block):
    return registry.resolve({"corpus": block})["corpus"]


@pytest.fixture
def blocks(write):
    columns = write("Ann B-per\nin O\n\nWho O\n? O\n", "columns.txt")
    parts = write('{"text": "12 Main St.", "components": {"number": "12"}}\n', "parts.jsonl")
    return {
        "columns": {"@readers": "spacy_bio_crf.ColumnCorpus.v1", "path": str(columns), "scheme": "BIO"},
        "parts": {"@readers": "spacy_bio_crf.PartsCorpus.v1", "path": str(parts)},
        "addresses": {"@readers": "spacy_bio_crf.AddressCorpus.v1", "split": "dev", "size": 3, "country": "fr"},
    }


@pytest.mark.parametrize("kind, size, label", [("columns", 2, "per"), ("parts", 1, "number"), ("addresses", 3, None)])
def test_examples(blocks, nlp, kind, size, label):
    reader = build(blocks[kind])
    examples = list(reader(nlp))
    assert len(examples) == size and all(isinstance(example, Example) for example in examples)
    assert examples[0].reference.ents
    assert label is None or examples[0].reference.ents[0].label_ == label
    for example in examples:
        assert example.predicted is not example.reference
        assert not example.predicted.ents  # no leakage
        assert not example.predicted.has_annotation("ENT_IOB")
        assert not example.predicted.has_annotation("SENT_START")
        assert example.predicted.text == example.reference.text
        assert [token.text for token in example.predicted] == [token.text for token in example.reference]
        assert example.predicted.vocab is nlp.vocab
    assert [example.reference.text for example in reader(nlp)] == [example.reference.text for example in examples]


def test_all_options_of_addresses(nlp):
    block = {"@readers": "spacy_bio_crf.AddressCorpus.v1", "split": "test", "size": 9, "seed": 5, "country": "us"}
    texts = [example.reference.text for example in build(block)(nlp)]
    assert texts == [text for text, _ in generate("test", 9, seed=5, country="us")]


def test_gold_tokens_of_columns(write):
    """The tokens of the file are kept, whatever the tokenizer would do."""
    path = write("can't B-x\nfood. O\n")
    reader = build({"@readers": "spacy_bio_crf.ColumnCorpus.v1", "path": str(path)})
    (example,) = reader(spacy.blank("en"))
    assert [token.text for token in example.predicted] == ["can't", "food."]
    assert example.get_aligned_ner() == ["U-x", "O"]


def test_all_options_of_columns(write, nlp):
    path = write("#c\nB;我\nUNK;你\n\nI;他\n".encode("utf-16"))
    block = {
        "@readers": "spacy_bio_crf.ColumnCorpus.v1",
        "path": str(path),
        "scheme": "BIO",
        "token_column": 1,
        "tag_column": 0,
        "separator": ";",
        "comment": "#",
        "missing": "UNK",
        "label": "x",
        "encoding": "utf-16",
        "repair": "begin",
        "spaces": False,
        "sentences_per_doc": 0,
    }
    (example,) = build(block)(nlp)
    assert example.reference.text == "我你他"
    assert [token.ent_iob for token in example.reference] == [3, 0, 3]
    assert [token.is_sent_start for token in example.reference] == [True, False, True]
    assert not example.predicted.has_annotation("SENT_START")


@pytest.mark.parametrize("name", ["ColumnCorpus", "PartsCorpus"])
def test_path_that_was_not_given(name):
    with pytest.raises(ValueError, match=f"E521.*{name}"):
        build({"@readers": f"spacy_bio_crf.{name}.v1", "path": None})
