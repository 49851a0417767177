"""The rooms import each other downwards only, and importing the package costs nothing."""
import ast
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "spacy_bio_crf"
MAY_IMPORT = {
    "tags": set(),
    "crf": set(),
    "learning": {"crf"},
    "features": set(),
    "fast": set(),
    "model": {"crf", "fast", "features"},
    "pipeline": {"learning", "model", "fast", "crf", "evaluation", "tags"},
    "corpus": {"tags"},
    "evaluation": {"tags"},
    "cli": {"evaluation", "corpus", "pipeline", "tags"},
}


def imported_rooms(path: Path):
    """The rooms that a module imports, however it spells the import."""
    package = ("spacy_bio_crf", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = [*base, *(node.module or "").split(".")] if node.module else list(base)
            names = [[*module, alias.name] for alias in node.names]
        for name in names:
            if name[0] == "spacy_bio_crf" and len(name) > 1 and name[1] in MAY_IMPORT:
                yield name[1]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_go_downwards(room):
    for path in (PACKAGE / room).rglob("*.py"):
        wrong = set(imported_rooms(path)) - MAY_IMPORT[room] - {room}
        assert not wrong, f"{path.relative_to(PACKAGE)} imports {wrong}"


def test_the_rooms_of_arrays_know_nothing_of_spacy_and_thinc():
    for room in ("crf", "learning", "tags"):
        for path in (PACKAGE / room).rglob("*.py"):
            text = path.read_text(encoding="utf8")
            assert "import spacy\n" not in text and "from spacy" not in text.replace("from spacy_bio_crf", "")
            assert "thinc" not in text.lower().split('"""', 2)[-1]


def test_only_the_command_line_prints():
    for path in PACKAGE.rglob("*.py"):
        if "cli" not in path.parts:
            calls = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf8"))) if isinstance(n, ast.Call))
            assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls), path


def test_every_registered_name_loads():
    entry_points = distribution("spacy-bio-crf").entry_points
    assert len(entry_points) >= 6
    for entry_point in entry_points:
        assert callable(entry_point.load())


NO_TORCH = """
import sys
import catalogue
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, NoTorch())
# spaCy loads the factories of all plugins, and those for transformers are written in torch
found = catalogue.Registry._get_entry_points
catalogue.Registry._get_entry_points = lambda self: [one for one in found(self) if "transformers" not in one.value]
import spacy
from spacy.util import load_config, load_model_from_config, load_model_from_path
"""


def run_without_torch(code, *arguments):
    """In a process where torch may be installed but must not be wanted: importing it is an error there."""
    return subprocess.run([sys.executable, "-c", NO_TORCH + code, *arguments], capture_output=True, text=True)


def test_running_a_pipeline_imports_no_torch(trained, tmp_path):
    trained.to_disk(tmp_path)
    code = """
import pathlib, spacy_bio_crf
nlp = load_model_from_path(pathlib.Path(sys.argv[1]))
assert nlp("Who is Shaka Khan?").ents[0].label_ == "PERSON"
nlp = spacy.blank("en")
nlp.add_pipe("bio_crf_tagger").add_label("X")
nlp.initialize()
nlp("No torch here")
"""
    done = run_without_torch(code, tmp_path)
    assert done.returncode == 0, done.stderr


def test_an_encoder_that_needs_torch_says_so():
    code = "load_model_from_config(load_config(sys.argv[1], overrides={'nlp.lang': 'en'}), auto_fill=True)"
    done = run_without_torch(code, PACKAGE.parent / "configs" / "bilstm.cfg")
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: [E313]") and "spacy-bio-crf[torch]" in last
