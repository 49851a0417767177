"""JSON lines of a raw text and its parts, such as an address and its components."""
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import check_label
from .align import align
from .annotate import annotate
from .files import load_json, read_text
from .report import Report

Part = Tuple[str, str]  # label, value


def read_parts(
    path: Union[str, Path],
    nlp: Language,
    *,
    text_key: str = "text",
    parts_key: str = "components",
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read texts and find their parts in them.

    path (Union[str, Path]): A file of one JSON object a line, such as {"text": "12 Main St", "components":
        {"house_number": "12", "street": "Main St"}}. Parts may also be a list of [label, value] or of {"label": ...,
        "value": ...}, or a label may have a list of values; null and empty values are no parts.
    nlp (Language): Its tokenizer makes the docs.
    text_key (str): The key of the text.
    parts_key (str): The key of the parts.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each text. Where a part stands that could not be placed, its tokens are missing.
    RAISES (ValueError): A line that is no such object, with the name of the file and the line.
    """
    report = Report() if report is None else report
    empty = True
    for number, line in enumerate(read_text(path, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        empty = False
        where = f"{path}, line {number}"
        text, parts = _parse_line(line, where, text_key, parts_key)
        doc = nlp.make_doc(text)
        alignment = align(doc, parts)
        for i, reason in alignment.unaligned.items():
            report.add_unaligned(reason, f"{where}: {parts[i][0]} {parts[i][1]!r} in {text!r}")
        for i, note in alignment.notes:
            report.add_note(note, f"{where}: {parts[i][0]} {parts[i][1]!r} in {text!r}")
        yield report.add_doc(annotate(doc, alignment.spans, alignment.missing))
    if empty:
        raise ValueError(Errors.E516.format(path=path))


def _parse_line(line: str, where: str, text_key: str, parts_key: str) -> Tuple[str, List[Part]]:
    try:
        record = load_json(line)
    except ValueError as err:
        raise ValueError(Errors.E514.format(where=where, reason=err)) from None
    if not isinstance(record, dict):
        raise _unexpected(where, "an object", record)
    text = record.get(text_key)
    if not isinstance(text, str) or not text.strip():
        raise _unexpected(where, f"a text under the key '{text_key}'", text)
    return text, _parse_parts(record.get(parts_key), where, parts_key)


def _parse_parts(parts: Any, where: str, key: str) -> List[Part]:
    if isinstance(parts, dict):
        pairs = [(label, value) for label, values in parts.items() for value in _as_list(values)]
    elif isinstance(parts, list) and all(
        isinstance(part, dict) and part.keys() >= {"label", "value"} for part in parts
    ):
        pairs = [(part["label"], part["value"]) for part in parts]
    elif isinstance(parts, list) and all(isinstance(part, list) and len(part) == 2 for part in parts):
        pairs = parts
    else:
        expected = f"an object of labels and values, or a list of [label, value], under the key '{key}'"
        raise _unexpected(where, expected, parts)
    return [(label, str(value)) for label, value in pairs if _is_part(label, value, where)]


def _is_part(label: Any, value: Any, where: str) -> bool:
    """RAISES (ValueError): The label cannot be one, or the value is neither a string, a number nor null."""
    try:
        check_label(label)
    except ValueError as err:
        raise ValueError(f"{err} ({where})") from None
    if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
        raise _unexpected(where, f"a string as the value of '{label}'", value)
    return value is not None and bool(str(value).strip())


def _as_list(values: Any) -> List[Any]:
    return values if isinstance(values, list) else [values]


def _unexpected(where: str, expected: str, found: Any) -> ValueError:
    return ValueError(Errors.E515.format(where=where, expected=expected, found=repr(found)[:80]))
