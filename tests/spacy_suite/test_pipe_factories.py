"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_pipe_factories.py and test_analysis.py (MIT)."""
import pytest
from spacy import util
from spacy.lang.de import German
from spacy.lang.en import English
from spacy.language import Language

from .util import FACTORY, SMALL, ents


def test_component_factory_assigns_and_requires():
    meta = Language.get_factory_meta(FACTORY)
    assert set(meta.assigns) == {"doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"}
    assert list(meta.requires) == []
    assert not meta.retokenizes


def test_analysis_finds_what_comes_before_its_need():
    nlp = English()
    nlp.add_pipe("entity_linker")
    nlp.add_pipe(FACTORY)
    problems = nlp.analyze_pipes()["problems"]
    assert "doc.ents" in problems["entity_linker"]
    assert problems[FACTORY] == []
    nlp.remove_pipe("entity_linker")
    nlp.add_pipe("entity_linker", last=True)
    assert "doc.ents" not in nlp.analyze_pipes()["problems"]["entity_linker"]


@pytest.mark.parametrize(
    "config, weighted",
    [
        ({}, {"ents_f": 1.0}),
        ({"spans_key": "parts", "set_ents": False}, {"spans_parts_f": 1.0}),
        ({"spans_key": "parts"}, {"ents_f": 1.0}),
    ],
)
def test_language_factories_scores(config, weighted):
    """The score weights of training follow what the component learns."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=config)
    weights = nlp.config["training"]["score_weights"]
    assert {key: weight for key, weight in weights.items() if weight} == weighted
    again = English.from_config(nlp.config).config["training"]["score_weights"]
    assert {key: weight for key, weight in again.items() if weight} == weighted


def test_score_weights_of_two_components():
    nlp = English()
    nlp.add_pipe(FACTORY, name="spans", config={"spans_key": "parts", "set_ents": False})
    nlp.add_pipe(FACTORY, name="ents")
    weights = nlp.config["training"]["score_weights"]
    assert {key: weight for key, weight in weights.items() if weight} == {"ents_f": 0.5, "spans_parts_f": 0.5}


def test_pipe_factories_from_source(trained):
    nlp = English()
    nlp.add_pipe(FACTORY, source=trained)
    assert FACTORY in nlp.pipe_names
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    with pytest.raises(KeyError):
        nlp.add_pipe("custom", source=trained)


def test_pipe_factories_from_source_language(trained):
    nlp = German()
    nlp.add_pipe(FACTORY, source=trained)
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    nlp = English()
    nlp.vocab.vectors.resize((1, 4))
    nlp.vocab.vectors.add("cat", vector=[1, 2, 3, 4])
    with pytest.warns(UserWarning):
        nlp.add_pipe(FACTORY, source=trained)


def test_pipe_factories_from_source_config(trained, tmp_path):
    """A component sourced by a config keeps its settings and its parameters."""
    trained.to_disk(tmp_path)
    config = {
        "nlp": {"lang": "en", "pipeline": ["parser", "finder"]},
        "components": {
            "parser": {"factory": "parser"},
            "finder": {"source": str(tmp_path), "component": FACTORY},
        },
    }
    nlp = util.load_model_from_config(config, auto_fill=True)
    assert nlp.pipe_names == ["parser", "finder"]
    assert nlp.config["components"]["finder"]["factory"] == FACTORY
    width = SMALL["model"]["tok2vec"]["width"]
    assert nlp.config["components"]["finder"]["model"]["tok2vec"]["width"] == width
    with nlp.select_pipes(enable="finder"):
        assert ents(nlp("I like London.")) == [("London", "LOC")]
