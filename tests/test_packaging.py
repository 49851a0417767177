"""From source distribution and trained pipeline to a fresh environment where both are installed."""
import json
import subprocess
import sys
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from spacy.cli.package import get_meta
from spacy.util import get_minor_version_range, get_package_version, load_model_from_config, load_model_from_path

from .trainings import short_config

ROOT = Path(__file__).parents[1]
TEXTS = ["I like London and Berlin.", "Who is Shaka Khan?", "Shaka lives in New York, not in Paris.", "", "\n"]
PREDICT = """
import json, sys, spacy
from spacy_bio_crf.corpus.addresses import generate
assert list(generate("test", 3))  # its word lists are installed too
nlp = spacy.load("en_places")
docs = nlp.pipe(json.load(sys.stdin))
print(json.dumps([[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]))
"""


def run(*command, **kwargs):
    """Run a command; its output shows up in the report if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **kwargs)
    if "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("no package index is within reach, so nothing can be built or installed in isolation")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def pipeline_wheel(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    trained.to_disk(folder / "model")
    run(sys.executable, "-m", "spacy", "package", folder / "model", folder, "--name", "places", "--version", "1.2.3",
        "--build", "wheel")  # fmt: skip
    return next(folder.rglob("*.whl"))


def test_packaged_pipeline_declares_its_need_of_this_plugin(pipeline_wheel):
    with zipfile.ZipFile(pipeline_wheel) as wheel:
        metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        assert "Requires-Dist: spacy-bio-crf" in wheel.read(metadata).decode("utf8")


@pytest.mark.parametrize(
    "name,extra", [("cnn", ""), ("shared", ""), ("characters", ""), ("bilstm", "[torch]"), ("shared bilstm", "[torch]")]
)
def test_pipelines_declare_their_need_of_torch(name, extra, tmp_path):
    """Once, if they run in it, and as a part of our own package's requirement: built, loaded, and sourced by another."""
    if extra and find_spec("torch") is None:
        pytest.skip("needs the extra [torch]")
    config = short_config(name.split()[0], "docs.spacy").interpolate()
    if name == "shared bilstm":
        alone = short_config("bilstm", "docs.spacy").interpolate()
        config["components"]["tok2vec"]["model"] = alone["components"]["bio_crf_tagger"]["model"]["tok2vec"]
    nlp = load_model_from_config(config, auto_fill=True)
    nlp.get_pipe("bio_crf_tagger").add_label("X")
    nlp.initialize()
    nlp.to_disk(tmp_path / "built")
    load_model_from_path(tmp_path / "built").to_disk(tmp_path / "loaded")
    other = load_model_from_config({"nlp": {"lang": "en"}}, auto_fill=True)
    for pipe in nlp.pipe_names:
        other.add_pipe(pipe, source=nlp)
    other.to_disk(tmp_path / "sourced")
    version = get_minor_version_range(get_package_version("spacy-bio-crf"))
    for one in ("built", "loaded", "sourced"):
        assert get_meta(tmp_path / one, {})["requirements"] == [f"spacy-bio-crf{extra}{version}"]


@pytest.mark.slow
def test_both_install_in_a_fresh_environment_and_predict_the_same(trained, pipeline_wheel, tmp_path):
    run(sys.executable, "-m", "build", "--sdist", "--outdir", tmp_path, ROOT)
    source = next(tmp_path.glob("*.tar.gz"))
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "-c", ROOT / "constraints.txt", source, pipeline_wheel)
    found = json.loads(run(python, "-c", PREDICT, input=json.dumps(TEXTS), cwd=tmp_path))
    expected = [[[e.start_char, e.end_char, e.label_] for e in doc.ents] for doc in trained.pipe(TEXTS)]
    assert found == expected and any(expected)
    config = run(python, "-m", "spacy", "bio-crf", "config", "joint", cwd=tmp_path)  # comes with the package
    assert config == (ROOT / "configs" / "joint.cfg").read_text(encoding="utf8")
