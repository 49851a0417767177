"""Tables of spans: a text, a start, an end and a label a row."""
import csv
import sys
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .align import CharSpan
from .annotate import spans_of
from .files import read_text
from .records import Record, checked_label, make_docs, unexpected
from .report import Report

COLUMNS = ("start", "end", "label")
IDS = ("doc_id", "document_id", "document")


def read_offsets(
    path: Union[str, Path],
    nlp: Language,
    *,
    text_key: str = "text",
    separator: str = ",",
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read a table whose first row names its columns: text, start, end, label, and perhaps doc_id.

    path (Union[str, Path]): The file. Neighbouring rows with the same id, or without ids the same text, are of one doc.
        A row without start, end and label is a text without spans.
    nlp (Language): Its tokenizer makes the docs.
    text_key (str): The name of the column of the text.
    separator (str): What parts the columns.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): The docs.
    RAISES (ValueError): The separator is not one character, the table has other columns, or an offset is no number, with the line.
    """
    rows = _read_rows(Path(path), text_key.lower(), separator, encoding)
    records = (
        _read_record(list(group)) for _, group in groupby(rows, key=lambda row: row[1].get("id", row[1]["text"]))
    )
    return make_docs(records, nlp, spans_key=spans_key, report=report)


def write_offsets(docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = ()) -> None:
    """Write a row for each span, and for each doc without any; docs are numbered."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([IDS[0], "text", *COLUMNS])
        for number, doc in enumerate(docs, start=1):
            spans = [(span.start_char, span.end_char, span.label_) for span in spans_of(doc, spans_keys)]
            table.writerows([number, doc.text, *span] for span in spans or [("", "", "")])


def _read_rows(path: Path, text_key: str, separator: str, encoding: str) -> Iterator[Tuple[str, Dict[str, str]]]:
    if len(separator) != 1:
        raise ValueError(Errors.E540.format(separator=separator))
    csv.field_size_limit(
        sys.maxsize
    )  # of all that read tables in this process; the default is 128 KB, less than a book
    table = csv.reader(StringIO(read_text(path, encoding, unify=False), newline=""), delimiter=separator)
    names = {name.strip().lower(): column for column, name in enumerate(next(table, ()))}
    missing = {text_key, *COLUMNS} - names.keys()
    if missing:
        raise unexpected(f"{path}, line 1", f"columns named {', '.join([text_key, *COLUMNS])}", ", ".join(names))
    columns = {"text": names[text_key], **{name: names[name] for name in COLUMNS}}
    columns.update((("id", names[name]) for name in IDS[::-1] if name in names))
    empty = True
    for row in table:
        where = f"{path}, line {table.line_num}"
        if row and len(row) <= max(columns.values()):
            raise unexpected(where, f"{len(names)} columns", f"{len(row)}: {separator.join(row)}")
        if row:
            empty = False
            yield where, {name: row[column] for name, column in columns.items()}
    if empty:
        raise ValueError(Errors.E516.format(path=path))


def _read_record(rows: List[Tuple[str, Dict[str, str]]]) -> Record:
    where, first = rows[0]
    spans = []
    for place, row in rows:
        if row["text"] != first["text"]:
            raise unexpected(place, "the text of the row above, which has the same id", row["text"])
        if any(row[name] for name in COLUMNS):
            spans.append(_read_span(place, row))
    return Record(where, first["text"], spans)


def _read_span(where: str, row: Dict[str, str]) -> CharSpan:
    try:
        start, end = int(row["start"]), int(row["end"])
    except ValueError:
        raise unexpected(where, "whole numbers as start and end", f"{row['start']}, {row['end']}") from None
    return CharSpan(start, end, checked_label(row["label"], where))
