"""Options of one trained pipeline, timed in turns: what the benchmarks of costs share."""
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
from rich.console import Console
from rich.progress import track
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_bio_crf.cli.component import changed

Rates = Dict[str, List[float]]  # words per second of each option, turn by turn
Options = Dict[str, Callable[[], float]]  # what times an option once, in words per second


def compare(
    names: List[str],
    training: Path,
    corpus: Path,
    turns: int,
    as_json: bool,
    make_options: Callable[[Language, Path], Options],
    base: str,
    title: str,
) -> None:
    """Time the options of each corpus, and print a table, or JSON.

    base (str): The option that the others stand beside.
    title (str): What an option is, as the first column says it.
    """
    rates: Dict[str, Rates] = {}
    for name in names:
        model, test = training / name / "bio_crf" / "model-best", corpus / name / "test.spacy"
        missing = [str(path) for path in (model, test) if not path.exists()]
        if missing:
            print(f"Skipped {name}: there is no {', '.join(missing)}", file=sys.stderr)
            continue
        rates[name] = take_turns(make_options(spacy.load(model), test), turns, str(test))
    about = {
        "command": f"python {' '.join(sys.argv)}",
        "date": str(date.today()),
        "versions": {name: version(name) for name in ("spacy-bio-crf", "spacy", "thinc", "numpy")},
    }
    if as_json:
        print(json.dumps({**about, "words_per_second": rates}, indent=2))
    else:
        print(report(rates, about, base, title))


def take_turns(options: Options, turns: int, about: str) -> Rates:
    """Each turn in another order; the first one warms up and does not count."""
    rates: Rates = {name: [] for name in options}
    order, shuffle = list(options), random.Random(0).shuffle
    for _ in track(range(turns + 1), about, console=Console(stderr=True), transient=True):
        shuffle(order)
        for name in order:
            rates[name].append(options[name]())
    return {name: of[1:] for name, of in rates.items()}


def take(path: Path, nlp: Language, words: int, *, repeat: bool = False) -> List[Doc]:
    """The first documents of a corpus, up to so many words; a small corpus may be repeated."""
    docs = list(DocBin().from_disk(path).get_docs(nlp.vocab))
    if repeat:
        docs *= 1 + words // sum(map(len, docs))
    return first_words(docs, words)


def first_words(docs: List[Doc], words: int) -> List[Doc]:
    counts = accumulate(map(len, docs))
    return [doc for doc, count in zip(docs, counts) if count <= words]


def prediction_rate(nlp: Language, fresh: List[Doc], **settings: Any) -> float:
    """Words per second of prediction under settings of the component."""
    with changed(nlp.get_pipe("bio_crf_tagger"), **settings):
        start = time.process_time()
        for _ in nlp.pipe(fresh, batch_size=256):
            pass
        return sum(map(len, fresh)) / (time.process_time() - start)


def report(rates: Dict[str, Rates], about: Dict[str, Any], base: str, title: str) -> str:
    """A table in Markdown of median words per second, and median time beside that of the base in the same turn."""
    header = [title, *(cell for name in rates for cell in (f"{name}, words/s", "time"))]
    lines = [header, ["---"] + ["---:"] * (len(header) - 1)]
    for option in dict.fromkeys(option for of in rates.values() for option in of):
        cells = [option]
        for of in rates.values():
            times = [beside / rate for beside, rate in zip(of[base], of.get(option, ()))]
            cells += [f"{statistics.median(of[option]):,.0f}", f"{statistics.median(times):.2f}"] if times else ["", ""]
        lines.append(cells)
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{about['date']}, {versions}. Command: `{about['command']}`"
