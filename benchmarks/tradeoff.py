"""Precision against recall on wikigold, by costs inside the CRF (softmax-margin: Gimpel and Smith 2010).

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/tradeoff.py /path/to/corpora

Each cost trains configs/bio_crf.cfg anew, on the split of benchmarks/partial.py. What is scored is the pipeline after the last
epoch: the one with the best F1 on the dev part would take back a part of what the cost is for. Resumable.
"""
import json
import statistics
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Tuple

import typer
from partial import Run, console, read_lines, train_and_score, wikigold

COSTS: Dict[str, Dict[str, float]] = {
    "none": {},
    **{f"spurious_cost {cost}": {"spurious_cost": float(cost)} for cost in (1, 3, 10)},
    **{f"missed_cost {cost}": {"missed_cost": float(cost)} for cost in (1, 3, 10)},
}


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folder wikigold"),
    output: Path = typer.Option(Path("metrics/tradeoff"), help="Folder of the results"),
    seeds: int = typer.Option(3, help="Runs of each cost"),
    epochs: int = typer.Option(6, help="Epochs of a run"),
    batch_words: int = typer.Option(250, help="Words of a batch"),
    only_print: bool = typer.Option(False, "--print", help="Print the table of what is there, and train nothing"),
):
    output.mkdir(parents=True, exist_ok=True)
    path = output / "wikigold.jsonl"
    done = {(line["costs"], line["seed"]) for line in read_lines(path)}
    left = [(costs, seed) for seed in range(seeds) for costs in COSTS if (costs, seed) not in done]
    parts = None if only_print else wikigold(corpora / "wikigold")
    for costs, seed in [] if only_print else left:
        run = Run("wikigold", "all entities", "bio_crf_tagger", seed, epochs, batch_words)
        figures = train_and_score(run, parts, {"learning": COSTS[costs]})
        line = {"costs": costs, "seed": seed, **figures, "date": str(date.today())}
        with path.open("a", encoding="utf8") as file:
            file.write(json.dumps(line) + "\n")
        console.print(f"{costs}, seed {seed}: {figures['model-last']}", soft_wrap=True)
    print(table_of(list(read_lines(path))))
    versions = ", ".join(f"{package} {version(package)}" for package in ("spacy-bio-crf", "spacy", "thinc", "numpy"))
    print(f"\n{date.today()}, {versions}. Command: `python {' '.join(sys.argv)}`")


def table_of(lines: List[Dict[str, Any]]) -> str:
    """Means over seeds in percent, by rising recall, with the lowest and the highest F1."""
    rows: List[Tuple[float, List[str]]] = []
    for costs in COSTS:
        runs = [line["model-last"] for line in lines if line["costs"] == costs]
        if runs:
            means = {figure: 100 * statistics.mean(run[figure] for run in runs) for figure in "prf"}
            spread = f"{100 * min(run['f'] for run in runs):.1f} to {100 * max(run['f'] for run in runs):.1f}"
            rows.append((means["r"], [costs, str(len(runs)), *(f"{mean:.1f}" for mean in means.values()), spread]))
    header = ["costs in nats", "runs", "precision", "recall", "F1", "lowest to highest F1"]
    table = [header, ["---"] + ["---:"] * 5, *(row for _, row in sorted(rows))]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


if __name__ == "__main__":
    typer.run(main)
