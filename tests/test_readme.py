"""The README says what is so: its snippets run and print what stands below them, its configs resolve, its files exist."""
import contextlib
import io
import re
from pathlib import Path

import pytest
import spacy
from thinc.api import Config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
SNIPPETS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
CONFIGS = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code, output", SNIPPETS)
def test_snippets_print_what_stands_below_them(code, output):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().strip() == output.strip()


def test_every_snippet_is_tested():
    assert len(SNIPPETS) == README.count("```python") >= 2


@pytest.mark.parametrize("text", CONFIGS)
def test_configs_resolve(text):
    config = Config().from_str("[components]\n[corpora]\n" + text)
    for name, block in config["components"].items():
        nlp = spacy.blank("en")
        nlp.add_pipe(block.pop("factory"), name=name, config=block)
    for block in config["corpora"].values():
        assert callable(spacy.registry.resolve({"corpus": block})["corpus"])


def test_nothing_is_left_to_fill_in():
    assert not re.findall(r"^[A-Z_]{4,}$", README, re.MULTILINE)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_commands_are_those_of_continuous_integration():
    commands = re.search(r"## Two commands.*?```bash\n(.*?)```", README, re.DOTALL).group(1).splitlines()
    main, test = (command.split("#")[0].strip() for command in commands)
    assert test in (ROOT / ".ci" / "run").read_text(encoding="utf8").splitlines()
    assert (ROOT / main.split()[1]).exists()
