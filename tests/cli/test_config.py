"""`python -m spacy bio-crf config` and `train`."""
from importlib.metadata import PackageNotFoundError, metadata

import pytest
import spacy
from spacy.util import load_config, load_model_from_config
from thinc.api import Config

from spacy_bio_crf.cli import extras
from spacy_bio_crf.cli.config import ready_configs

from ..conftest import SENTENCES
from .conftest import write_docs

NAMES = sorted(ready_configs())


def test_those_there_are_are_listed(bio_crf):
    listed = bio_crf("config").output
    assert {"linear", "cnn", "joint"} <= set(NAMES) and all(f" {name} " in listed for name in NAMES)
    assert "[torch]" in listed


@pytest.mark.parametrize("name", NAMES)
def test_configs_come_as_they_are(bio_crf, tmp_path, name):
    """With their comments, into a folder that is made, or to the standard output."""
    bio_crf("config", name, tmp_path / "new" / "own.cfg")
    expected = ready_configs()[name].read_text(encoding="utf8")
    assert (tmp_path / "new" / "own.cfg").read_text(encoding="utf8") == bio_crf("config", name, "-").stdout == expected
    assert expected.startswith("# ")


def test_settings_change_on_the_way(bio_crf, tmp_path):
    path = tmp_path / "own.cfg"
    bio_crf("config", "joint", path, "--nlp.lang", "da", "--components.bio_crf_tagger.spans_key=skills")
    expected = load_config(ready_configs()["joint"], interpolate=False)
    expected["nlp"]["lang"], expected["components"]["bio_crf_tagger"]["spans_key"] = "da", "skills"
    assert path.read_text(encoding="utf8").startswith("# Window features and an encoder")
    assert Config().from_disk(path, interpolate=False) == expected


@pytest.mark.parametrize("name", ["linear", "cnn", "joint"])
def test_training_weighs_what_the_component_writes(bio_crf, tmp_path, name):
    """The configs leave the weights to the component, which knows its chains: nothing for entities that nobody predicts."""
    path = tmp_path / "own.cfg"
    chains = '{"outer": {"spans_key": "outer"}, "inner": {"spans_key": "inner"}}'
    settings = ["--components.bio_crf_tagger.set_ents", "false", "--components.bio_crf_tagger.chains", chains]
    bio_crf("config", name, path, *settings)
    weights = load_model_from_config(load_config(path), auto_fill=True).config["training"]["score_weights"]
    assert {key: weight for key, weight in weights.items() if weight} == {"spans_outer_f": 0.5, "spans_inner_f": 0.5}


def test_files_that_are_there_stay(bio_crf, tmp_path):
    path = tmp_path / "own.cfg"
    path.write_text("mine", encoding="utf8")
    assert "E628" in bio_crf("config", "linear", path, code=1).output and path.read_text(encoding="utf8") == "mine"
    bio_crf("config", "linear", path, "--force")
    assert path.read_text(encoding="utf8") != "mine"


def test_unknown_names(bio_crf, tmp_path):
    found = bio_crf("config", "linaer", tmp_path / "own.cfg", code=1).output
    assert "E627" in bio_crf("train", "linaer", code=1).output
    assert "E627" in found and ", ".join(NAMES) in found and not (tmp_path / "own.cfg").exists()


def test_ready_configs_train(bio_crf, tmp_path):
    """As they are, but for the settings of the command."""
    docs = write_docs(spacy.blank("en"), tmp_path / "docs.spacy", SENTENCES)
    paths = ("--paths.train", docs, "--paths.dev", docs, "--nlp.lang", "en")
    steps = ("--training.max_epochs", 0, "--training.max_steps", 60, "--training.eval_frequency", 20)
    bio_crf("train", "linear", *paths, *steps, "--output", tmp_path / "training")
    nlp = spacy.load(tmp_path / "training" / "model-best")
    assert nlp.lang == "en" and nlp.meta["performance"]["ents_f"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_extras_that_configs_name_exist(name):
    assert set(extras.extras_of(ready_configs()[name])) <= set(metadata("spacy-bio-crf").get_all("Provides-Extra"))


def test_extras_that_are_not_installed_are_named(bio_crf, monkeypatch):
    """Or only in another version; on the side, since the config goes into a pipe."""
    installed = {"spacy-transformers": "1.4.2", "transformers": "4.55.0", "numpy": "2.4.0"}

    def version(name):
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(extras, "version", version)
    assert "W601" not in bio_crf("config", "transformer").stderr
    done = bio_crf("config", "curated_transformer")
    assert "W601" in done.stderr and "'spacy-bio-crf[curated-transformers]'" in done.stderr
    assert "numpy<2.4" in done.stderr and done.stdout.startswith("# ")
    missing = list(extras.missing_of("curated-transformers"))
    assert [one.split("<")[0] for one in missing] == ["spacy-curated-transformers", "numpy"]
    installed.clear()
    assert "'spacy-bio-crf[transformers]'" in bio_crf("config", "transformer").stderr
