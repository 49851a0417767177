"""The documentation builds into a site without a warning, and its commands and configs are ones that there are."""
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from . import test_readme
from .commands import check_command

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


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
    monkeypatch.chdir(tmp_path)
    for command in commands(page):
        check_command(command)


@pytest.mark.parametrize("page", sorted(set(PAGES) - set(test_readme.PAGES)), ids=name)
def test_configs_resolve(page):
    test_readme.test_configs_resolve(page)


def test_pages_of_tasks_end_in_commands():
    pages = [page for page in PAGES if page.parent.name == "tasks" and page.stem not in ("index", "results")]
    assert pages
    for page in pages:
        titles = re.findall(r"^## (.*)", page.read_text(encoding="utf8"), re.MULTILINE)
        assert titles[0] == "What the data looks like" and titles[-1] == "Commands", page
