"""The documentation builds into a site without a warning, and its commands and configs are ones that there are."""
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import spacy
import typer
from spacy.cli._util import parse_config_overrides
from spacy.cli.init_config import fill_config
from spacy.util import load_config, load_model_from_config
from typer.testing import CliRunner

from spacy_bio_crf.cli import bio_crf_cli
from spacy_bio_crf.cli.config import find_config

from . import test_readme

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
COMMANDS = typer.main.get_command(bio_crf_cli).commands


def name(page):
    return page.relative_to(ROOT).as_posix()


def commands(page):
    """The words of each command in the blocks of shell."""
    for block in re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for command in line.split(" && "):
                yield shlex.split(command, comments=True)


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed: pip install '.[docs]'")
def test_the_site_builds_without_warnings(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    reference = [page.read_text(encoding="utf8") for page in (tmp_path / "site" / "api").glob("*.html")]
    assert any("Returns:" in page for page in reference)  # the docstrings were understood
    assert not any(re.search("RETURNS|RAISES|YIELDS", page) for page in reference)


@pytest.mark.parametrize("page", [test_readme.README, *PAGES], ids=name)
def test_commands_are_understood(page, tmp_path, monkeypatch):
    """Options that are not there, too few arguments and settings that cannot be are errors. Configs are those that a command
    before has written."""
    monkeypatch.chdir(tmp_path)
    for command in commands(page):
        if command[:5] == ["python", "-m", "spacy", "bio-crf", "config"]:
            done = CliRunner().invoke(bio_crf_cli, [*command[4:], "--force"])
            assert done.exit_code == 0, done.output
        elif command[:5] == ["python", "-m", "spacy", "bio-crf", "train"]:
            assert_resolves(find_config(command[5]), command[6:])
        elif command[:4] == ["python", "-m", "spacy", "bio-crf"]:
            COMMANDS[command[4]].make_context(command[4], command[5:])
        elif command[:5] == ["python", "-m", "spacy", "init", "fill-config"]:
            fill_config(Path(command[6]), Path(command[5]), pretraining="--pretraining" in command, silent=True)
        elif command[:4] == ["python", "-m", "spacy", "train"]:
            assert_resolves(Path(command[4]).absolute(), command[5:])


def assert_resolves(config, words):
    """With the settings among the words of a command."""
    config = load_config(config, overrides=parse_config_overrides(without(words, "--output", "--code")))
    assert load_model_from_config(config, auto_fill=True).pipe_names


def without(words, *options):
    """The words less these options, and the value of each."""
    kept = iter(words)
    return [word for word in kept if word not in options or next(kept) is None]


@pytest.mark.parametrize("page", sorted(set(PAGES) - set(test_readme.PAGES)), ids=name)
def test_configs_resolve(page):
    test_readme.test_configs_resolve(page)


def test_pages_of_tasks_end_in_commands():
    pages = [page for page in PAGES if page.parent.name == "tasks" and page.name != "index.md"]
    assert pages
    for page in pages:
        titles = re.findall(r"^## (.*)", page.read_text(encoding="utf8"), re.MULTILINE)
        assert titles[0] == "What the data looks like" and titles[-1] == "Commands", page
