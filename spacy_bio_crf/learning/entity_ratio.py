"""How much of the text is expected to lie inside spans, where annotation is too thin to say."""
from typing import Optional, Tuple

import numpy

from .. import crf
from ..crf.checks import check_array, check_scores
from ..errors import Errors
from ..types import Bools1d, Bools2d, ChainScores
from .batches import add, zeros


def entity_ratio_loss(
    scores: ChainScores,
    inside: Bools1d,
    ratio: float = 0.15,
    margin: float = 0.05,
    weight: float = 10.0,
    allowed: Optional[Bools2d] = None,
) -> Tuple[float, ChainScores]:
    """The expected entity ratio loss of a batch (Effland and Collins 2021), whose defaults are theirs, and its gradient:

        weight * max(0, |ratio - E[tokens inside spans] / tokens| - margin)

    The ratio is one of the whole batch, all tokens of which count alike; theirs does not use what is annotated, so it is
    without `allowed`. The gradient is the covariance of the number of tokens inside with each score's feature.

    inside (Bools1d): Whether a tag is inside a span. Shape: K
    ratio (float): The share of tokens that should lie inside spans, from 0 to 1.
    margin (float): How far from it costs nothing, at least 0.
    weight (float): What a whole unit of ratio costs, at least 0.
    allowed (Optional[Bools2d]): Narrows the tags of each token. Shape: N, K
    RETURNS (Tuple[float, ChainScores]): The loss, one number for the batch; and its gradient, float32, in the shape of the
        scores. 0 and none for a batch without tokens.
    RAISES ValueError: If ratio, margin or weight is out of range, or if a sequence has no legal path.
    """
    for name, value, most in (("ratio", ratio, 1.0), ("margin", margin, numpy.inf), ("weight", weight, numpy.inf)):
        if not (0 <= value <= most and numpy.isfinite(value)):
            expected = "from 0 to 1" if most == 1 else "finite and not negative"
            raise ValueError(Errors.E705.format(name=name, expected=expected, value=value))
    scores = check_scores(scores)
    n_tokens, n_tags = scores.emissions.shape
    inside = check_array("inside", inside, "bool", (n_tags,))
    if n_tokens == 0:
        return 0.0, zeros(scores)
    values = numpy.tile(inside.astype("float32"), (n_tokens, 1))
    counts, slope = crf.expected_value(scores, values, allowed)
    excess = counts.sum() / n_tokens - ratio
    loss = weight * max(0.0, abs(excess) - margin)
    if loss == 0:
        return 0.0, zeros(scores)
    return float(loss), add(zeros(scores), weight * numpy.sign(excess) / n_tokens, slope)
