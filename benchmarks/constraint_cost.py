"""What constraints cost at prediction: words per second of one trained pipeline, with each constraint beside none.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/constraint_cost.py bc5cdr usaddress

It reads training/NAME/bio_crf/model-best and corpus/NAME/test.spacy. All options run in one process, in turns, each turn in
another order. Time is that of the processor, which other work on the machine disturbs less; so run it with one thread.
Predictions are timed as `nlp.pipe` over documents that are tokenized already. Sentence starts, preset entities and span
groups are made in advance: gold spans, about one a sentence. The rules at_most_one and label_order are about the labels
that the gold has most often.
"""
import json
import random
import statistics
import sys
import time
from collections import Counter
from datetime import date
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

import spacy
import typer
from rich.console import Console
from rich.progress import track
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from spacy_bio_crf.cli.component import changed
from spacy_bio_crf.pipeline.settings import CONSTRAINTS

NONE = "none"
KEY = "made"


class Option(NamedTuple):
    """One constraint.

    settings (Dict[str, Any]): Of the component's `constraints`.
    prepare (Callable[[Doc, List[Span]], None]): Puts on a fresh document what the constraint reads, given some spans.
    """

    settings: Dict[str, Any] = {}
    prepare: Callable[[Doc, List[Span]], None] = lambda doc, spans: None


def as_group(doc: Doc, spans: List[Span]) -> None:
    doc.spans[KEY] = spans


def as_group_of_any_label(doc: Doc, spans: List[Span]) -> None:
    doc.spans[KEY] = [doc[span.start : span.end] for span in spans]


def as_group_of_random_labels(labels: List[str]) -> Callable[[Doc, List[Span]], None]:
    """A gazetteer over many labels: no two batches have the same ones."""
    choice = random.Random(0).choice

    def prepare(doc: Doc, spans: List[Span]) -> None:
        doc.spans[KEY] = [Span(doc, span.start, span.end, label=choice(labels)) for span in spans]

    return prepare


def as_entities(doc: Doc, spans: List[Span]) -> None:
    doc.set_ents(spans, default="missing")


def make_options(labels: List[str]) -> Dict[str, Option]:
    """The constraints, over labels by their frequency."""
    return {
        NONE: Option(),
        "preset entities": Option({}, as_entities),
        "sentence_bounded": Option({"sentence_bounded": True}),
        "max_span_length = 10": Option({"max_span_length": 10}),
        **{f"at_most_one, {n} label(s)": Option({"at_most_one": labels[:n]}) for n in (1, 2, 3) if n <= len(labels)},
        "label_order, 2 labels": Option({"label_order": labels[:2]}),
        "disabled_labels, 1 label": Option({"disabled_labels": labels[:1]}),
        "required spans": Option({"required_key": KEY}, as_group),
        "forbidden spans": Option({"forbidden_key": KEY}, as_group),
        "forbidden spans of any label": Option({"forbidden_key": KEY}, as_group_of_any_label),
        "allowed spans": Option({"allowed_key": KEY}, as_group),
        "scored spans": Option({"span_scores": {KEY: 2.0}}, as_group),
        "scored spans of random labels": Option({"span_scores": {KEY: 2.0}}, as_group_of_random_labels(labels)),
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
    frequency = Counter(ent.label_ for doc in docs for ent in doc.ents)
    options = make_options([label for label, _ in frequency.most_common()])
    rates: Dict[str, List[float]] = {name: [] for name in options}
    order, shuffle = list(options), random.Random(0).shuffle
    for _ in track(range(turns + 1), str(path), console=Console(stderr=True), transient=True):
        shuffle(order)
        for name in order:
            rates[name].append(rate(nlp, docs, options[name]))
    return {name: of[1:] for name, of in rates.items()}


def take(path: Path, nlp: Language, words: int) -> List[Doc]:
    """The first documents of a corpus, up to so many words; a small corpus is repeated."""
    docs = list(DocBin().from_disk(path).get_docs(nlp.vocab))
    docs *= 1 + words // sum(map(len, docs))
    counts = accumulate(map(len, docs))
    return [doc for doc, count in zip(docs, counts) if count <= words]


def rate(nlp: Language, docs: List[Doc], option: Option) -> float:
    """Words per second of prediction under a constraint."""
    fresh = [prepared(doc, option) for doc in docs]
    constraints = {**CONSTRAINTS, **option.settings}
    with changed(nlp.get_pipe("bio_crf_tagger"), constraints=constraints):
        start = time.process_time()
        for _ in nlp.pipe(fresh, batch_size=256):
            pass
        return sum(map(len, docs)) / (time.process_time() - start)


def prepared(doc: Doc, option: Option) -> Doc:
    """A document without annotation, other than sentences and what the option needs."""
    words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
    starts = [token.is_sent_start or token.i == 0 for token in doc]
    fresh = Doc(doc.vocab, words=words, spaces=spaces, sent_starts=starts)
    marked = {sum(starts[: ent.start + 1]): ent for ent in reversed(doc.ents)}  # the first entity of each sentence
    option.prepare(fresh, [Span(fresh, ent.start, ent.end, label=ent.label) for ent in sorted(marked.values())])
    return fresh


def report(rates: Dict[str, Dict[str, List[float]]], about: Dict[str, Any]) -> str:
    """A table in Markdown of median words per second, and median time beside that without constraints in the same turn."""
    options = list(dict.fromkeys(option for of in rates.values() for option in of))
    header = ["constraint", *(cell for name in rates for cell in (f"{name}, words/s", "time"))]
    lines = [header, ["---"] + ["---:"] * (len(header) - 1)]
    for option in options:
        cells = [option]
        for of in rates.values():
            times = [base / rate for base, rate in zip(of[NONE], of.get(option, ()))]
            cells += [f"{statistics.median(of[option]):,.0f}", f"{statistics.median(times):.2f}"] if times else ["", ""]
        lines.append(cells)
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\n{about['date']}, {versions}. Command: `{about['command']}`"


if __name__ == "__main__":
    typer.run(main)
