"""What is odd about a single document."""
from typing import List, Optional

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc, Span

from ...tags import Scheme, TokenSpan
from ..counts import overlapping
from .findings import Findings

PAIRS = ("()", "[]", "{}", "“”", "‘’", "«»")
NEVER_FIRST, NEVER_LAST = set(".,;:!?)]}»”’"), set(",;:([{«“‘")
CONTEXT = 40  # characters to show on either side


def annotated_spans(doc: Doc, key: Optional[str]) -> List[Span]:
    """The annotated spans of a document: of a span group, or its entities if the key is None."""
    return sorted(doc.ents if key is None else doc.spans.get(key, ()), key=lambda span: (span.start, span.end, span.label_))


def check_document(doc: Doc, key: Optional[str], scheme: Scheme, part: str, findings: Findings) -> None:
    """Look for spans that the component cannot learn or predict, and for odd ones.

    doc (Doc): An annotated document.
    key (Optional[str]): Key of the span group, None for the entities.
    scheme (Scheme): The tagging scheme of the component.
    part (str): Name of the part.
    findings (Findings): Is filled.
    """
    spans = annotated_spans(doc, key)
    if not any(not token.is_space for token in doc):
        findings.add("empty", part, repr(doc.text[:CONTEXT]))
    flat = [TokenSpan(span.start, span.end, span.label_) for span in spans]
    for first, second in overlapping(flat):
        findings.add("overlap", part, f"{_named(doc, second)} and {_named(doc, first)}: {in_context(doc[first.start : first.end])}")
    for span, after in zip(spans, spans[1:]):
        if not scheme.touches and (span.end, span.label) == (after.start, after.label):
            findings.add("touching", part, f"{span.label_}: {span.text!r} and {after.text!r}")
    for span in spans:
        if span[0].is_space or span[-1].is_space:
            findings.add("whitespace", part, f"{span.label_}: {span.text!r}")
        if doc.has_annotation("SENT_START") and any(token.is_sent_start for token in span[1:]):
            findings.add("sentence", part, f"{span.label_}: {in_context(span)}")
        if has_odd_edge(span.text):
            findings.add("punctuation", part, f"{span.label_}: {in_context(span)}")


def mend_orphans(doc: Doc, part: str, findings: Findings) -> Doc:
    """Let an entity begin where a tag continues one that nothing of its label opened. spaCy refuses some of these tags (E093),
    and reads others as the entity before.

    doc (Doc): A document, changed in place.
    part (str): Name of the part.
    findings (Findings): Is filled.
    RETURNS (Doc): The same document.
    """
    iob, labels = doc.to_array(ENT_IOB), doc.to_array(ENT_TYPE)
    before = numpy.append(0, labels)[:-1]
    orphans = numpy.flatnonzero((iob == 1) & (labels != before))
    if len(orphans):
        iob[orphans] = 3
        doc.from_array([ENT_IOB, ENT_TYPE], numpy.stack([iob, labels], axis=1))
    for token in orphans.tolist():
        findings.add("orphan", part, f"I-{doc[token].ent_type_} at {in_context(doc[token : token + 1])}")
    return doc


def has_odd_edge(text: str) -> bool:
    """Whether a span begins or ends with punctuation that belongs to its surroundings, or holds half of a pair."""
    text = text.strip()
    if not text or not any(char.isalnum() for char in text):
        return False
    halves = any(text.count(opening) != text.count(closing) for opening, closing in PAIRS if "’" not in (opening, closing))
    return text[0] in NEVER_FIRST or text[-1] in NEVER_LAST or halves or text.count('"') % 2 == 1


def in_context(span: Span) -> str:
    """A span in brackets, among the words around it."""
    text, start, end = span.doc.text, span.start_char, span.end_char
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return " ".join(f"{'…' * (start > CONTEXT)}{before}⟦{text[start:end]}⟧{after}{'…' * (end + CONTEXT < len(text))}".split())


def _named(doc: Doc, span: TokenSpan) -> str:
    return f"{span.label} {doc[span.start : span.end].text!r}"
