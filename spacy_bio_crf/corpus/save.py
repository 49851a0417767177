"""Docs to files, all of them or none."""
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional

from spacy.tokens import Doc

from .files import replacing
from .formats import write_corpus

SPACY = ".spacy"


def save_docs(files: Mapping[Path, Iterable[Doc]], format: Optional[str] = None, **options: Any) -> None:
    """Write docs to several files.

    files (Mapping[Path, Iterable[Doc]]): The docs of each file. The files are replaced at the end, so that a failure
        leaves nothing half-written.
    format (Optional[str]): Name of the format, see `spacy_bio_crf.corpus.FORMATS`. None: by the end of each path.
    options: Those of `write_corpus`.
    RAISES (ValueError): The format cannot hold the docs.
    """
    with ExitStack() as stack:
        for path, docs in files.items():
            write_corpus(docs, stack.enter_context(replacing(path)), format, **options)
