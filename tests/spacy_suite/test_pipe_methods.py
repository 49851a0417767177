"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_pipe_methods.py (MIT)."""
import pytest
import spacy
from spacy.lang.en import English
from spacy.language import Language
from spacy.training import Example
from spacy.util import get_arg_names

from .util import FACTORY, SMALL, ents


@pytest.fixture
def nlp():
    return Language()


def test_issue3880():
    """An empty text may end a batch."""
    nlp = English()
    nlp.add_pipe("parser").add_label("dep")
    nlp.add_pipe(FACTORY, config=SMALL).add_label("PERSON")
    nlp.add_pipe("tagger").add_label("NN")
    nlp.initialize()
    assert [len(doc) for doc in nlp.pipe(["hello", "world", "", ""])] == [1, 1, 0, 0]


def test_replace_pipe(nlp):
    nlp.add_pipe("sentencizer")
    nlp.add_pipe(FACTORY)
    nlp.replace_pipe(FACTORY, FACTORY, config={"scheme": "BILUO"})
    assert nlp.pipe_names == ["sentencizer", FACTORY]
    assert nlp.get_pipe(FACTORY).cfg["scheme"] == "BILUO"
    assert nlp.config["components"][FACTORY]["scheme"] == "BILUO"


def test_rename_pipe(trained):
    """A component is known by its own name, in losses too."""
    trained.rename_pipe(FACTORY, "finder")
    assert trained.pipe_names == ["finder"]
    assert ents(trained("I like London.")) == [("London", "LOC")]
    losses = {}
    trained.update([Example.from_dict(trained.make_doc("x"), {"entities": []})], losses=losses)
    assert list(losses) == [trained.get_pipe("finder").name]


def test_remove_pipe(trained):
    name, tagger = trained.remove_pipe(FACTORY)
    assert name == FACTORY
    assert trained.pipe_names == []
    assert ents(tagger(trained.make_doc("I like London."))) == [("London", "LOC")]


def test_disable_pipes_context(trained):
    with trained.select_pipes(disable=FACTORY):
        assert not trained.has_pipe(FACTORY)
        assert trained("I like London.").ents == ()
    assert trained.has_pipe(FACTORY)
    assert ents(trained("I like London.")) == [("London", "LOC")]


def test_pipe_base_class_add_label(nlp):
    tagger = nlp.create_pipe(FACTORY)
    tagger.add_label("TEST")
    assert tagger.labels == ("TEST",)


def test_pipe_labels(nlp):
    """Two taggers of one pipeline do not share their labels."""
    labels = {"people": ["PERSON", "ORG"], "places": ["GPE"]}
    for name in labels:
        tagger = nlp.add_pipe(FACTORY, name=name)
        for label in labels[name]:
            tagger.add_label(label)
    assert nlp.pipe_labels == labels


def test_pipe_label_data_exports_labels(nlp):
    tagger = nlp.add_pipe(FACTORY)
    assert tagger.label_data is not None
    assert "labels" in get_arg_names(tagger.initialize)
    tagger.add_label("A")
    nlp.initialize()
    other = Language().add_pipe(FACTORY)
    example = Example.from_dict(nlp.make_doc("x"), {})
    other.initialize(lambda: [example], labels=tagger.label_data)
    assert other.labels == ("A",)


def test_pipe_methods_initialize(nlp):
    """The [initialize] block follows the component's name."""
    components = nlp.config["initialize"]["components"]
    nlp.add_pipe(FACTORY)
    assert FACTORY not in components
    components[FACTORY] = {"labels": ["hello"]}
    nlp.rename_pipe(FACTORY, "mine")
    components = nlp.config["initialize"]["components"]
    assert FACTORY not in components
    assert components["mine"] == {"labels": ["hello"]}
    nlp.remove_pipe("mine")
    assert "mine" not in nlp.config["initialize"]["components"]


def test_load_disable_enable(trained, tmp_path):
    trained.add_pipe("sentencizer")
    trained.to_disk(tmp_path)
    assert spacy.load(tmp_path, disable=[FACTORY]).pipe_names == ["sentencizer"]
    assert spacy.load(tmp_path, exclude=[FACTORY]).component_names == ["sentencizer"]
    enabled = spacy.load(tmp_path, enable=[FACTORY])
    assert enabled.disabled == ["sentencizer"]
    assert ents(enabled("I like London.")) == [("London", "LOC")]
    with pytest.raises(ValueError):
        spacy.load(tmp_path, enable=[FACTORY], disable=[FACTORY])


def test_update_with_annotates(trained):
    """A frozen tagger that annotates shows its entities to what follows, and stays as it is."""
    seen = []
    Language.component("spacy_suite_probe", func=lambda doc: seen.append(ents(doc)) or doc)
    trained.add_pipe("spacy_suite_probe")
    before = trained.get_pipe(FACTORY).to_bytes()
    example = Example.from_dict(trained.make_doc("I like London."), {"entities": []})
    trained.update([example], exclude=[FACTORY], annotates=[FACTORY, "spacy_suite_probe"])
    assert seen == [[("London", "LOC")]]
    assert trained.get_pipe(FACTORY).to_bytes() == before
