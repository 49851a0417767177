"""The behaviour asserted by spaCy's spacy/tests/test_cli_app.py (MIT): a config goes through every command to a package."""
import pytest
import spacy
import srsly
from spacy.cli._util import app
from spacy.lang.en import English
from spacy.tokens import DocBin
from typer.testing import CliRunner

from .util import FACTORY, ents, make_examples

CONFIG = """
[paths]
train = null
dev = null

[nlp]
lang = "en"
pipeline = ["bio_crf_tagger"]

[components]

[components.bio_crf_tagger]
factory = "bio_crf_tagger"

[components.bio_crf_tagger.model]
@architectures = "spacy_bio_crf.BioCrfTagger.v1"

[components.bio_crf_tagger.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 32
depth = 2
embed_size = 500

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${paths.dev}

[training]
max_steps = 50
eval_frequency = 25
patience = 0

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01
"""


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A corpus, a config that is filled in, and the pipeline that `spacy train` makes of them."""
    path = tmp_path_factory.mktemp("workspace")
    DocBin(docs=[example.reference for example in make_examples(English())]).to_disk(path / "data.spacy")
    (path / "base.cfg").write_text(CONFIG)
    run("init", "fill-config", path / "base.cfg", path / "config.cfg")
    paths = ("--paths.train", path / "data.spacy", "--paths.dev", path / "data.spacy")
    run("train", path / "config.cfg", "--output", path / "model", *paths)
    return path, paths


def test_train(workspace):
    path, _ = workspace
    nlp = spacy.load(path / "model" / "model-last")
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    performance = nlp.meta["performance"]
    assert performance["ents_f"] == 1.0
    assert set(performance["ents_per_type"]) == {"LOC", "PERSON"}
    assert nlp.meta["labels"] == {FACTORY: ["LOC", "PERSON"]}


def test_evaluate(workspace):
    path, _ = workspace
    run("evaluate", path / "model" / "model-last", path / "data.spacy", "--output", path / "scores.json")
    scores = srsly.read_json(path / "scores.json")
    assert scores["ents_f"] == scores["ents_p"] == scores["ents_r"] == 1.0


def test_benchmark_speed(workspace):
    path, _ = workspace
    output = run("benchmark", "speed", path / "model" / "model-last", path / "data.spacy", "-b", 1, "--batches", 30)
    assert "Mean:" in output and "words/s" in output


def test_init_labels(workspace):
    path, paths = workspace
    run("init", "labels", path / "config.cfg", path / "labels", *paths)
    assert srsly.read_json(path / "labels" / f"{FACTORY}.json") == ["LOC", "PERSON"]


def test_debug_config(workspace):
    path, paths = workspace
    assert "Config is valid" in run("debug", "config", path / "config.cfg", *paths)


def test_debug_config_names_what_is_wrong(workspace):
    path, paths = workspace
    bad = f"--components.{FACTORY}.scheem"
    result = CliRunner().invoke(app, ["debug", "config", str(path / "config.cfg"), *map(str, paths), bad, "BIO"])
    assert result.exit_code == 1
    assert "scheem" in result.output


def test_debug_model(workspace):
    path, paths = workspace
    output = run("debug", "model", path / "config.cfg", FACTORY, "-P0", "-P1", "-P2", "-P3", "-PAR", "-DIM", "-GRAD", "-ATTR", *paths)
    assert "crf" in output and "model looks good" in output


def test_debug_data(workspace):
    path, _ = workspace
    docs = [example.reference for example in make_examples(English()) * 50]
    DocBin(docs=docs).to_disk(path / "more.spacy")
    paths = ("--paths.train", path / "more.spacy", "--paths.dev", path / "data.spacy")
    assert "Pipeline can be initialized with data" in run("debug", "data", path / "config.cfg", *paths)


def test_assemble(workspace):
    path, _ = workspace
    config = path / "assemble.cfg"
    source = path / "model" / "model-last"
    config.write_text(
        f'[nlp]\nlang = "en"\npipeline = ["{FACTORY}"]\n\n[components]\n\n[components.{FACTORY}]\nsource = "{source.as_posix()}"\n'
    )
    run("assemble", config, path / "assembled")
    assert ents(spacy.load(path / "assembled")("I like London.")) == [("London", "LOC")]


def test_package(workspace):
    path, _ = workspace
    out = path / "packages"
    out.mkdir()
    run("package", path / "model" / "model-last", out, "--build", "none", "--name", "found", "--version", "1.2.3")
    (meta_path,) = out.glob("en_found-1.2.3/meta.json")
    assert any(requirement.startswith("spacy-bio-crf>=") for requirement in srsly.read_json(meta_path)["requirements"])
    packaged = spacy.load(out / "en_found-1.2.3" / "en_found" / "en_found-1.2.3")
    assert ents(packaged("I like London.")) == [("London", "LOC")]


def test_find_function():
    output = run("find-function", "spacy_bio_crf.BioCrfTagger.v1")
    assert "architectures.py" in output
