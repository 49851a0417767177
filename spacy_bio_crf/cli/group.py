"""The group of commands, and how all of them fail."""
from contextlib import contextmanager
from typing import Iterator

import typer
from rich.console import Console

bio_crf_cli = typer.Typer(
    name="bio-crf",
    help="Commands of spacy-bio-crf, the span tagger with a constrained CRF.",
    no_args_is_help=True,
)


@bio_crf_cli.callback()
def _group() -> None:
    """Commands of spacy-bio-crf, the span tagger with a constrained CRF."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what the user can mend into one line and exit code 1. All else is our fault, and keeps its traceback."""
    try:
        yield
    except (ValueError, OSError, ImportError) as err:  # spaCy raises the latter for an unknown language
        if isinstance(err, ValueError) and not str(err).startswith("[E"):
            raise
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"✘ {err}", style="red", markup=False)
        raise typer.Exit(1) from None
