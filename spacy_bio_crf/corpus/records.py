"""Texts with labelled stretches: what most annotation tools write, before there are tokens."""
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..tags import check_label
from .align import CharSpan, align_chars
from .annotate import annotate_chars
from .report import WRONG, Report

RELATIONS = "relations, which are no spans, left out"
TOKENS_DIFFER = "tokens of the file do not make up its text; cut anew"


class Record(NamedTuple):
    """One text of a file.

    where (str): Names it in messages.
    text (str): The text.
    spans (List[CharSpan]): What is labelled.
    tokens (Sequence[Tuple[int, int]]): The tokens of the file, in characters; none, if it says nothing of them.
    unknown (Sequence[Tuple[int, int]]): Stretches of which nothing is known but the spans in them.
    wrong (Sequence[CharSpan]): What is no span with this label.
    """

    where: str
    text: str
    spans: List[CharSpan]
    tokens: Sequence[Tuple[int, int]] = ()
    unknown: Sequence[Tuple[int, int]] = ()
    wrong: Sequence[CharSpan] = ()


def make_docs(
    records: Iterable[Record], nlp: Language, *, spans_key: Optional[str] = None, report: Optional[Report] = None
) -> Iterator[Doc]:
    """Make docs of records.

    records (Iterable[Record]): The records.
    nlp (Language): Its tokenizer makes the docs, where the records have no tokens of their own.
    spans_key (Optional[str]): The span group for the spans. None: they are entities, and those that overlap one are in
        the group "overlapping".
    report (Optional[Report]): Is filled on the way.
    YIELDS (Doc): A doc for each record.
    """
    report = Report() if report is None else report
    for record in records:
        doc = _tokenize(record, nlp, report)
        annotate_chars(doc, record.spans, record.unknown, spans_key=spans_key, report=report, where=record.where)
        if record.wrong:
            wrong = align_chars(doc, record.wrong).spans  # one that is no span of tokens cannot be predicted anyway
            doc.spans[WRONG] = [Span(doc, start, end, label) for start, end, label in wrong]
        yield report.add_doc(doc)


def score_of(span: Span) -> Dict[str, float]:
    """The probability of a predicted span as a "score", where its component gave it one."""
    score = span._.probability if Span.has_extension("probability") else None
    return {} if score is None else {"score": round(score, 6)}


def make_span(where: str, span: Mapping[str, Any], label: Any, start: str = "start", end: str = "end") -> CharSpan:
    """A span of a file.

    where (str): Where it stands, for messages.
    span (Mapping[str, Any]): Its offsets, and perhaps the "text" that it holds.
    label (Any): Its label.
    start, end (str): The keys of its offsets.
    RAISES (ValueError): They are not what they should be.
    """
    for key in (start, end):
        if not isinstance(span.get(key), int) or isinstance(span[key], bool):
            raise unexpected(where, f"a whole number as the '{key}' of a span", span.get(key))
    text = span.get("text")
    return CharSpan(span[start], span[end], checked_label(label, where), text if isinstance(text, str) else None)


def checked_label(label: Any, where: str) -> str:
    """RAISES (ValueError): The label cannot be one."""
    try:
        check_label(label)
    except ValueError as err:
        raise ValueError(f"{err} ({where})") from None
    return label


def unexpected(where: str, expected: str, found: Any) -> ValueError:
    return ValueError(Errors.E515.format(where=where, expected=expected, found=repr(found)[:80]))


def _tokenize(record: Record, nlp: Language, report: Report) -> Doc:
    if not record.tokens:
        return nlp.make_doc(record.text)
    words, spaces = [], []
    for (start, stop), after in zip(record.tokens, [*record.tokens[1:], (len(record.text), 0)]):
        words.append(record.text[start:stop])
        spaces.append(record.text[stop : after[0]] == " ")
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    if doc.text == record.text:
        return doc
    report.add_note(TOKENS_DIFFER, record.where)
    return nlp.make_doc(record.text)
