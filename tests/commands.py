"""Commands as pages and projects write them: are they ones that there are?"""
from pathlib import Path

import pytest
import spacy
import typer
from spacy.cli._util import import_code, parse_config_overrides
from spacy.cli.init_config import fill_config
from spacy.util import load_config, load_model_from_config
from typer.testing import CliRunner

from spacy_bio_crf.cli import bio_crf_cli
from spacy_bio_crf.cli.config import find_config

COMMANDS = typer.main.get_command(bio_crf_cli).commands


def check_command(words):
    """Options that are not there, too few arguments and settings that cannot be are errors. Configs are written, and training
    takes those that a command before has written."""
    if words[:5] == ["python", "-m", "spacy", "bio-crf", "config"]:
        done = CliRunner().invoke(bio_crf_cli, [*words[4:], "--force"])
        assert done.exit_code == 0, done.output
    elif words[:5] == ["python", "-m", "spacy", "bio-crf", "train"]:
        assert_resolves(find_config(words[5]), words[6:])
    elif words[:4] == ["python", "-m", "spacy", "bio-crf"]:
        COMMANDS[words[4]].make_context(words[4], words[5:])
    elif words[:5] == ["python", "-m", "spacy", "init", "fill-config"]:
        fill_config(Path(words[6]), Path(words[5]), pretraining="--pretraining" in words, silent=True)
    elif words[:4] == ["python", "-m", "spacy", "train"]:
        assert_resolves(Path(words[4]).absolute(), words[5:])


def assert_resolves(config, words):
    """With the settings among the words of a command."""
    if "--code" in words:
        import_code(words[words.index("--code") + 1])
    config = load_config(config, overrides=parse_config_overrides(without(words, "--output", "--code", "--gpu-id")))
    factories = {block["factory"] for block in config["components"].values() if "factory" in block}
    if not all(map(spacy.blank("xx").has_factory, factories)):
        pytest.skip(f"some of these components are of plugins that are not installed: {sorted(factories)}")
    assert load_model_from_config(config, auto_fill=True).pipe_names


def without(words, *options):
    """The words less these options, and the value of each."""
    kept = iter(words)
    return [word for word in kept if word not in options or next(kept) is None]
