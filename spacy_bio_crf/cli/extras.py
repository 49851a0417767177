"""The extras of this package that a ready config needs, and what of them is missing."""
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Iterator

from packaging.requirements import Requirement
from rich.console import Console

from ..errors import Warnings

EXTRA = re.compile(r"the extra \[([\w-]+)\]")  # in the comment above a config


def extras_of(path: Path) -> Iterator[str]:
    """The extras that a ready config names above its first section."""
    yield from EXTRA.findall(path.read_text(encoding="utf8").partition("\n[")[0])


def warn_of_missing(path: Path) -> None:
    """Say on the side which extra of a ready config is not installed: spaCy would only miss a factory.

    path (Path): The config.
    """
    for extra in extras_of(path):
        missing = ", ".join(missing_of(extra))
        if missing:
            told = Warnings.W601.format(name=path.stem, extra=extra, missing=missing)
            Console(stderr=True, highlight=False, soft_wrap=True).print(f"⚠ {told}", style="yellow", markup=False)


def missing_of(extra: str) -> Iterator[str]:
    """What an extra requires that is not installed, or in another version."""
    for requirement in map(Requirement, requires("spacy-bio-crf") or ()):
        if requirement.marker is None or not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            fits = requirement.specifier.contains(version(requirement.name), prereleases=True)
        except PackageNotFoundError:
            fits = False
        if not fits:
            yield f"{requirement.name}{requirement.specifier}"
