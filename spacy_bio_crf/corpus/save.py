"""Docs to files, all of them or none."""
from contextlib import ExitStack
from pathlib import Path
from typing import Iterable, Mapping

from spacy.tokens import Doc, DocBin

from .columns import write_columns
from .files import replacing
from .sentences import ColumnFormat

SPACY = ".spacy"


def save_docs(files: Mapping[Path, Iterable[Doc]], format: ColumnFormat = ColumnFormat()) -> None:
    """Write docs as a DocBin where the path ends in ".spacy", and as columns otherwise.

    files (Mapping[Path, Iterable[Doc]]): The docs of each file. The files are replaced at the end, so that a failure
        leaves nothing half-written.
    format (ColumnFormat): How columns are written.
    RAISES (ValueError): Columns cannot hold the docs.
    """
    with ExitStack() as stack:
        for path, docs in files.items():
            temporary = stack.enter_context(replacing(path))
            if path.suffix == SPACY:
                DocBin(docs=docs).to_disk(temporary)
            else:
                write_columns(docs, temporary, format)
