"""Whether a difference in the table of accuracy.py is one of systems or of the split: wikigold, which has no split of its own,
parted in other ways.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/splits.py /path/to/corpora

Each run is a line of OUTPUT, and a run that is there is not repeated. The seed of a split is that of the training too.
"""
import statistics
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import typer
from accuracy import SYSTEMS
from corpora import wikigold
from runs import RESULTS, about, complete, read_lines


class Run(NamedTuple):
    split: int
    system: str


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    output: Path = typer.Option(RESULTS / "splits.jsonl", help="File of the results"),
    systems: List[str] = typer.Option(["crfsuite", "linear"], "--system", help="What to train; may be repeated"),
    splits: int = typer.Option(10, help="Number of splits, beside that of accuracy.py"),
):
    runs = [Run(split, system) for split in range(1, splits + 1) for system in systems]
    complete(output, runs, lambda run: SYSTEMS[run.system](wikigold(corpora, run.split), run.split)[run.system], tell)
    found = {Run(line["split"], line["system"]): 100 * line["f"] for line in read_lines(output)}
    print("\n".join(f"| {' | '.join(row)} |" for row in [["split", *systems], ["---"] + ["---:"] * len(systems)]))
    for split in range(1, splits + 1):
        print(f"| {split} | {' | '.join(f'{found[Run(split, system)]:.1f}' for system in systems)} |")
    means = [statistics.mean(found[Run(split, system)] for split in range(1, splits + 1)) for system in systems]
    print(f"| mean | {' | '.join(f'{mean:.1f}' for mean in means)} |\n\n{about()}")


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"split {run.split}, {run.system}: F1 {figures['f']:.3f}"


if __name__ == "__main__":
    typer.run(main)
