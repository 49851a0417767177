"""The ready configs: each trains as `spacy train` does, finds what it has learned, and loads again."""
from importlib.util import find_spec

import numpy
import pytest
import spacy
from numpy.testing import assert_allclose
from spacy.util import load_model_from_path

from .conftest import SENTENCES
from .trainings import finds_all, short_config, train_best, write_corpus

NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra [torch]")
ENCODERS = ["cnn", "vectors", "characters", "shared", pytest.param("bilstm", marks=NEEDS_TORCH)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "docs.spacy")


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """A pipeline with vectors of the words of SENTENCES."""
    nlp, rng = spacy.blank("en"), numpy.random.default_rng(0)
    for word in sorted({token.text for text, _ in SENTENCES for token in nlp.make_doc(text)}):
        nlp.vocab.set_vector(word, rng.normal(size=20).astype("f"))
    path = tmp_path_factory.mktemp("vectors")
    nlp.to_disk(path)
    return path


@pytest.mark.parametrize("name", ["linear", "joint", "compared/bio_crf", *ENCODERS])
def test_configs_train(name, corpus, vectors, tmp_path):
    paths = {"paths.vectors": str(vectors)} if name == "vectors" else {}
    loaded = train_best(short_config(name, corpus, paths), tmp_path)
    assert loaded.meta["performance"]["ents_f"] == 1
    assert finds_all(loaded)
    assert_fast_is_the_same(tmp_path / "model-best", loaded)
    if name == "vectors":
        before = emissions(loaded, "London")
        loaded.vocab.set_vector("London", -loaded.vocab["London"].vector)
        assert abs(emissions(loaded, "London") - before).max() > 0.01


def assert_fast_is_the_same(path, fast):
    """Emissions by the compiled passes, and by a pipeline that is loaded without them."""
    settings = {"components.bio_crf_tagger.model.fast": False, "nlp.after_pipeline_creation": None}
    slow = load_model_from_path(path, config=settings)
    for text, _ in SENTENCES:
        assert_allclose(emissions(fast, text), emissions(slow, text), rtol=1e-3, atol=1e-4)


def emissions(nlp, text):
    return nlp.get_pipe("bio_crf_tagger").model.predict([nlp(text)]).emissions
