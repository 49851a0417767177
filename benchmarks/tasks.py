"""The projects of projects/, each from its corpus to its figures, as one table.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/tasks.py /path/to/corpora

Precision, recall and F1 are those of exact spans with their labels; of several span groups together, where there are some.
Seconds are those of the processor for the command `train`: what is read and scored on the way included.

Each run is a line of OUTPUT, and a run that is there is not repeated, so that a stopped benchmark goes on.
"""
import json
import resource
import statistics
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import spacy
import typer
from runs import RESULTS, about, complete, read_lines
from spacy.cli.project.run import project_run
from spacy.tokens import DocBin
from weasel.util import load_project_config

PROJECTS = Path(__file__).parents[1] / "projects"
TASKS = sorted(path.parent.name for path in PROJECTS.glob("*/project.yml"))
PARTS = ("dev", "test")
PUBLISHED = {  # F1 that others report, most of them pretrained on much text; ‡ not checked, † on another split
    "ner": "86.4 RoBERTa ‡†",
    "noisy": "60.5 CL-KL ‡, 56.5 BERTweet, 41.9 best of the shared task ‡, 17 spaCy `ner`",
    "biomedical": "90.0 SciBERT ‡, 84.3 scispaCy",
    "slots": "97.2 BERT-CRF †, 93.9 ELMo †, 88.8 Slot-Gated †",
    "events": "73.9 BERT ‡†",
    "nested": "68.3 Bamman et al. ‡†",
    "overlapping": "about 57 skills, 64 knowledge, JobBERT ‡",
    "languages": "82.7 XLM-R large",
    "partial": "61.5 Yang et al. ‡",
}


class Run(NamedTuple):
    task: str
    seed: int


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    tasks: Optional[List[str]] = typer.Argument(None, help=f"Folders of projects: {', '.join(TASKS)}; by default all"),
    output: Path = typer.Option(RESULTS / "tasks.jsonl", help="File of the results"),
    seeds: int = typer.Option(1, help="Trainings of each project"),
):
    output.parent.mkdir(parents=True, exist_ok=True)
    tasks = tasks or TASKS
    complete(output, [Run(task, seed) for task in tasks for seed in range(seeds)], partial(run_all, corpora.absolute()), tell)
    lines = [line for line in read_lines(output) if line["seed"] < seeds]
    print(table([[line for line in lines if line["task"] == task] for task in tasks]))
    print(f"\n{about()}")


def run_all(corpora: Path, run: Run) -> Dict[str, Any]:
    """Run the workflow of a project, training always, and read what it has left."""
    folder = PROJECTS / run.task
    overrides = {"vars.corpora": str(corpora), "vars.seed": run.seed}
    config = load_project_config(folder, overrides=overrides)
    seconds = {}
    for command in config["workflows"]["all"]:
        before = processor_seconds()
        project_run(folder, command, overrides=overrides, force=command == "train")
        seconds[command] = processor_seconds() - before
    reports = {part: json.loads((folder / f"metrics/{part}.json").read_text(encoding="utf8")) for part in PARTS}
    return {
        "title": config["title"],
        "config": config["vars"]["config"],
        "words": sum(count_words(path) for path in (folder / "corpus").rglob("*.spacy") if path.stem not in PARTS),
        "train_s": round(seconds["train"], 1),
        **{part: {key: report["overall"][key] for key in "prf"} for part, report in reports.items()},
    }


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def count_words(path: Path) -> int:
    return sum(len(doc) for doc in DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"{run.task}, seed {run.seed}: F1 {figures['test']['f']:.3f}, {figures['train_s']} s"


def table(tasks: List[List[Dict[str, Any]]]) -> str:
    """The means over seeds, and of F1 on the test part the lowest and the highest."""
    columns = ["task", "corpus", "config", *(f"{part}: P / R / F1" for part in PARTS), "published F1", "words", "seconds"]
    rows = [columns, ["---"] * 6 + ["---:"] * 2]
    for lines in filter(None, tasks):
        task, (title, _, corpus) = lines[0]["task"], lines[0]["title"].rpartition(": ")
        cells = [" / ".join(f"{100 * statistics.mean(line[part][key] for line in lines):.1f}" for key in "prf") for part in PARTS]
        if len(lines) > 1:
            found = [100 * line["test"]["f"] for line in lines]
            cells[-1] += f" ({min(found):.1f} to {max(found):.1f})"
        seconds = statistics.mean(line["train_s"] for line in lines)
        name = f"[{title}]({task}.md)"
        rows.append([name, corpus, f"`{lines[0]['config']}`", *cells, PUBLISHED.get(task, ""), f"{lines[0]['words']:,}", f"{seconds:,.0f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    typer.run(main)
