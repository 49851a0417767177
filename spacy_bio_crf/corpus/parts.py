"""JSON lines of a raw text and its parts, such as an address and its components."""
from itertools import groupby
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..tags import OUTSIDE
from .align import align
from .annotate import annotate, report_alignment
from .jsonlines import read_json, text_of
from .records import checked_label, unexpected
from .report import Report

Part = Tuple[str, str]  # label, value


def read_parts(
    path: Union[str, Path],
    nlp: Language,
    *,
    text_key: str = "text",
    parts_key: str = "components",
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read texts and find their parts in them.

    path (Union[str, Path]): A file of one JSON object a line, such as {"text": "12 Main St", "components":
        {"house_number": "12", "street": "Main St"}}. Parts may also be a list of [label, value] or of {"label": ...,
        "value": ...}, or a label may have a list of values; null and empty values are no parts. Or a file of pairs: a
        text and its [value, label], as usaddress parses it, or a text and the label of each word, as deepparse has it.
        Where each part is one word, and together they are the whole text, a run of one label is one part.
    nlp (Language): Its tokenizer makes the docs.
    text_key (str): The key of the text.
    parts_key (str): The key of the parts.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each text. Where a part stands that could not be placed, its tokens are missing.
    RAISES (ValueError): A line that is no such object, with the name of the file and the line.
    """
    report = Report() if report is None else report
    for where, record in read_json(path, encoding):
        text, parts = _parse_record(record, where, text_key, parts_key)
        doc = nlp.make_doc(text)
        alignment = align(doc, parts)
        report_alignment(alignment, parts, text, report, where)
        annotate(doc, alignment.spans, alignment.missing, spans_key=spans_key, report=report, where=where)
        yield report.add_doc(doc)


def _parse_record(record: Any, where: str, text_key: str, parts_key: str) -> Tuple[str, List[Part]]:
    if isinstance(record, list) and len(record) == 2 and isinstance(record[0], str):
        text, parts = record
        place, value_first = "after the text", True
    elif isinstance(record, dict):
        text, parts = text_of(record, where, text_key), record.get(parts_key)
        place, value_first = f"under the key '{parts_key}'", False
    else:
        raise unexpected(where, "an object, or a pair of a text and its parts", record)
    if not text.strip():
        raise unexpected(where, f"a text under the key '{text_key}'", text)
    return text, _join_words(_parse_parts(parts, text, where, place, value_first), text)


def _parse_parts(parts: Any, text: str, where: str, place: str, value_first: bool) -> List[Part]:
    kinds = {type(part) for part in parts} if isinstance(parts, list) else {type(parts)}
    if isinstance(parts, dict):
        pairs = [(label, value) for label, values in parts.items() for value in _as_list(values)]
    elif kinds == {str} and value_first:
        words = text.split()
        if len(words) != len(parts):
            raise unexpected(where, f"a label for each of {len(words)} words", parts)
        pairs = list(zip(parts, words))
    elif kinds <= {dict} and all(part.keys() >= {"label", "value"} for part in parts):
        pairs = [(part["label"], part["value"]) for part in parts]
    elif kinds == {list} and all(len(part) == 2 for part in parts):
        pairs = [(part[1], part[0]) for part in parts] if value_first else parts
    else:
        pair = "[value, label]" if value_first else "[label, value]"
        raise unexpected(where, f"an object of labels and values, or a list of {pair}, {place}", parts)
    return [(checked_label(label, where), str(value)) for label, value in pairs if _is_part(label, value, where)]


def _is_part(label: Any, value: Any, where: str) -> bool:
    """RAISES (ValueError): The value is neither a string, a number nor null."""
    checked_label(label, where)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
        raise unexpected(where, f"a string as the value of '{label}'", value)
    return value is not None and bool(str(value).strip())


def _join_words(parts: List[Part], text: str) -> List[Part]:
    """A label a word is no list of parts yet: a run of one label is one part, and "O" is none."""
    if [value for _, value in parts] != text.split():
        return parts
    runs = [(label, " ".join(value for _, value in run)) for label, run in groupby(parts, key=lambda part: part[0])]
    return [(label, value) for label, value in runs if label != OUTSIDE]


def _as_list(values: Any) -> List[Any]:
    return values if isinstance(values, list) else [values]
