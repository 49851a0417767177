"""Chains alone, on the random scores of benchmarks/crf.py. "loss" is the negative log-likelihood of complete gold with
the gradients of emissions and parameters, which the peers on torch take from autograd."""
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence

import numpy
from crf import bio_scores

from spacy_bio_crf.crf import reference
from spacy_bio_crf.types import ChainScores, Constraints

from .timing import words_per_second

SHAPES = {"128 sequences of 25": (128, 25), "1 sequence of 2,000": (1, 2000)}


class Chain(NamedTuple):
    best_path: Callable[[], Sequence[Sequence[int]]]
    loss: Optional[Callable[[], float]] = None  # of the whole batch


MakeChain = Callable[[ChainScores, numpy.ndarray], Chain]  # of scores, and gold tags


def measure_chain(make: MakeChain, repeats: int = 1) -> Dict[str, Any]:
    """Tokens per second. A pass is so many repeats, for what takes milliseconds."""
    rates = {}
    for shape, sizes in SHAPES.items():
        scores, tags = bio_scores(*sizes)
        chain = make(scores, tags)
        rates[f"best path, {shape}"] = words_per_second(lambda _: repeat(chain.best_path, repeats, len(tags)))
        if chain.loss:
            rates[f"loss, {shape}"] = words_per_second(lambda _: repeat(chain.loss, repeats, len(tags)))
    return {"rates": rates}


def repeat(call: Callable[[], Any], times: int, tokens: int) -> int:
    for _ in range(times):
        call()
    return times * tokens


def check_unconstrained(make: MakeChain) -> None:
    """What has no constraints solves the simpler problem: is it at least that one?"""
    scores, tags = bio_scores(3, 5)
    gold = numpy.eye(len(scores.start), dtype=bool)[tags]
    scores.constraints = Constraints(*map(numpy.ones_like, scores.constraints))
    chain = make(scores, tags)
    numpy.testing.assert_array_equal(numpy.ravel(chain.best_path()), reference.best_path(scores)[0])
    numpy.testing.assert_allclose(chain.loss(), reference.loss(scores, gold)[0].sum(), rtol=1e-4)
