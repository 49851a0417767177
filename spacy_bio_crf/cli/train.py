"""`python -m spacy bio-crf train`: a ready config, trained."""
from pathlib import Path
from typing import Optional

import typer
from spacy.cli.train import train_cli as spacy_train_cli
from typer import Argument as Arg
from typer import Option as Opt

from ..errors import Errors
from .component import CODE_HELP
from .config import find_config
from .extras import warn_of_missing
from .group import bio_crf_cli, clear_errors


@bio_crf_cli.command("train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def train_cli(
    # fmt: off
    ctx: typer.Context,  # holds the settings
    name: str = Arg(..., metavar="NAME", help="A ready config; `bio-crf config` lists them"),
    output_path: Optional[Path] = Opt(None, "--output", "-o", help="Folder for the trained pipelines"),
    code_path: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    verbose: bool = Opt(False, "--verbose", "-V", help="Show more of what is done"),
    use_gpu: int = Opt(-1, "--gpu-id", "-g", help="Number of the GPU, -1 for the CPU"),
    # fmt: on
):
    """
    Train a ready config as it is, or with other settings. The same as `bio-crf config` and then `spacy train`.

    Examples:

    train linear --nlp.lang en --paths.train train.spacy --paths.dev dev.spacy --output training
    """
    with clear_errors():
        path = find_config(name)
    warn_of_missing(path)
    try:
        spacy_train_cli(ctx, path, output_path, code_path, verbose, use_gpu)
    except FileNotFoundError as err:
        with clear_errors():
            raise ValueError(Errors.E501.format(path=err.filename, found="nothing")) from None
