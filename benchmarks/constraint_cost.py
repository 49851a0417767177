"""What constraints cost at prediction: words per second of one trained pipeline, with each constraint beside none.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/constraint_cost.py bc5cdr usaddress

It reads training/NAME/bio_crf/model-best and corpus/NAME/test.spacy. All options run in one process, in turns, each turn in
another order. Time is that of the processor, which other work on the machine disturbs less; so run it with one thread.
Predictions are timed as `nlp.pipe` over documents that are tokenized already. Sentence starts, preset entities and span
groups are made in advance: gold spans, about one a sentence. The rules at_most_one and label_order are about the labels
that the gold has most often.
"""
import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

import typer
from spacy.language import Language
from spacy.tokens import Doc, Span
from turns import Options, compare, prediction_rate, take

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
    compare(names, training, corpus, turns, as_json, lambda nlp, path: timers(nlp, path, words), NONE, "constraint")


def timers(nlp: Language, path: Path, words: int) -> Options:
    docs = take(path, nlp, words, repeat=True)
    frequency = Counter(ent.label_ for doc in docs for ent in doc.ents)
    options = make_options([label for label, _ in frequency.most_common()])
    return {name: partial(rate, nlp, docs, option) for name, option in options.items()}


def rate(nlp: Language, docs: List[Doc], option: Option) -> float:
    """Words per second of prediction under a constraint."""
    fresh = [prepared(doc, option) for doc in docs]
    return prediction_rate(nlp, fresh, constraints={**CONSTRAINTS, **option.settings})


def prepared(doc: Doc, option: Option) -> Doc:
    """A document without annotation, other than sentences and what the option needs."""
    words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
    starts = [token.is_sent_start or token.i == 0 for token in doc]
    fresh = Doc(doc.vocab, words=words, spaces=spaces, sent_starts=starts)
    marked = {sum(starts[: ent.start + 1]): ent for ent in reversed(doc.ents)}  # the first entity of each sentence
    option.prepare(fresh, [Span(fresh, ent.start, ent.end, label=ent.label) for ent in sorted(marked.values())])
    return fresh


if __name__ == "__main__":
    typer.run(main)
