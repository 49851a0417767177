"""Spans onto Docs, and off them."""
from typing import Iterable, List, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from .align import Alignment, CharSpan, align_chars
from .report import OVERLAPPING, Report

OVERLAPS_ENTITY = f"span overlaps an entity; kept in doc.spans['{OVERLAPPING}']"
MISSING_IN_GROUP = "tokens of which nothing is known; a span group cannot hold that"
TWICE = "span given twice, taken once"
LONG = 100  # characters of a text that an example in a report shows


def annotate(
    doc: Doc,
    spans: Iterable[Tuple[int, int, str]],
    missing: Iterable[int] = (),
    *,
    spans_key: Optional[str] = None,
    report: Optional[Report] = None,
    where: str = "",
) -> Doc:
    """Set the entities of a doc; every other token is outside, or missing. Or set a span group, and no entities: a group says
    of all tokens what they are, so that a doc of which nothing is known gets none.

    doc (Doc): The doc, changed in place.
    spans (Iterable[Tuple[int, int, str]]): (start, end, label) in tokens, end not included. Of overlapping ones the
        longest are entities, the others in the span group "overlapping".
    missing (Iterable[int]): Tokens of which nothing is known. Those inside a span belong to the span.
    spans_key (Optional[str]): The span group for all spans.
    report (Optional[Report]): Is told of missing tokens that the group cannot hold.
    where (str): Names the doc in the report.
    RETURNS (Doc): The same doc.
    """
    spans = [Span(doc, start, end, label=label) for start, end, label in spans]
    if spans_key is not None:
        _set_group(doc, spans_key, spans, set(missing) - {token.i for span in spans for token in span}, report, where)
        return doc
    ents = filter_spans(spans)
    if len(ents) < len(spans):
        chosen = {(span.start, span.end, span.label) for span in ents}
        doc.spans[OVERLAPPING] = [span for span in spans if (span.start, span.end, span.label) not in chosen]
    known = {token.i for ent in ents for token in ent}
    doc.set_ents(ents, missing=[Span(doc, i, i + 1) for i in sorted(set(missing) - known)], default="outside")
    return doc


def _set_group(
    doc: Doc, key: str, spans: List[Span], missing: Set[int], report: Optional[Report], where: str
) -> None:
    visible = {token.i for token in doc if not token.is_space}
    if visible and not spans and visible <= missing:
        return
    doc.spans[key] = spans
    if missing & visible and report is not None:
        report.add_unaligned(MISSING_IN_GROUP, f"{where}: {doc[min(missing & visible)].text!r} in {doc.text[:LONG]!r}")


def annotate_chars(
    doc: Doc,
    spans: Sequence[CharSpan],
    unknown: Sequence[Tuple[int, int]] = (),
    *,
    spans_key: Optional[str] = None,
    report: Report,
    where: str,
) -> Doc:
    """Annotate a doc from offsets in its text. The tokens of a span that cuts a token are missing.

    doc (Doc): The doc, changed in place.
    spans (Sequence[CharSpan]): The spans, in characters, end not included.
    unknown (Sequence[Tuple[int, int]]): Stretches of the text of which nothing else is known.
    spans_key (Optional[str]): The span group for all spans, in place of the entities.
    report (Report): Is told of what became of the spans.
    where (str): Names the doc in the report.
    RETURNS (Doc): The same doc.
    """
    aligned, text = align_chars(doc, spans), doc.text
    report_alignment(aligned, [(span.label, text[span.start : span.end]) for span in spans], text, report, where)
    once = sorted(set(aligned.spans))
    for span in {span for span in once if aligned.spans.count(span) > 1} if len(once) < len(aligned.spans) else ():
        report.add_note(TWICE, f"{where}: {span.label} {doc[span.start : span.end].text!r}")
    missing = list(aligned.missing)
    for start, end in unknown:
        tokens = doc.char_span(start, end, alignment_mode="expand")
        missing.extend(range(tokens.start, tokens.end) if tokens else ())
    annotate(doc, once, missing, spans_key=spans_key, report=report, where=where)
    if spans_key is None:
        for span in doc.spans.get(OVERLAPPING, ()):
            report.add_note(OVERLAPS_ENTITY, f"{where}: {span.label_} {span.text!r}")
    return doc


def report_alignment(
    alignment: Alignment, parts: Sequence[Tuple[str, str]], text: str, report: Report, where: str
) -> None:
    """Tell a report what became of the labelled parts of a text."""
    text = text if len(text) <= LONG else text[:LONG] + " ..."
    for kinds, add in ((alignment.unaligned.items(), report.add_unaligned), (alignment.notes, report.add_note)):
        for i, kind in kinds:
            label, value = parts[i]
            add(kind, f"{where}: {label} {value!r} in {text!r}")


def spans_of(doc: Doc, spans_keys: Sequence[str] = ()) -> List[Span]:
    """The spans of a doc, in order and each once: its entities and what overlaps them, or those of some groups."""
    groups = [doc.spans[key] for key in spans_keys if key in doc.spans]
    spans = [span for group in groups for span in group] if spans_keys else [*doc.ents, *doc.spans.get(OVERLAPPING, ())]
    unique = {(span.start, -span.end, span.label_): span for span in spans}
    return [unique[place] for place in sorted(unique)]


def unannotated(doc: Doc) -> Doc:
    """A doc of the same tokens and no annotation."""
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])
