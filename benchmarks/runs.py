"""Training runs whose results are kept, so that a stopped benchmark goes on: what the benchmarks of accuracy share."""
import json
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from rich.console import Console

RESULTS = Path(__file__).parent / "results"  # runs that are kept with the code
console = Console(stderr=True)


def complete(
    path: Path, runs: List[NamedTuple], do: Callable[[Any], Optional[Dict[str, Any]]], tell: Callable[..., str]
) -> None:
    """Do the runs that are not there yet, and write each down as a line of JSON.

    path (Path): The file of the results.
    runs (List[NamedTuple]): The runs, all of one kind.
    do (Callable): Returns the figures of a run, or None if there are none: such a run is not written down.
    tell (Callable): Takes a run and its figures, and says how it went.
    """
    done = {tuple(line.get(field) for field in run._fields) for line in read_lines(path) for run in runs[:1]}
    left = [run for run in runs if tuple(run) not in done]
    for count, run in enumerate(left, start=1):
        figures = do(run)
        if figures is None:
            continue
        line = {**run._asdict(), **figures, "date": str(date.today()), "spacy-bio-crf": version("spacy-bio-crf")}
        with path.open("a", encoding="utf8") as file:
            file.write(json.dumps(line) + "\n")
        console.print(f"{count} of {len(left)}: {tell(run, figures)}", soft_wrap=True)


def read_lines(path: Path) -> Iterator[Dict[str, Any]]:
    if path.exists():
        yield from map(json.loads, path.read_text(encoding="utf8").splitlines())


def about() -> str:
    """Date, versions and command, for below a table."""
    versions = ", ".join(f"{package} {version(package)}" for package in ("spacy-bio-crf", "spacy", "thinc", "numpy"))
    return f"{date.today()}, {versions}. Command: `python {' '.join(sys.argv)}`"
