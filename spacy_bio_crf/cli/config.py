"""`python -m spacy bio-crf config`: the ready configs."""
from pathlib import Path
from typing import Dict, Optional

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from spacy.cli._util import parse_config_overrides
from spacy.util import load_config
from typer import Argument as Arg
from typer import Option as Opt

from ..errors import Errors
from .extras import warn_of_missing
from .group import bio_crf_cli, clear_errors

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "configs", PACKAGE.parent / "configs")  # of an installed package, of the repository
STDOUT = Path("-")


@bio_crf_cli.command("config", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def config_cli(
    # fmt: off
    ctx: typer.Context,  # holds the settings
    name: Optional[str] = Arg(None, metavar="[NAME]", help="A ready config; none for a list of them"),
    output: Path = Arg(STDOUT, metavar="[OUTPUT]", allow_dash=True, help="File to write, or - for the standard output"),
    force: bool = Opt(False, "--force", "-F", help="Write over a file that is there"),
    # fmt: on
):
    """
    Write a ready config, for `spacy train`. Settings may be changed on the way, as `spacy train` takes them.

    Examples:

    config

    config joint joint.cfg --nlp.lang da
    """
    with clear_errors():
        if name is None:
            Console(highlight=False).print(_table(ready_configs()))
            return
        path = find_config(name)
        if output != STDOUT and output.exists() and not force:
            raise ValueError(Errors.E628.format(path=output))
        text = _with_settings(path, parse_config_overrides(ctx.args))
        warn_of_missing(path)
        if output == STDOUT:
            print(text, end="")
            return
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf8")
    Console(highlight=False, soft_wrap=True).print(f"✔ {output}", style="green", markup=False)


def ready_configs() -> Dict[str, Path]:
    """Find the configs that come with this package.

    RETURNS (Dict[str, Path]): Their names and files.
    """
    folder = next(folder for folder in FOLDERS if folder.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.cfg"))}


def find_config(name: str) -> Path:
    """Find one of them.

    RAISES (ValueError): There is none of this name.
    """
    configs = ready_configs()
    if name not in configs:
        raise ValueError(Errors.E627.format(name=name, known=", ".join(configs)))
    return configs[name]


def _with_settings(path: Path, settings: Dict) -> str:
    """The text of a config, its comments only as far as they stand above it where settings change."""
    text = path.read_text(encoding="utf8")
    if not settings:
        return text
    heading, _, _ = text.partition("\n[")
    return heading + "\n" + load_config(path, overrides=settings, interpolate=False).to_str() + "\n"


def _table(configs: Dict[str, Path]) -> Table:
    table = Table("name", "what it is")
    for name, path in configs.items():
        first, _, _ = path.read_text(encoding="utf8").partition("\n")
        table.add_row(name, Text(first.lstrip("# ")))
    return table
