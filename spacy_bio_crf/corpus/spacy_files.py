"""spaCy's own files: .spacy, the JSON of `Doc.to_json`, and the JSON that spaCy 2 was trained on."""
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional, Sequence, Union

import srsly
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.converters import json_to_docs

from ..errors import Errors
from .jsonlines import read_objects, write_lines
from .report import Report
from .sentences import DOCUMENT_KEY


def read_spacy(path: Union[str, Path], nlp: Language, *, report: Optional[Report] = None) -> Iterator[Doc]:
    """Read a .spacy file: everything in it is kept.

    path (Union[str, Path]): The file.
    nlp (Language): Gives the vocabulary.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): The docs.
    RAISES (ValueError): It is no such file.
    """
    report = Report() if report is None else report
    if not Path(path).is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if Path(path).is_dir() else "nothing"))
    try:
        docs = DocBin().from_disk(path)
    except Exception as err:  # of zlib, msgpack or what is inside: spaCy lets each of them through
        raise ValueError(Errors.E525.format(path=path, found=err)) from None
    return map(report.add_doc, docs.get_docs(nlp.vocab))


def write_spacy(docs: Iterable[Doc], path: Union[str, Path]) -> None:
    """Write a .spacy file. Of `doc.user_data`, which may hold anything, it keeps which document a doc is of."""
    docs = list(docs)
    file = DocBin(docs=docs)
    documents = [{key: value for key, value in doc.user_data.items() if key == DOCUMENT_KEY} for doc in docs]
    if any(documents):
        file.store_user_data, file.user_data = True, list(map(srsly.msgpack_dumps, documents))
    file.to_disk(path)


def read_spacy_json(
    path: Union[str, Path], nlp: Language, *, encoding: str = "utf-8", report: Optional[Report] = None
) -> Iterator[Doc]:
    """Read JSON of spaCy: what `Doc.to_json` gives, one object or one a line, or the training format of spaCy 2.

    path (Union[str, Path]): The file.
    nlp (Language): Gives the vocabulary.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): The docs, with all that the file says of them.
    RAISES (ValueError): It is no such JSON.
    """
    report = Report() if report is None else report
    for where, record in read_objects(path, encoding):
        try:
            docs = [Doc(nlp.vocab).from_json(record)] if "tokens" in record else _from_training_json(record, nlp)
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as err:
            raise ValueError(Errors.E525.format(path=where, found=repr(err)[:200])) from None
        yield from map(report.add_doc, docs)


def write_spacy_json(docs: Iterable[Doc], path: Union[str, Path]) -> None:
    """Write `doc.to_json()` of each doc, one a line."""
    write_lines(path, (doc.to_json() for doc in docs))


def _from_training_json(record: Any, nlp: Language) -> Sequence[Doc]:
    """By way of bytes, since spaCy makes these docs with a vocabulary of their own."""
    return [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in json_to_docs([record])]
