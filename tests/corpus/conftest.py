"""The real corpora, where they are."""
import os
from pathlib import Path

import pytest
import spacy

CORPORA = os.environ.get("SPACY_BIO_CRF_CORPORA")


@pytest.fixture(scope="session")
def nlp():
    return spacy.blank("en")


@pytest.fixture
def corpus_file():
    """Find a file of a corpus, or skip the test."""

    def find(name):
        if not CORPORA:
            pytest.skip("set SPACY_BIO_CRF_CORPORA to the folder of the real corpora")
        path = Path(CORPORA) / name
        if not path.exists():
            pytest.skip(f"no {name} in {CORPORA}, the folder that SPACY_BIO_CRF_CORPORA names")
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
