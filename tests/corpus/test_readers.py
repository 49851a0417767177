"""The readers of `[corpora]`, as a config builds and calls them."""
import pytest
import spacy
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import registry
from thinc.api import Config

from spacy_bio_crf.attributes import annotated_labels, set_annotated_labels
from spacy_bio_crf.corpus.addresses import generate
from spacy_bio_crf.corpus.readers import create_joined_corpora_v1

from ..conftest import SMALL_MODEL


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


TAUGHT = {"people": "per", "places": "loc"}
TOYS = {
    "people": "Ann B-per\nloves O\nParis O\n\nBob B-per\nleft O\nRome O\n\nThe O\ncat O\nsees O\nAnn B-per\n",
    "places": "Bob O\nloves O\nRome B-loc\n\nAnn O\nleft O\nParis B-loc\n\nThe O\ncat O\nsees O\nRome B-loc\n",
}
BOTH = "Ann B-per\nleft O\nRome B-loc\n\nBob B-per\nloves O\nParis B-loc\n\nThe O\ncat O\nsees O\nAnn B-per\n"


def joined(write, texts=TOYS, **settings):
    paths = {name: write(text, f"{name}.txt") for name, text in texts.items()}
    columns = {name: {"@readers": "spacy_bio_crf.ColumnCorpus.v1", "path": str(path)} for name, path in paths.items()}
    return {"@readers": "spacy_bio_crf.JoinedCorpora.v1", "corpora": columns, **settings}


def test_corpora_take_turns_and_say_what_they_annotate(write, nlp):
    texts = {"people": "Ann B-per\n\nBob B-per\n\nBo B-per\n", "places": "Rome B-loc\n", "all": "Ann B-per\n\nRome B-loc\n"}
    reader = build(joined(write, texts, annotated_labels={"people": ["per"], "places": ["loc", "gpe"]}))
    for _ in range(2):
        references = [example.reference for example in reader(nlp)]
        assert [doc.text.strip() for doc in references] == ["Ann", "Rome", "Ann", "Bob", "Rome", "Bo"]
        assert [annotated_labels(doc) for doc in references] == [["per"], ["loc", "gpe"], None, ["per"], None, ["per"]]


def test_a_corpus_that_is_not_named_may_say_itself_what_it_annotates(nlp):
    doc = nlp.make_doc("Ann")
    set_annotated_labels(doc, ["per"])
    reader = create_joined_corpora_v1({"one": lambda nlp: [Example(nlp.make_doc("Ann"), doc)]})
    assert [annotated_labels(example.reference) for example in reader(nlp)] == [["per"]]


@pytest.mark.parametrize(
    "corpora, labels, message", [({"a": list}, {"b": ["x"], "c": []}, "E523.*b, c.*joins a"), ({}, None, "E524")]
)
def test_names_of_corpora_that_there_are_not(corpora, labels, message):
    with pytest.raises(ValueError, match=message):
        create_joined_corpora_v1(corpora, labels)


@pytest.mark.parametrize("told", [True, False])
def test_training_on_two_corpora_that_annotate_one_label_each(write, told):
    """Told which labels each corpus annotates, the tagger learns both; otherwise, what one has found the other denies."""
    annotated = {name: [label] for name, label in TAUGHT.items()} if told else {}
    config = {
        "nlp": {"lang": "en", "pipeline": ["bio_crf_tagger"]},
        "components": {"bio_crf_tagger": {"factory": "bio_crf_tagger", "model": SMALL_MODEL}},
        "corpora": {
            "train": joined(write, annotated_labels=annotated),
            "dev": {"@readers": "spacy_bio_crf.ColumnCorpus.v1", "path": str(write(BOTH, "both.txt"))},
        },
        "training": {
            "seed": 0,
            "max_steps": 100,
            "eval_frequency": 100,
            "dev_corpus": "corpora.dev",
            "train_corpus": "corpora.train",
            "logger": {"@loggers": "spacy_bio_crf_tests.silent.v1"},
        },
    }
    nlp = init_nlp(spacy.blank("en").config.merge(Config(config)))
    nlp, _ = train(nlp)
    assert nlp.get_pipe("bio_crf_tagger").labels == ("loc", "per")
    score = nlp.evaluate(list(build(config["corpora"]["dev"])(nlp)))["ents_f"]
    assert score == 1.0 if told else score < 0.5


@registry.loggers("spacy_bio_crf_tests.silent.v1")
def make_silent_logger():
    return lambda nlp, stdout, stderr: (lambda info: None, lambda: None)
