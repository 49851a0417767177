"""Words a second side by side: the pipelines of this repository, spaCy's `ner`, `beam_ner` and `spancat`, EDS-NLP's
`eds.ner_crf` and spacy_crfsuite; then chains alone, ours and those of five other packages.

    python benchmarks/speed.py corpus/bc5cdr corpus/wnut17 --python .venv/bin/python --python /path/to/another/python

A folder has train.spacy and test.spacy. Each system and number of threads runs in a process of its own (measure.py), by
the first --python that has its packages. A round takes all of them, in an order of its own, so that whatever else the
machine does meets all. Ratios are taken within a round; the tables have medians over the rounds, and the lowest and the
highest rate. What is missing is skipped, and said.

All get the same tokens. A pipeline has the labels of the whole corpus and begins untrained; both tasks are warm.
"training" is updates with the batches and the optimizer of the system's own config, "prediction" is what `nlp.pipe`
takes with ready docs. "memory" is what a process needs at its peak beyond its imports and the corpus. What is saved and
loaded is the pipeline after its training on these words; loading comes after the imports.

"of the bound" is the share of the words a second at which NumPy's sgemm alone would do the matrix products of the
encoder of configs/compared/bio_crf.cfg (peers/blas.py), for the pipelines with that encoder.

A run is a line of OUTPUT/runs.jsonl, and one that is there is not repeated: a stopped benchmark goes on, and a peer
that is installed later joins the others. OUTPUT/speed.md and OUTPUT/speed.png show all lines with this number of words.

The extra [bench] has most peers. Of Flair two modules are enough: `pip install --no-deps flair`. spacy_crfsuite and
sklearn-crfsuite==0.3.6 want an environment of their own.
"""
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any, Dict, List, NamedTuple, Optional

import typer
from peers import CHAINS, PIPELINES, Peer
from runs import complete, console, read_lines
from speed_plot import save_plot
from speed_tables import report

PEERS: Dict[str, Peer] = {**PIPELINES, **CHAINS}
THREADS = [f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "RAYON")]


class Run(NamedTuple):
    corpus: str  # empty for chains
    words: int
    system: str
    threads: int
    round: int


def main(
    corpora: List[Path] = typer.Argument(..., help="Folders with train.spacy and test.spacy"),
    output: Path = typer.Option(Path("metrics/speed"), help="Folder of the results"),
    words: int = typer.Option(10_000, help="Words of a pass, at most"),
    rounds: int = typer.Option(3, help="Processes of each system"),
    threads: List[int] = typer.Option([1, 2], help="May be repeated"),
    systems: List[str] = typer.Option(list(PEERS), "--system", help="What to measure; may be repeated"),
    pythons: List[Path] = typer.Option([Path(sys.executable)], "--python", help="Interpreters; may be repeated"),
    only_print: bool = typer.Option(False, "--print", help="Make the table and the plot of what is there"),
):
    check(systems, corpora)
    output.mkdir(parents=True, exist_ok=True)
    path, folders = output / "runs.jsonl", {folder.resolve().name: folder for folder in corpora}
    processes = Processes(folders, pythons)
    if not only_print:
        counts = [n for n in threads if n <= cores()]
        for n in sorted({*threads} - {*counts}):
            console.print(f"Skipped {n} threads: this process may use only so many cores: {cores()}")
        complete(path, plan(list(folders), words, systems, counts, rounds), processes, tell)
    lines = [line for line in read_lines(path) if line["system"] in systems and line["words"] in (0, words)]
    lines = [line for line in lines if line["corpus"] in ("", *folders)]
    text = f"{report(lines, systems, processes.reasons)}. Command: `python {' '.join(sys.argv)}`\n"
    (output / "speed.md").write_text(text, encoding="utf8")
    save_plot(lines, systems, output / "speed.png")
    console.print(f"Wrote {output / 'speed.md'} and {output / 'speed.png'}")


def check(systems: List[str], corpora: List[Path]) -> None:
    unknown = ", ".join(name for name in systems if name not in PEERS)
    if unknown:
        raise typer.BadParameter(f"Expected some of {', '.join(PEERS)}; found {unknown}", param_hint="--system")
    files = [folder / f"{part}.spacy" for folder in corpora for part in ("train", "test")]
    missing = ", ".join(str(file) for file in files if not file.exists())
    if missing:
        raise typer.BadParameter(f"There is no {missing}: convert the corpus first", param_hint="CORPORA")


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan(corpora: List[str], words: int, systems: List[str], threads: List[int], rounds: int) -> List[Run]:
    """Round by round, each in another order."""
    runs = []
    for round in range(rounds):
        for corpus in [*corpora, ""]:
            chosen = [name for name in systems if name in (PIPELINES if corpus else CHAINS)]
            of_corpus = [Run(corpus, words if corpus else 0, name, n, round) for name in chosen for n in threads]
            Random(round).shuffle(of_corpus)
            runs += of_corpus
    return runs


class Processes:
    """Runs a system in a process of its own; one that is missing or has failed is not tried again."""

    def __init__(self, corpora: Dict[str, Path], pythons: List[Path]):
        self.corpora, self.pythons = corpora, pythons
        self.found: Dict[str, Optional[Path]] = {}
        self.reasons: Dict[str, str] = {}

    def __call__(self, run: Run) -> Optional[Dict[str, Any]]:
        if run.system not in self.found:
            self.found[run.system] = self.python_with(run.system)
        if run.system in self.reasons:
            return None
        corpus = ["--corpus", str(self.corpora[run.corpus]), "--words", str(run.words)] if run.corpus else []
        script = Path(__file__).with_name("measure.py")
        command = [str(self.found[run.system]), str(script), run.system, *corpus]
        environment = {**os.environ, **dict.fromkeys(THREADS, str(run.threads)), "_TYPER_STANDARD_TRACEBACK": "1"}
        process = subprocess.run(command, env=environment, capture_output=True, text=True)
        if process.returncode:
            self.skip(run.system, "it failed: " + (process.stderr.strip().splitlines() or ["no message"])[-1])
            return None
        return json.loads(process.stdout.splitlines()[-1])

    def python_with(self, system: str) -> Optional[Path]:
        needs = {"spacy": "spacy", "spacy_bio_crf": "spacy-bio-crf", **PEERS[system].needs}
        code = "import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))"
        for python in self.pythons:
            if subprocess.run([str(python), "-c", code, *needs]).returncode == 0:
                return python
        self.skip(system, f"no interpreter given has all of {', '.join(needs.values())}")
        return None

    def skip(self, system: str, reason: str) -> None:
        self.reasons[system] = reason
        console.print(f"Skipped {system}: {reason}", soft_wrap=True)


def tell(run: Run, figures: Dict[str, Any]) -> str:
    rates = ", ".join(f"{task} {rate:,.0f} a second" for task, rate in figures["rates"].items())
    return f"{run.corpus or 'chains'}, {run.system}, threads {run.threads}, round {run.round}: {rates}"


if __name__ == "__main__":
    typer.run(main)
