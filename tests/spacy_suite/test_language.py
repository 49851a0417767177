"""The behaviour asserted by spaCy's spacy/tests/test_language.py (MIT)."""
import itertools
import logging

import pytest
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import ignore_error, raise_error

from .util import FACTORY, ents, iobs, make_examples, types

TEXTS = ["I like London.", "This is spacy.", "", "Who is Shaka Khan?"]


class Evil:
    """Predicts, but not for a document that contains "2"."""

    def __init__(self, predict):
        self.predict = predict

    def __call__(self, docs):
        if any("2" in doc.text for doc in docs):
            raise ValueError("no dice")
        return self.predict(docs)


@pytest.fixture
def evil(trained):
    tagger = trained.get_pipe(FACTORY)
    tagger.predict = Evil(tagger.predict)
    return trained


def same(doc, other):
    return (doc.text, iobs(doc), types(doc), ents(doc)) == (other.text, iobs(other), types(other), ents(other))


def test_language_update(trained):
    doc = Doc(trained.vocab, words=["hello", "world"])
    annotations = {"entities": [(0, 5, "LOC")]}
    example = Example.from_dict(doc, annotations)
    trained.update([example])
    for examples in (example, ("hello world", annotations), (doc, annotations)):
        with pytest.raises(TypeError):
            trained.update(examples)
        with pytest.raises(TypeError):
            trained.get_pipe(FACTORY).update(examples)


def test_language_evaluate(trained):
    scores = trained.evaluate(make_examples(trained))
    assert scores["speed"] > 0
    assert scores["ents_f"] == scores["ents_p"] == scores["ents_r"] == 1.0
    assert set(scores["ents_per_type"]) == {"LOC", "PERSON"}
    assert trained.evaluate(example for example in make_examples(trained))["ents_f"] == 1.0
    for examples in (make_examples(trained)[0], [("hello world", {})], [("hello", {}), ("world", {})]):
        with pytest.raises(TypeError):
            trained.evaluate(examples)


@pytest.mark.parametrize("n_process", [1, 2])
def test_language_pipe(trained, n_process):
    texts = TEXTS * 5
    docs = list(trained.pipe(texts, n_process=n_process, batch_size=2))
    assert len(docs) == len(texts)
    assert all(same(doc, trained(text)) for doc, text in zip(docs, texts))


@pytest.mark.parametrize("n_process", [1, 2])
def test_language_pipe_stream(trained, n_process):
    """A stream without end is read bit by bit."""
    docs = trained.pipe(itertools.cycle(TEXTS), n_process=n_process, batch_size=2)
    for doc, text in zip(itertools.islice(docs, 20), itertools.cycle(TEXTS)):
        assert same(doc, trained(text))


@pytest.mark.parametrize("n_process", [1, 2])
def test_language_pipe_error_handler(evil, n_process):
    texts = ["TEXT 111", "TEXT 222", "TEXT 333", "TEXT 342", "TEXT 666"]
    with pytest.raises(ValueError):
        evil(texts[1])
    with pytest.raises(ValueError):
        list(evil.pipe(texts, n_process=n_process))
    evil.set_error_handler(raise_error)
    with pytest.raises(ValueError):
        list(evil.pipe(texts, n_process=n_process))
    evil.set_error_handler(ignore_error)
    docs = list(evil.pipe(texts, n_process=n_process, batch_size=1))
    assert [doc.text for doc in docs] == ["TEXT 111", "TEXT 333", "TEXT 666"]


def test_language_pipe_error_handler_custom(evil, caplog):
    def warn(name, pipe, docs, error):
        logging.getLogger("spacy").warning("Trouble with %s: %s", name, error)

    evil.set_error_handler(warn)
    pairs = list(evil.pipe([("TEXT 111", 1), ("TEXT 222", 2), ("TEXT 333", 3)], as_tuples=True, batch_size=1))
    assert [(doc.text, context) for doc, context in pairs] == [("TEXT 111", 1), ("TEXT 333", 3)]
    assert f"Trouble with {FACTORY}: no dice" in caplog.text


def test_language_pipe_error_handler_pipe(evil):
    """An error costs its batch, and no more."""
    evil.set_error_handler(ignore_error)
    tagger = evil.get_pipe(FACTORY)
    docs = [evil.make_doc(f"TEXT {i}") for i in range(9)]
    assert [doc.text for doc in tagger.pipe(docs, batch_size=3)] == [f"TEXT {i}" for i in (3, 4, 5, 6, 7, 8)]
