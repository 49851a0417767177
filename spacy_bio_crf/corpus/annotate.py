"""Spans onto Docs."""
from typing import Iterable, Tuple

from spacy.tokens import Doc, Span


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
