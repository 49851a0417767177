"""The project files: spaCy takes them, their commands are ones that there are, and what a command needs, one before it made."""
import json
import shlex
import shutil
import sys
from pathlib import Path
from random import Random

import pytest
from spacy.cli._util import app
from spacy.cli.project.document import project_document
from spacy.cli.project.run import project_run
from spacy.tokens import DocBin
from typer.testing import CliRunner
from weasel.util import load_project_config

import spacy_bio_crf.cli  # noqa: F401 (mounts the commands)

from .commands import check_command

ROOT = Path(__file__).parents[1]
PROJECTS = sorted(path.parent for path in ROOT.glob("projects/*/project.yml"))


def load(folder, path):
    """The project in a place of its own, since loading makes its folders."""
    shutil.copy(folder / "project.yml", path)
    return load_project_config(path)


def scripts(command):
    return map(shlex.split, command["script"])


@pytest.mark.parametrize("folder", [ROOT, *PROJECTS], ids=lambda folder: folder.name)
def test_commands_are_understood(folder, tmp_path, monkeypatch):
    for name in ("configs", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    config = load(folder, tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in config["commands"]:
        for words in scripts(command):
            assert words[:2] == ["python", "-m"] or (ROOT / words[1]).is_file(), words
            check_command(words)


@pytest.mark.parametrize("folder", [ROOT, *PROJECTS], ids=lambda folder: folder.name)
def test_commands_fit_together(folder, tmp_path):
    """What a command reads is of the repository, of the corpora, or an output of one before it in each workflow. Files of the
    project's folders that a script names are inputs or outputs."""
    config = load(folder, tmp_path)
    commands = {command["name"]: command for command in config["commands"]}
    assert set().union(*config["workflows"].values()) == set(commands)
    for steps in config["workflows"].values():
        made = set()
        for command in map(commands.get, steps):
            reads, writes = command.get("deps", []), [*command.get("outputs", []), *command.get("outputs_no_cache", [])]
            for path in reads:
                there = path.startswith(config["vars"]["corpora"]) or (not own(path, config) and (folder / path).is_file())
                assert there or met(path, made), (command["name"], path)
            for word in (word for words in scripts(command) for word in words):
                assert met(word, {*reads, *writes}) or not own(word, config), (command["name"], word)
            made.update(writes)


def own(path, config):
    """Whether it lies in a folder that the project makes."""
    return path.split("/")[0] in config["directories"]


def met(path, known):
    """Whether a path, or something within it, is known."""
    return any(one == path or one.startswith(f"{path}/") for one in known)


@pytest.mark.parametrize("folder", [ROOT, *PROJECTS], ids=lambda folder: folder.name)
def test_projects_are_documented(folder, tmp_path):
    config = load(folder, tmp_path)
    project_document(tmp_path, tmp_path / "README.md")
    readme = (tmp_path / "README.md").read_text(encoding="utf8")
    assert config["title"] in readme and all(f"`{command['name']}`" in readme for command in config["commands"])


def test_each_task_has_a_project_that_its_page_names():
    pages = {page.stem: page for page in (ROOT / "docs/tasks").glob("*.md") if page.stem not in ("index", "results")}
    assert set(pages) == {folder.name for folder in PROJECTS}
    for name, page in pages.items():
        assert f"project run all projects/{name} " in page.read_text(encoding="utf8"), page
        assert f"docs/tasks/{name}.md" in (ROOT / f"projects/{name}/project.yml").read_text(encoding="utf8")


@pytest.fixture
def novels(tmp_path):
    """Novels of our own in the place and the format of litbank: a tab, and five levels of tags, of which the last are empty."""
    random, folder = Random(0), tmp_path / "corpora/litbank/entities/tsv"
    folder.mkdir(parents=True)
    for number in range(12):
        sentences = []
        for _ in range(40):
            ship, who = random.choice(["Merlin", "Petrel", "Heron", "Osprey"]), random.choice(["captain", "cook", "owner", "carpenter"])
            sentences.append(
                [("The", "B-PER", "O"), (who, "I-PER", "O"), ("of", "I-PER", "O"), ("the", "I-PER", "B-VEH"), (ship, "I-PER", "I-VEH")]
                + [(random.choice(["slept", "laughed", "waited"]), "O", "O"), (".", "O", "O")]
            )
        lines = ["".join("\t".join([*token, "O", "O", "O"]) + "\n" for token in sentence) for sentence in sentences]
        (folder / f"{number}_a_voyage.tsv").write_text("\n".join(lines), encoding="utf8")
    return tmp_path / "corpora"


def test_a_project_runs_from_corpus_to_figures(novels, tmp_path, monkeypatch, capsys):
    """In one process, since spaCy takes seconds to start. Novels are whole documents; a second run has nothing to do."""
    pytest.importorskip("matplotlib", reason="the report has plots: pip install '.[evaluation]'")
    monkeypatch.setattr("weasel.cli.run.run_command", in_this_process)
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "projects/nested/project.yml", folder)
    overrides = {"vars.corpora": str(novels), "vars.config": "linear"}
    project_run(folder, "all", overrides=overrides)
    assert [len(DocBin().from_disk(folder / f"corpus/{part}.spacy")) for part in ("train", "dev", "test")] == [10, 1, 1]
    report = json.loads((folder / "metrics/test.json").read_text(encoding="utf8"))
    assert report["documents"] == 1 and report["tokens"] == 280 and len(report["spans_keys"]) == 4
    assert report["overall"]["gold"] == 80 and report["overall"]["f"] > 0.9
    assert (folder / "metrics/test.html").is_file()
    capsys.readouterr()
    project_run(folder, "all", overrides=overrides)
    output = capsys.readouterr().out
    assert all(f"Skipping '{command}'" in output for command in ("convert", "train", "evaluate"))


def in_this_process(command, **_):
    assert command[:3] == [sys.executable, "-m", "spacy"], command
    done = CliRunner().invoke(app, command[3:])
    assert done.exit_code == 0, (command, done.output, done.exception)
