"""Spans counted: right, predicted and gold. A predicted span is right if there is a gold span with the same label and
boundaries, as for CoNLL's `conlleval`, for `seqeval` and for spaCy."""
from collections import Counter
from itertools import chain
from typing import Callable, Dict, Hashable, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy
from spacy.tokens import Doc

from ..tags import TokenSpan, write_tags
from ..types import Ints2d
from .judged import JudgedDoc

LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 9), (10, None))
SEEN, OTHER_LABEL, UNSEEN = "seen with this label", "seen with another label", "unseen"
Forms = Set[Tuple[str, str]]  # surface forms with their labels
Kind = Callable[[JudgedDoc, TokenSpan], Hashable]


class Counts(NamedTuple):
    """Spans that are kept and right, spans that are kept, and gold spans."""

    right: int
    kept: int
    gold: int

    @property
    def precision(self) -> float:
        return self.right / self.kept if self.kept else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    def f_score(self, beta: float = 1.0) -> float:
        """F-beta: recall counts beta times as much as precision. Van Rijsbergen (1979)."""
        weight = beta**2
        total = self.kept + weight * self.gold
        return (1 + weight) * self.right / total if total else 0.0

    def to_dict(self) -> Dict[str, float]:
        """RETURNS (Dict[str, float]): The counts, and precision, recall and F1, as plain JSON data."""
        figures = {"p": self.precision, "r": self.recall, "f": self.f_score()}
        return {**figures, "right": self.right, "predicted": self.kept, "gold": self.gold}


def total(counts: Dict[str, Counts]) -> Counts:
    """The counts of all labels together."""
    return Counts(*(sum(count[i] for count in counts.values()) for i in range(3)))


def count_by(docs: Iterable[JudgedDoc], kind: Kind) -> Dict[Hashable, Counts]:
    """Count the spans of each kind.

    docs (Iterable[JudgedDoc]): The documents.
    kind (Kind): Tells the kind of a span of a document: its label, its length, ...
    RETURNS (Dict[Hashable, Counts]): The counts of each kind that is met.
    """
    right, kept, gold = Counter(), Counter(), Counter()
    for doc in docs:
        right.update(kind(doc, span) for span in set(doc.predicted) & set(doc.gold))
        kept.update(kind(doc, span) for span in doc.predicted)
        gold.update(kind(doc, span) for span in doc.gold)
    return {each: Counts(right[each], kept[each], gold[each]) for each in {**gold, **kept}}


def by_label(docs: Iterable[JudgedDoc]) -> Dict[str, Counts]:
    """The counts of each label, in order."""
    return dict(sorted(count_by(docs, lambda doc, span: span.label).items()))


def by_length(docs: Iterable[JudgedDoc]) -> Dict[str, Counts]:
    """The counts of spans of 1, 2, 3, 4, 5 to 9, and more tokens, as far as there are any."""
    names = {}
    for low, high in LENGTHS:
        names[low] = f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"

    def bucket(doc: JudgedDoc, span: TokenSpan) -> int:
        return max(low for low in names if low <= span.end - span.start)

    return {names[low]: counts for low, counts in sorted(count_by(docs, bucket).items())}


def by_familiarity(docs: Iterable[JudgedDoc], forms: Forms) -> Dict[str, Counts]:
    """The counts of spans whose surface form the training part has with this label, with other labels only, or not at all.

    docs (Iterable[JudgedDoc]): The documents.
    forms (Forms): What `forms_of` found in the training part.
    RETURNS (Dict[str, Counts]): The counts of all three.
    """
    known = {form for form, _ in forms}

    def familiarity(doc: JudgedDoc, span: TokenSpan) -> str:
        form = normal_form(doc.form(span))
        return SEEN if (form, span.label) in forms else OTHER_LABEL if form in known else UNSEEN

    counts = count_by(docs, familiarity)
    return {kind: counts.get(kind, Counts(0, 0, 0)) for kind in (SEEN, OTHER_LABEL, UNSEEN)}


def forms_of(docs: Iterable[Doc], keys: Sequence[str] = ()) -> Forms:
    """The surface forms of the annotated spans of documents, with their labels.

    docs (Iterable[Doc]): The documents, such as those of the training part.
    keys (Sequence[str]): Keys of span groups; none for the entities.
    RETURNS (Forms): The forms, see `normal_form`.
    """
    groups = ([doc.spans.get(key, ()) for key in keys] if keys else [doc.ents] for doc in docs)
    spans = chain.from_iterable(chain.from_iterable(groups))
    return {(normal_form(span.text), span.label_) for span in spans}


def normal_form(text: str) -> str:
    """A surface form without regard to case and to how much space it holds."""
    return " ".join(text.casefold().split())


def averages(counts: Dict[str, Counts]) -> Dict[str, Dict[str, float]]:
    """Precision, recall and F1 as `seqeval` averages them.

    counts (Dict[str, Counts]): The counts of each label.
    RETURNS (Dict[str, Dict[str, float]]): "micro", of all spans alike; "macro", of all labels alike; and "weighted", of all
        labels by the number of their gold spans.
    """
    rows = numpy.array([[one.precision, one.recall, one.f_score()] for one in counts.values()]).reshape(-1, 3)
    gold = numpy.array([one.gold for one in counts.values()], dtype="float64")
    both = total(counts)
    figures = {
        "micro": [both.precision, both.recall, both.f_score()],
        "macro": rows.mean(axis=0) if len(rows) else numpy.zeros(3),
        "weighted": gold @ rows / max(gold.sum(), 1.0),
    }
    return {name: dict(zip("prf", map(float, row))) for name, row in figures.items()}


def token_accuracy(docs: Iterable[JudgedDoc]) -> Optional[float]:
    """The share of annotated tokens whose BIO tag is right, which `conlleval` calls accuracy.

    RETURNS (Optional[float]): None if there are no such tokens, or spans overlap, so that there are no such tags.
    """
    right = tokens = 0
    for doc in docs:
        if overlapping(doc.gold) or overlapping(doc.predicted):
            return None
        gold, predicted = (numpy.array(write_tags(spans, len(doc.places))) for spans in (doc.gold, doc.predicted))
        right += int((gold == predicted)[doc.known].sum())
        tokens += int(doc.known.sum())
    return right / tokens if tokens else None


def overlapping(spans: Sequence[TokenSpan]) -> List[Tuple[TokenSpan, TokenSpan]]:
    """The spans of a sorted list that overlap one before, each beside the one that reaches furthest."""
    found, widest = [], None
    for span in spans:
        if widest is not None and span.start < widest.end:
            found.append((widest, span))
        if widest is None or span.end > widest.end:
            widest = span
    return found


def counts_of_docs(docs: Sequence[JudgedDoc], labels: Sequence[str]) -> Ints2d:
    """The counts of each document and label, for resampling.

    docs (Sequence[JudgedDoc]): D documents.
    labels (Sequence[str]): L labels.
    RETURNS (Ints3d): Right, predicted and gold spans. Shape: D, L, 3
    """
    ids = {label: i for i, label in enumerate(labels)}
    counts = numpy.zeros((len(docs), len(labels), 3), dtype=int)
    for of_doc, doc in zip(counts, docs):
        for column, spans in enumerate((set(doc.predicted) & set(doc.gold), doc.predicted, doc.gold)):
            for span in spans:
                of_doc[ids[span.label], column] += 1
    return counts
