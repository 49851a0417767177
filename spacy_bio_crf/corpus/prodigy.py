"""The JSON lines of Prodigy."""
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc

from .annotate import spans_of
from .jsonlines import list_of, read_objects, text_of, write_lines
from .records import RELATIONS, Record, make_docs, make_span, score_of, unexpected
from .report import Report

IGNORED = "answer 'ignore', left out"
BINARY = ("ner", "spans")  # views where one span is asked about, and nothing is said of the rest of the text


def read_prodigy(
    path: Union[str, Path],
    nlp: Language,
    *,
    file_tokens: bool = True,
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read what `prodigy db-out` writes.

    path (Union[str, Path]): The file, of lines such as {"text": "In Rome", "spans": [{"start": 3, "end": 7, "label":
        "city"}], "answer": "accept"}.
    nlp (Language): Its tokenizer makes the docs, where the file has no tokens.
    file_tokens (bool): Whether to keep the tokens of the file, if it has them.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each text, other than those that were ignored. Rejected spans are in the group
        "incorrect_spans", and of a text with an answer about one span nothing else is known.
    RAISES (ValueError): A line that is no such object, with the name of the file and the line.
    """
    report = Report() if report is None else report
    records = _read_records(path, file_tokens, encoding, report)
    return make_docs(records, nlp, spans_key=spans_key, report=report)


def write_prodigy(docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = ()) -> None:
    """Write docs as tasks of Prodigy, with tokens, and with the probabilities of predicted spans as scores."""
    write_lines(path, (_task(doc, spans_keys) for doc in docs))


def _read_records(path: Union[str, Path], file_tokens: bool, encoding: str, report: Report) -> Iterator[Record]:
    for where, task in read_objects(path, encoding):
        answer = task.get("answer", "accept")
        if answer == "ignore":
            report.add_note(IGNORED, where)
            continue
        if answer not in ("accept", "reject"):
            raise unexpected(where, "an answer 'accept', 'reject' or 'ignore'", answer)
        if task.get("relations"):
            report.add_note(RELATIONS, where)
        text = text_of(task, where)
        spans = [make_span(where, span, span.get("label")) for span in list_of(task, where, "spans")]
        tokens = [make_span(where, token, "token")[:2] for token in list_of(task, where, "tokens") if file_tokens]
        rejected = answer == "reject"
        partial = rejected or task.get("_view_id") in BINARY
        yield Record(where, text, [] if rejected else spans, tokens, [(0, len(text))] * partial, spans * rejected)


def _task(doc: Doc, spans_keys: Sequence[str]) -> Dict[str, Any]:
    tokens = [
        {"text": t.text, "start": t.idx, "end": t.idx + len(t), "id": t.i, "ws": bool(t.whitespace_)} for t in doc
    ]
    spans = [
        {
            "start": span.start_char,
            "end": span.end_char,
            "token_start": span.start,
            "token_end": span.end - 1,
            "label": span.label_,
            **score_of(span),
        }
        for span in spans_of(doc, spans_keys)
    ]
    return {"text": doc.text, "tokens": tokens, "spans": spans, "answer": "accept"}
