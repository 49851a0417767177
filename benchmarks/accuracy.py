"""Accuracy side by side, with nothing pretrained: the configs of this repository, spaCy's `ner` and `spancat`,
sklearn-crfsuite, and EDS-NLP's `eds.ner_crf`.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/accuracy.py /path/to/corpora

All get the same tokens and splits (corpora.py), and all but sklearn-crfsuite keep what is best on the dev part.
spaCy's components have the recipes that `spacy init config` writes; `ner averaged` is the same training with averaged
weights (spacy_training.py). Ours have the language of the corpus, and otherwise what stands in their configs.
crfsuite.py and eds.py say what the others are.

F1 is that of exact spans with their labels on the test part; overlapping predictions of `spancat` all count. Seconds
are those of the processor for the updates alone, until the system stops. Each run is a line of OUTPUT/CORPUS.jsonl,
with more figures than the tables have, and a run that is there is not repeated, so that a stopped benchmark goes on;
results/README.md tells about those that are there.
"""
import statistics
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import typer
from corpora import CORPORA, Parts
from runs import RESULTS, about, complete, read_lines
from spacy_training import train_config, train_ner, train_spancat

Rows = Dict[str, Dict[str, Any]]  # figures by system: one training may serve several


def train_crfsuite(parts: Parts, seed: int) -> Rows:
    import crfsuite  # late: tables are printed without it, and ours are trained

    return crfsuite.train_crfsuite(parts, seed)


def train_eds(parts: Parts, seed: int) -> Rows:
    import eds  # late: where it is installed, it adds its factories to every pipeline, and it loads slowly

    return eds.train_eds(parts, seed)


ENCODERS = ("characters", "bilstm")  # trained where they are asked for
SYSTEMS: Dict[str, Callable[[Parts, int], Rows]] = {
    **{name: partial(train_config, name) for name in ("linear", "cnn", "joint", *ENCODERS)},
    "ner": train_ner,
    "ner averaged": train_ner,
    "spancat": train_spancat,
    "crfsuite": train_crfsuite,
    "eds": train_eds,
}
BY_DEFAULT = [name for name in SYSTEMS if name not in ENCODERS]
NOT_RANDOM = ("crfsuite",)  # one run is enough


class Run(NamedTuple):
    corpus: str
    system: str
    seed: int


class Trainings:
    """Trains for a run, and keeps what else the training gave for the next run."""

    def __init__(self, parts: Parts):
        self.parts = parts
        self.at_hand: Dict[Run, Dict[str, Any]] = {}

    def __call__(self, run: Run) -> Dict[str, Any]:
        if run not in self.at_hand:
            rows = SYSTEMS[run.system](self.parts, run.seed)
            self.at_hand = {run._replace(system=system): figures for system, figures in rows.items()}
        return self.at_hand[run]


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    names: Optional[List[str]] = typer.Argument(None, help=f"Names of corpora: {', '.join(CORPORA)}; by default all"),
    output: Path = typer.Option(RESULTS / "accuracy", help="Folder of the results"),
    systems: List[str] = typer.Option(BY_DEFAULT, "--system", help="What to train; may be repeated"),
    seeds: int = typer.Option(3, help="Runs of each system"),
    only_print: bool = typer.Option(False, "--print", help="Print the tables of what is there, and train nothing"),
):
    output.mkdir(parents=True, exist_ok=True)
    names = names or list(CORPORA)
    lines: List[Dict[str, Any]] = []
    for name in names:
        path = output / f"{name}.jsonl"
        if not only_print:
            pairs = [(seed, system) for seed in range(seeds) for system in systems]
            runs = [Run(name, system, seed) for seed, system in pairs if seed == 0 or system not in NOT_RANDOM]
            complete(path, runs, Trainings(CORPORA[name](corpora)), tell)
        lines.extend(line for line in read_lines(path) if line["system"] in systems and line["seed"] < seeds)
    for title, figure, times, digits in [("Test F1", "f", 100, 1), ("Seconds of training", "train_s", 1, 0)]:
        cells = {(name, system): [] for name in names for system in systems}
        for line in lines:
            cells[line["corpus"], line["system"]].append(times * line[figure])
        print(f"## {title}\n\n{table_of(cells, names, systems, digits)}\n")
    print("; ".join([*sorted({line["library"] for line in lines if "library" in line}), about()]))


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"{run.corpus}, {run.system}, seed {run.seed}: F1 {figures['f']:.3f}, {figures['train_s']} s"


def table_of(cells: Dict[tuple, List[float]], names: List[str], systems: List[str], digits: int) -> str:
    """The mean over seeds, the lowest and the highest; and the mean of those means where a system misses no corpus."""
    table = [["", *systems], ["---"] + ["---:"] * len(systems)]
    table += [[name, *(cell_of(cells[name, system], digits) for system in systems)] for name in names]
    columns = [[cells[name, system] for name in names] for system in systems]
    means = [f"{statistics.mean(map(statistics.mean, column)):,.{digits}f}" if all(column) else "" for column in columns]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*table, ["mean", *means]])


def cell_of(values: List[float], digits: int) -> str:
    if not values:
        return ""
    lowest, mean, highest = (f"{f(values):,.{digits}f}" for f in (min, statistics.mean, max))
    return mean if len(values) == 1 else f"{mean} ({lowest} to {highest})"


if __name__ == "__main__":
    typer.run(main)
