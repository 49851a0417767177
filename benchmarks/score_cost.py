"""What probabilities cost: words per second of one trained pipeline, with each option beside no scores.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/score_cost.py bc5cdr wikigold

It reads training/NAME/bio_crf/model-best and corpus/NAME/test.spacy. All options run in one process, in turns, each turn in
another order. Time is that of the processor, which other work on the machine disturbs less; so run it with one thread.
Predictions are timed as `nlp.pipe` over documents that are tokenized already. Questions to `posterior(doc)` are timed apart,
on predicted documents, one by one: each encodes its document anew.
"""
import json
import random
import statistics
import sys
import time
from datetime import date
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, Callable, Dict, List

import spacy
import typer
from rich.console import Console
from rich.progress import track
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_bio_crf.cli.component import changed
from spacy_bio_crf.pipeline.posterior import Posterior

CALIBRATION = {"kind": "platt", "a": 0.6, "b": -0.2}  # any will do: its numbers do not change its speed
DEFAULTS = {"scores": True, "decode": "viterbi", "threshold": 0.0, "thresholds": {}, "calibration": None}
OFF = "no scores"
SETTINGS: Dict[str, Dict[str, Any]] = {
    OFF: {"scores": False},
    "scores (the default)": {},
    "scores, calibrated": {"calibration": CALIBRATION},
    "scores, threshold 0.5": {"threshold": 0.5},
    "threshold 0.5, no scores": {"scores": False, "threshold": 0.5},
    "decode = marginal": {"decode": "marginal"},
    "decode = expected_f": {"decode": "expected_f"},
}
QUESTIONS: Dict[str, Callable[[Posterior], Any]] = {
    "posterior(doc)": lambda posterior: None,
    "posterior(doc).entropy()": Posterior.entropy,
    "posterior(doc).token_probabilities()": Posterior.token_probabilities,
    "posterior(doc).candidates(0.05)": lambda posterior: posterior.candidates(0.05),
    "posterior(doc).alternatives(5)": lambda posterior: posterior.alternatives(5),
}


def main(
    names: List[str] = typer.Argument(..., help="Names of corpora"),
    training: Path = typer.Option(Path("training"), help="Folder of the trained pipelines"),
    corpus: Path = typer.Option(Path("corpus"), help="Folder of the corpora"),
    words: int = typer.Option(20_000, help="Words of a turn"),
    turns: int = typer.Option(9, help="Turns of each option, after one that warms up and does not count"),
    as_json: bool = typer.Option(False, "--json", help="Print JSON"),
):
    rates: Dict[str, Dict[str, List[float]]] = {}
    for name in names:
        model, test = training / name / "bio_crf" / "model-best", corpus / name / "test.spacy"
        missing = [str(path) for path in (model, test) if not path.exists()]
        if missing:
            print(f"Skipped {name}: there is no {', '.join(missing)}", file=sys.stderr)
            continue
        rates[name] = measure(spacy.load(model), test, words, turns)
    about = {
        "command": f"python {' '.join(sys.argv)}",
        "date": str(date.today()),
        "versions": {name: version(name) for name in ("spacy-bio-crf", "spacy", "thinc", "numpy")},
    }
    if as_json:
        print(json.dumps({**about, "words_per_second": rates}, indent=2))
    else:
        print(report(rates, about))


def measure(nlp: Language, path: Path, words: int, turns: int) -> Dict[str, List[float]]:
    """Words per second of each option, turn by turn."""
    docs = take(path, nlp, words)
    predicted = list(nlp.pipe(unannotated(doc) for doc in docs))
    options: Dict[str, Callable[[], float]] = {
        **{name: lambda settings=settings: prediction_rate(nlp, docs, settings) for name, settings in SETTINGS.items()},
        **{name: lambda ask=ask: question_rate(nlp, predicted, ask) for name, ask in QUESTIONS.items()},
    }
    rates: Dict[str, List[float]] = {name: [] for name in options}
    order, shuffle = list(options), random.Random(0).shuffle
    for _ in track(range(turns + 1), str(path), console=Console(stderr=True), transient=True):
        shuffle(order)
        for name in order:
            rates[name].append(options[name]())
    return {name: of[1:] for name, of in rates.items()}


def take(path: Path, nlp: Language, words: int) -> List[Doc]:
    """The first documents of a corpus, up to so many words."""
    docs = list(DocBin().from_disk(path).get_docs(nlp.vocab))
    counts = accumulate(map(len, docs))
    return [doc for doc, count in zip(docs, counts) if count <= words]


def prediction_rate(nlp: Language, docs: List[Doc], settings: Dict[str, Any]) -> float:
    """Words per second of prediction under settings of the component."""
    fresh = [unannotated(doc) for doc in docs]
    with changed(nlp.get_pipe("bio_crf_tagger"), **{**DEFAULTS, **settings}):
        start = time.process_time()
        for _ in nlp.pipe(fresh, batch_size=256):
            pass
        return sum(map(len, docs)) / (time.process_time() - start)


def question_rate(nlp: Language, predicted: List[Doc], ask: Callable[[Posterior], Any]) -> float:
    """Words per second of one question about each document."""
    tagger = nlp.get_pipe("bio_crf_tagger")
    start = time.process_time()
    for doc in predicted:
        ask(tagger.posterior(doc))
    return sum(map(len, predicted)) / (time.process_time() - start)


def unannotated(doc: Doc) -> Doc:
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def report(rates: Dict[str, Dict[str, List[float]]], about: Dict[str, Any]) -> str:
    """A table in Markdown of median words per second, and median time beside that without scores in the same turn."""
    header = ["option", *(cell for name in rates for cell in (f"{name}, words/s", "time"))]
    lines = [header, ["---"] + ["---:"] * (len(header) - 1)]
    for option in (*SETTINGS, *QUESTIONS):
        cells = [option]
        for of in rates.values():
            times = [base / rate for base, rate in zip(of[OFF], of[option])]
            cells += [f"{statistics.median(of[option]):,.0f}", f"{statistics.median(times):.2f}"]
        lines.append(cells)
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{about['date']}, {versions}. Command: `{about['command']}`"


if __name__ == "__main__":
    typer.run(main)
