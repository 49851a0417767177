"""The raw JSON of the SNIPS slot filling benchmark: texts in pieces, some of which are entities."""
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import check_label
from .align import CharSpan
from .files import load_json
from .records import Record, make_docs
from .report import Report

SURROGATES = "file holds surrogate pairs, which UTF-8 forbids; read as the characters that they stand for"
LATIN = "file is not UTF-8; read as latin-1"


def read_snips(
    path: Union[str, Path], nlp: Language, *, spans_key: Optional[str] = None, report: Optional[Report] = None
) -> Iterator[Doc]:
    """Read the queries of one file.

    path (Union[str, Path]): A file such as {"Weather": [{"data": [{"text": "in "}, {"text": "Rome", "entity": "city"}]}]}.
    nlp (Language): Its tokenizer makes the docs.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each query. The tokens of an entity that cuts a token are missing.
    RAISES (ValueError): The file is no such JSON.
    """
    report = Report() if report is None else report
    records = (Record(str(path), *_join(pieces, path)) for pieces in _read_queries(Path(path), report))
    return make_docs(records, nlp, spans_key=spans_key, report=report)


def _read_queries(path: Path, report: Report) -> List[Any]:
    if not path.is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if path.is_dir() else "nothing"))
    try:
        content = load_json(_decode(path, report))
        return [query["data"] for queries in content.values() for query in queries]
    except ValueError as err:
        raise ValueError(Errors.E518.format(path=path, found=f"no valid JSON ({err})")) from None
    except (AttributeError, KeyError, TypeError):
        raise ValueError(Errors.E518.format(path=path, found="JSON of another shape")) from None


def _decode(path: Path, report: Report) -> str:
    """A published file writes an emoji as two surrogates of three bytes each: all else in it is good UTF-8."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16")
        report.add_note(SURROGATES, str(path))
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        report.add_note(LATIN, str(path))
    return text


def _join(pieces: Any, path: Union[str, Path]) -> Tuple[str, List[CharSpan]]:
    text, entities = "", []
    for piece in pieces:
        if not isinstance(piece, dict) or not isinstance(piece.get("text"), str):
            raise ValueError(Errors.E518.format(path=path, found=f"a piece without text: {piece!r}"[:120]))
        if piece.get("entity") is not None:
            check_label(piece["entity"])
            entities.append(CharSpan(len(text), len(text) + len(piece["text"]), piece["entity"]))
        text += piece["text"]
    return text, entities
