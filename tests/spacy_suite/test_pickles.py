"""The behaviour asserted by spaCy's spacy/tests/test_pickles.py (MIT)."""
import srsly

from .util import FACTORY, ents


def test_pickle_pipe(trained):
    tagger = srsly.pickle_loads(srsly.pickle_dumps(trained.get_pipe(FACTORY)))
    assert tagger.labels == trained.get_pipe(FACTORY).labels
    assert ents(tagger(trained.make_doc("I like London."))) == [("London", "LOC")]


def test_pickle_nlp(trained):
    nlp = srsly.pickle_loads(srsly.pickle_dumps(trained))
    assert ents(nlp("I like London.")) == [("London", "LOC")]


def test_pickle_doc(trained):
    doc = srsly.pickle_loads(srsly.pickle_dumps(trained("I like London.")))
    assert ents(doc) == [("London", "LOC")]
