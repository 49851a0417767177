"""Precision against recall on wikigold, by costs inside the CRF (softmax-margin: Gimpel and Smith 2010).

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/tradeoff.py /path/to/corpora

Each cost trains configs/compared/bio_crf.cfg anew, on the split of benchmarks/partial.py. What is scored is the pipeline after the last
epoch: the one with the best F1 on the dev part would take back a part of what the cost is for. Resumable.
"""
import statistics
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import typer
from partial import Run, train_and_score, wikigold
from runs import about, complete, read_lines

COSTS: Dict[str, Dict[str, float]] = {
    "none": {},
    **{f"spurious_cost {cost}": {"spurious_cost": float(cost)} for cost in (1, 3, 10)},
    **{f"missed_cost {cost}": {"missed_cost": float(cost)} for cost in (1, 3, 10)},
}


class Costs(NamedTuple):
    costs: str
    seed: int


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
    if not only_print:
        parts = wikigold(corpora / "wikigold")
        runs = [Costs(costs, seed) for seed in range(seeds) for costs in COSTS]

        def train(run: Costs) -> Dict[str, Any]:
            recipe = Run("wikigold", "all entities", "bio_crf_tagger", run.seed, epochs, batch_words)
            return train_and_score(recipe, parts, {"learning": COSTS[run.costs]})

        complete(path, runs, train, lambda run, figures: f"{run.costs}, seed {run.seed}: {figures['model-last']}")
    print(table_of(list(read_lines(path))))
    print(f"\n{about()}")


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
