"""Trainings that do not begin from nothing: pretrained weights, sourced and frozen components, sums of gradients."""
import pytest
import srsly
from spacy.cli.init_config import fill_config
from spacy.training.initialize import init_nlp
from spacy.training.pretrain import pretrain
from spacy.util import load_config, load_model_from_path

from .conftest import SENTENCES
from .trainings import finds_all, short_config, train_best, write_corpus

TAGGER, SHARED = "bio_crf_tagger", "tok2vec"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "docs.spacy")


@pytest.fixture(scope="module")
def shared(corpus, tmp_path_factory):
    """The folder of a trained pipeline in which the tagger listens to a tok2vec."""
    folder = tmp_path_factory.mktemp("shared")
    train_best(short_config("shared", corpus), folder)
    return folder / "model-best"


@pytest.fixture(scope="module")
def own(corpus, tmp_path_factory):
    """The folder of a trained pipeline whose tagger has an encoder of its own."""
    folder = tmp_path_factory.mktemp("own")
    train_best(short_config("cnn", corpus), folder)
    return folder / "model-best"


def encoder_of(nlp):
    return nlp.get_pipe(SHARED).model if nlp.has_pipe(SHARED) else nlp.get_pipe(TAGGER).model.get_ref("tok2vec")


@pytest.mark.parametrize("name,component,layer", [("cnn", TAGGER, "tok2vec"), ("shared", SHARED, "")])
def test_pretrained_weights(name, component, layer, corpus, tmp_path):
    """`spacy pretrain` on raw texts; then a training begins with what it has written."""
    srsly.write_jsonl(tmp_path / "texts.jsonl", [{"text": text} for text, _ in SENTENCES])
    short_config(name, corpus).to_disk(tmp_path / "short.cfg")
    fill_config(tmp_path / "full.cfg", tmp_path / "short.cfg", pretraining=True, silent=True)
    settings = {"component": component, "layer": layer, "max_epochs": 2, "objective.hidden_size": 30}
    overrides = {f"pretraining.{key}": value for key, value in settings.items()}
    overrides["paths.raw_text"] = str(tmp_path / "texts.jsonl")
    config = load_config(tmp_path / "full.cfg", overrides=overrides, interpolate=True)
    pretrain(config.copy(), tmp_path)
    pretrained = (tmp_path / "model-last.bin").read_bytes()
    assert encoder_of(init_nlp(config)).to_bytes() != pretrained
    config["initialize"]["init_tok2vec"] = str(tmp_path / "model-last.bin")
    assert encoder_of(init_nlp(config)).to_bytes() == pretrained
    assert finds_all(train_best(config, tmp_path))


def test_a_sourced_and_frozen_encoder(shared, corpus, tmp_path):
    """The encoder of another pipeline stands still, and a new tagger learns above it."""
    config = short_config("shared", corpus)
    config["components"][SHARED] = {"source": str(shared)}
    config["components"][TAGGER]["model"]["tok2vec"]["width"] = 96
    config["training"]["frozen_components"] = config["training"]["annotating_components"] = [SHARED]
    nlp = train_best(config, tmp_path)
    assert finds_all(nlp)
    assert encoder_of(nlp).to_bytes() == encoder_of(load_model_from_path(shared)).to_bytes()


def test_a_frozen_encoder_of_its_own(own, corpus, tmp_path):
    """A learn rate of 0 for all but the chain."""
    config = sourced(short_config("cnn", corpus), own)
    config["training"]["optimizer"] = {
        "@optimizers": "spacy_bio_crf.LayerwiseAdam.v1",
        "learn_rate": 0.0,
        "chain_learn_rate": 0.01,
        "use_averages": False,
    }
    nlp, before = train_best(config, tmp_path), load_model_from_path(own)
    assert finds_all(nlp)
    assert encoder_of(nlp).to_bytes() == encoder_of(before).to_bytes()
    assert nlp.get_pipe(TAGGER).model.to_bytes() != before.get_pipe(TAGGER).model.to_bytes()


def test_a_sourced_tagger_goes_on(own, corpus):
    """It begins where it stood."""
    nlp = init_nlp(sourced(short_config("cnn", corpus), own))
    assert finds_all(nlp)


def test_a_sourced_tagger_with_the_encoder_that_it_listened_to(shared, corpus, tmp_path):
    config = sourced(short_config("cnn", corpus), shared)
    config["components"][TAGGER]["replace_listeners"] = ["model.tok2vec"]
    assert finds_all(init_nlp(config))
    nlp = train_best(config, tmp_path)
    assert nlp.pipe_names == [TAGGER] and finds_all(nlp)
    assert nlp.config["components"][TAGGER]["model"]["tok2vec"]["@architectures"] == "spacy.Tok2Vec.v2"


def sourced(config, path):
    config["components"][TAGGER] = {"source": str(path)}
    return config
