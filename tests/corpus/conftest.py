"""The real corpora, where they are."""
import os
from pathlib import Path

import pytest
import spacy

CORPORA = Path(os.environ.get("SPACY_BIO_CRF_CORPORA", Path(__file__).parents[2] / ".." / "shared" / "corpora"))


@pytest.fixture(scope="session")
def nlp():
    return spacy.blank("en")


@pytest.fixture
def corpus_file():
    """Find a file of a corpus, or skip the test."""

    def find(name):
        path = CORPORA / name
        if not path.exists():
            pytest.skip(f"no {name} in {CORPORA}: set SPACY_BIO_CRF_CORPORA to the folder of the corpora")
        return path

    return find


@pytest.fixture
def write(tmp_path):
    """Write a file of text or bytes, and hand back its path."""

    def write_file(content, name="data.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file
