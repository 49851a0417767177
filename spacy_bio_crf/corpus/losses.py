"""What of docs a written file does not hold."""
from typing import Callable, Collection, Iterable, Iterator, List, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from .annotate import LONG
from .report import OVERLAPPING, Report, missing_tokens
from .sentences import DOCUMENT_KEY

NO_MISSING = "tokens without annotation, which the written format cannot tell from others"
NO_OVERLAPS = "spans that overlap entities, for which the written format has no room"
NO_SENTENCES = "sentence boundaries, which the written format does not hold"
NO_DOCUMENTS = "docs that go on with the document of the one before, which the written format does not say"
NOT_WRITTEN = "spans of '{place}' that are not written"
ENTITIES = "doc.ents"


def note_losses(
    docs: Iterable[Doc], holds: Collection[str], spans_keys: Sequence[str], report: Report
) -> Iterator[Doc]:
    """Tell a report what a written file will not hold of docs. Spans that stand in what is written too are no loss; those
    that are left out since other groups were asked for are noted.

    docs (Iterable[Doc]): The docs.
    holds (Collection[str]): What the format holds, see `Format`.
    spans_keys (Sequence[str]): The span groups that are written, in place of the entities; none for the entities.
    report (Report): Is filled.
    YIELDS (Doc): The same docs.
    RAISES (ValueError): Something would be lost, and the report is strict. Or spans are left out, and none of the groups
        that were asked for is there.
    """
    before, there, left_out = None, not spans_keys, set()
    for doc in docs:
        text = repr(doc.text[:LONG])
        document = doc.user_data.get(DOCUMENT_KEY)
        if "documents" not in holds and document is not None and document == before:
            report.add_dropped(NO_DOCUMENTS, f"{document}: {text}")
        before = document
        annotated = any(key in doc.spans for key in spans_keys)
        there = there or annotated
        missing = [] if "missing" in holds or annotated else missing_tokens(doc)
        if missing:
            report.add_dropped(NO_MISSING, f"{doc[missing[0]].text!r} in {text}", len(missing))
        starts = [] if "sentences" in holds else [token for token in doc[1:] if token.is_sent_start]
        if starts:
            report.add_dropped(NO_SENTENCES, f"before {starts[0].text!r} in {text}", len(starts))
        for place, spans in () if "groups" in holds else _left_out(doc, spans_keys, "overlaps" in holds):
            kind = NO_OVERLAPS if place == OVERLAPPING and not spans_keys else NOT_WRITTEN.format(place=place)
            add: Callable[..., None] = report.add_note if spans_keys else report.add_dropped
            add(kind, f"{spans[0].label_} {spans[0].text!r} in {text}", len(spans))
            left_out.add(place)
        yield doc
    if left_out and not there:
        raise ValueError(Errors.E541.format(keys=", ".join(spans_keys), known=", ".join(sorted(left_out))))


def _left_out(doc: Doc, spans_keys: Sequence[str], overlaps: bool) -> Iterator[Tuple[str, List[Span]]]:
    """The places whose spans are not written, with those that are written nowhere else."""
    keys = spans_keys or (ENTITIES, *[OVERLAPPING] * overlaps)
    groups = {ENTITIES: doc.ents, **doc.spans}
    written = {(span.start, span.end, span.label) for key in keys for span in groups.get(key, ())}
    for place, spans in groups.items():
        lost = [span for span in spans if (span.start, span.end, span.label) not in written]
        if lost:
            yield place, lost
