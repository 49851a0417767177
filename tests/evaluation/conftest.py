"""The real corpora, where they are."""
from ..corpus.conftest import corpus_file, nlp

__all__ = ["corpus_file", "nlp"]
