"""Our chain, compiled and as its definition; both under BIO constraints, which no peer has."""
from typing import Any, Dict

import numpy

from spacy_bio_crf import crf
from spacy_bio_crf.crf import reference
from spacy_bio_crf.types import ChainScores

from .chain_timing import Chain, measure_chain

REPEATS = 20


def measure(name: str) -> Dict[str, Any]:
    if name == "ours":
        return measure_chain(lambda scores, tags: of(crf, scores, tags), REPEATS)
    return measure_chain(lambda scores, tags: of(reference, scores, tags))


def of(backend: Any, scores: ChainScores, tags: numpy.ndarray) -> Chain:
    gold = numpy.eye(len(scores.start), dtype=bool)[tags]
    return Chain(lambda: backend.best_path(scores), lambda: backend.loss(scores, gold))
