"""Unannotated documents, one after the other."""
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..corpus.files import load_json
from ..corpus.save import SPACY
from ..errors import Errors

JSONL = (".jsonl", ".ndjson")


def read_texts(path: Path, vocab: Vocab) -> Iterator[Tuple[Union[str, Doc], Dict[str, Any]]]:
    """Read documents, and what is noted about each.

    path (Path): A .spacy file, of which the tokens are taken and not the annotation; JSON lines with a "text", and perhaps
        a "meta"; or a text file with one document a line. Lines of nothing but space are skipped.
    vocab (Vocab): The vocabulary of the pipeline.
    YIELDS (Tuple[Union[str, Doc], Dict[str, Any]]): A text or a document, and its "meta".
    RAISES (ValueError): There is no such file, a line is no such object or not UTF-8, or the file is no .spacy file.
    """
    if not path.is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if path.is_dir() else "nothing"))
    if path.suffix == SPACY:
        for doc in DocBin().from_disk(path).get_docs(vocab):
            yield Doc(vocab, [token.text for token in doc], [bool(token.whitespace_) for token in doc]), {}
        return
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            line = _decode(raw, path, number)
            if line and not line.isspace():
                yield _parse(line, path, number) if path.suffix in JSONL else (line.rstrip("\r\n"), {})


def check_text(text: str) -> str:
    """RAISES (ValueError): A text from the command line has no token, or is no UTF-8."""
    if not text.strip():
        raise ValueError(Errors.E633.format(text=text))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(Errors.E634.format(text=text)) from None
    return text


def _decode(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        raise ValueError(Errors.E504.format(path=path, line=number, encoding="utf-8", byte=byte)) from None


def _parse(line: str, path: Path, number: int) -> Tuple[str, Dict[str, Any]]:
    try:
        record = load_json(line)
    except ValueError as error:
        raise ValueError(Errors.E610.format(path=path, line=number, found=error)) from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError(Errors.E610.format(path=path, line=number, found=line[:80].rstrip()))
    meta = record.get("meta") or {}
    if not isinstance(meta, dict):
        raise ValueError(Errors.E610.format(path=path, line=number, found=f"a meta that is no object: {meta!r}"[:80]))
    return record["text"], meta
