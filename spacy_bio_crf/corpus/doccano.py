"""The JSON lines of doccano, for sequence labelling."""
from pathlib import Path
from typing import Iterable, Iterator, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc

from .align import CharSpan
from .annotate import spans_of
from .jsonlines import list_of, read_objects, text_of, write_lines
from .records import RELATIONS, Record, make_docs, make_span, unexpected
from .report import Report

LISTS = ("label", "labels")


def read_doccano(
    path: Union[str, Path],
    nlp: Language,
    *,
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read an export of doccano.

    path (Union[str, Path]): The file, of lines such as {"text": "In Rome", "label": [[3, 7, "city"]]}, or with
        "entities", as doccano writes them where there may be relations.
    nlp (Language): Its tokenizer makes the docs.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each text.
    RAISES (ValueError): A line that is no such object, with the name of the file and the line.
    """
    report = Report() if report is None else report
    return make_docs(_read_records(path, encoding, report), nlp, spans_key=spans_key, report=report)


def write_doccano(docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = ()) -> None:
    """Write docs as doccano imports them."""
    write_lines(
        path,
        (
            {"text": doc.text, "label": [[s.start_char, s.end_char, s.label_] for s in spans_of(doc, spans_keys)]}
            for doc in docs
        ),
    )


def _read_records(path: Union[str, Path], encoding: str, report: Report) -> Iterator[Record]:
    for where, record in read_objects(path, encoding):
        spans = [
            make_span(where, span, span.get("label"), "start_offset", "end_offset")
            for span in list_of(record, where, "entities")
        ]
        for key in LISTS:
            spans += [_span(where, span) for span in list_of(record, where, key, list)]
        if list_of(record, where, "relations"):
            report.add_note(RELATIONS, where)
        yield Record(where, text_of(record, where), spans)


def _span(where: str, span: list) -> CharSpan:
    if len(span) != 3:
        raise unexpected(where, "[start, end, label] for each span", span)
    return make_span(where, dict(zip(("start", "end"), span)), span[2])
