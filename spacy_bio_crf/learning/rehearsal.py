"""How far a chain has moved from what it was."""
from typing import Optional, Tuple

import numpy

from .. import crf
from ..crf.reference import dead_end
from ..errors import Errors
from ..types import Bools2d, ChainScores, Floats1d
from .batches import add


def divergence(old: ChainScores, new: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    """The Kullback-Leibler divergence of the new chain from the old one, over whole paths, exactly:

        KL(old || new) = log Z(new) - log Z(old) + E_old[score_old - score_new]

    It is the distillation loss of Hinton et al. (2015) for sequences. Its gradient, with respect to the new scores, is the
    marginals of the new chain less those of the old one.

    old, new (ChainScores): Scores of the same tokens and tags. Paths that are legal in the old one are so in the new one.
    allowed (Optional[Bools2d]): Narrows the tags of each token, in both. Shape: N, K
    RETURNS (Tuple[Floats1d, ChainScores]): Divergence of each sequence in nats, at least 0, float64, shape: B; and the
        gradient of its sum, float32, in the shape of the scores.
    RAISES ValueError: If the two do not fit each other, or if a sequence has no legal path.
    """
    _check_fit(old, new)
    new_log_z, gradient = crf.marginals(new, allowed)
    change = numpy.empty(len(new.lengths))
    for b, rows in enumerate(new.rows_of_sequences()):  # one by one, as a batch has one sum of expected steps
        one = old.sequence(rows)
        (old_log_z,), expected = crf.marginals(one, None if allowed is None else allowed[rows])
        if old_log_z == -numpy.inf:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(old, b, allowed)))
        change[b] = new_log_z[b] - old_log_z + _expected_difference(expected, one, new.sequence(rows))
        add(gradient.sequence(rows), -1, expected)  # a view
    return numpy.maximum(change, 0.0), gradient


def _expected_difference(expected: ChainScores, old: ChainScores, new: ChainScores) -> float:
    """E[score_old - score_new], in float64, as both may be large."""
    return sum(
        float((numpy.subtract(x, y, dtype="float64") * counts).sum())
        for counts, x, y in (
            (expected.emissions, old.emissions, new.emissions),
            (expected.start, old.start, new.start),
            (expected.step, old.step, new.step),
            (expected.end, old.end, new.end),
        )
    )


def _check_fit(old: ChainScores, new: ChainScores) -> None:
    shapes = old.emissions.shape, new.emissions.shape
    if shapes[0] != shapes[1] or not numpy.array_equal(old.lengths, new.lengths):
        found = f"shapes {shapes[0]} and {shapes[1]}, lengths {old.lengths} and {new.lengths}"
        raise ValueError(Errors.E704.format(found=found))
    if any((was & ~numpy.asarray(may)).any() for was, may in zip(old.constraints, new.constraints)):
        raise ValueError(Errors.E704.format(found="starts, steps or ends that only the old one may take"))
