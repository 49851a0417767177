"""Spans onto Docs."""
from typing import Iterable, List, Tuple

from spacy.tokens import Doc, Span

from .report import Report

CUTS_TOKEN = "span cuts a token"


def annotate(doc: Doc, spans: Iterable[Tuple[int, int, str]], missing: Iterable[int] = ()) -> Doc:
    """Set the entities of a doc; every other token is outside, or missing.

    doc (Doc): The doc, changed in place.
    spans (Iterable[Tuple[int, int, str]]): (start, end, label) in tokens, end not included.
    missing (Iterable[int]): Tokens of which nothing is known. Those inside a span belong to the span.
    RETURNS (Doc): The same doc.
    """
    ents = [Span(doc, start, end, label=label) for start, end, label in spans]
    known = {token.i for ent in ents for token in ent}
    doc.set_ents(ents, missing=[Span(doc, i, i + 1) for i in sorted(set(missing) - known)], default="outside")
    return doc


def annotate_chars(doc: Doc, spans: Iterable[Tuple[int, int, str]], *, report: Report, where: str) -> Doc:
    """Set the entities of a doc from offsets in its text. The tokens of a span that cuts a token are missing.

    doc (Doc): The doc, changed in place.
    spans (Iterable[Tuple[int, int, str]]): (start, end, label) in characters, end not included.
    report (Report): Is told of the spans that cut a token.
    where (str): Names the doc in the report.
    RETURNS (Doc): The same doc.
    """
    aligned: List[Tuple[int, int, str]] = []
    missing: List[int] = []
    for start, end, label in spans:
        span = doc.char_span(start, end)
        if span is not None:
            aligned.append((span.start, span.end, label))
            continue
        report.add_unaligned(CUTS_TOKEN, f"{where}: {label} {doc.text[start:end]!r} in {doc.text!r}")
        around = doc.char_span(start, end, alignment_mode="expand")
        missing.extend(range(around.start, around.end))
    return annotate(doc, aligned, missing)
