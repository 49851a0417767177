"""The README and the pages of examples say what is so: their snippets run and print what stands below them, their configs
resolve, their links lead somewhere."""
import contextlib
import io
import re
import warnings
from pathlib import Path

import pytest
import spacy
from thinc.api import Config

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LOOSE = "constraints.md"  # its outputs are those of a training that rounding may change: only their lines are counted
NAMES = ("index", "quickstart", "concepts", "supervision", "constraints", "layers", "explain", "features", "corpora")
PAGES = [README, *(ROOT / "docs" / f"{name}.md" for name in NAMES)]
SNIPPET = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)


def read(path):
    return path.read_text(encoding="utf8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_snippets_print_what_stands_below_them(page):
    """Those of a page go on from each other."""
    names = {}
    snippets = SNIPPET.findall(read(page))
    assert len(snippets) == read(page).count("```python") >= 1
    for code, output in snippets:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            exec(code, names)
        found, expected = printed.getvalue().strip(), output.strip()
        assert len(found.splitlines()) == len(expected.splitlines()) if page.name == LOOSE else found == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_configs_resolve(page):
    for text in re.findall(r"```ini\n(.*?)```", read(page), re.DOTALL):
        config = Config().from_str("[components]\n[corpora]\n" + text)
        for name, block in config["components"].items():
            if "source" not in block:  # of a pipeline that is not here
                spacy.blank("en").add_pipe(block.pop("factory"), name=name, config=block)
        for block in config["corpora"].values():
            assert callable(spacy.registry.resolve({"corpus": block})["corpus"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", read(page)):
        assert (page.parent / target).exists(), target


def test_nothing_is_left_to_fill_in():
    for page in PAGES:
        assert not re.findall(r"^[A-Z_]{4,}$", read(page), re.MULTILINE)


def test_commands_are_those_of_continuous_integration():
    commands = re.search(r"## Two commands.*?```bash\n(.*?)```", read(README), re.DOTALL).group(1).splitlines()
    main, test = (command.split("#")[0].strip() for command in commands)
    assert test in read(ROOT / ".ci" / "run").splitlines()
    assert (ROOT / main.split()[1]).exists()
