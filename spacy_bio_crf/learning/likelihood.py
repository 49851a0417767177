"""Likelihood of the gold: weighted, smoothed, or with a margin."""
from typing import Optional, Tuple, Union

import numpy

from .. import crf
from ..crf.checks import check_ints, check_mask, check_scores
from ..errors import Errors
from ..types import Bools2d, ChainScores, Floats1d, Floats2d, Ints1d
from .batches import add, rows_of, weighted_sum, zeros
from .checks import check_costs
from .rehearsal import divergence


def weighted_loss(
    scores: ChainScores,
    gold: Bools2d,
    weights: Union[Floats1d, Floats2d, None] = None,
    allowed: Optional[Bools2d] = None,
    smoothing: float = 0.0,
) -> Tuple[Floats1d, ChainScores]:
    """The negative log-likelihood of gold whose tokens have weights, and its gradient.

    A weight is how long a token is held to its gold, while a bar rises from 0: the loss is the integral, over the height u
    of the bar, of `crf.loss` with the gold of the tokens whose weight is above u, and the others free. So weights of 1 are
    `crf.loss` itself, a token of weight 0 is a missing one, and one weight for all tokens of a sequence multiplies its
    loss. Where a token is told several things, each with its own weight, these are weights of tags: the bar at which a tag
    that the gold forbids is allowed.

    Smoothing (Szegedy et al. 2016), over whole paths, mixes the gold with the uniform distribution over all legal paths:

        (1 - smoothing) * loss + smoothing * (log Z - E_uniform[score])

    A sequence in which no token above the bar is annotated costs nothing, smoothed or not.

    gold (Bools2d): The tags that each token may truly have, as in `crf.loss`. Shape: N, K
    weights (Union[Floats1d, Floats2d, None]): Weight of each token, shape: N; or of each tag that its gold forbids, shape:
        N, K. Finite and not negative. None: all are 1.
    allowed (Optional[Bools2d]): Narrows the tags of each token. Shape: N, K
    smoothing (float): The share of the uniform distribution, from 0 up to, but without, 1.
    RETURNS (Tuple[Floats1d, ChainScores]): Loss of each sequence in nats, float64, shape: B; and the gradient of its sum,
        float32, in the shape of the scores.
    RAISES ValueError: If the lattice has no path through the gold of a sequence, or if a weight or the smoothing is out of
        range.
    """
    if weights is None and smoothing == 0:
        return crf.loss(scores, gold, allowed)
    scores = check_scores(scores)
    gold, allowed = check_mask("gold", gold, scores), check_mask("allowed", allowed, scores)
    if not 0 <= smoothing < 1:
        raise ValueError(Errors.E702.format(smoothing=smoothing))
    weights = numpy.ones(len(gold)) if weights is None else weights
    weights = check_costs("weights", weights, *gold.shape[: max(1, numpy.ndim(weights))])
    per_tag = weights.ndim == 2
    heights = numpy.where(gold, 0.0, weights if per_tag else weights[:, None])  # of the bar that first allows a tag
    sequences, bars, shares = _levels(heights if per_tag else heights.max(axis=1, keepdims=True), scores)

    def loss_above_bar(chosen: Ints1d, batch: ChainScores, rows: Ints1d) -> Tuple[Floats1d, ChainScores]:
        below = heights[rows] < numpy.repeat(bars[chosen], batch.lengths)[:, None]
        return crf.loss(batch, below, rows_of(allowed, rows))

    def loss_to_uniform(chosen: Ints1d, batch: ChainScores, rows: Ints1d) -> Tuple[Floats1d, ChainScores]:
        return uniform_loss(batch, rows_of(allowed, rows))

    try:
        losses, gradient = weighted_sum(scores, sequences, (1 - smoothing) * shares, loss_above_bar)
    except ValueError:
        crf.loss(scores, heights == 0, allowed)  # which sequence of this batch it is
        raise
    if smoothing:
        top = numpy.diff(sequences, append=len(scores.lengths)) > 0  # until then, something is annotated
        uniform_losses, uniform_gradient = weighted_sum(scores, sequences[top], smoothing * bars[top], loss_to_uniform)
        losses += uniform_losses
        add(gradient, 1, uniform_gradient)
    return losses, gradient


def uniform_loss(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    """Cross-entropy to the uniform distribution over all legal paths, log Z - E_uniform[score], and its gradient. It is the
    divergence from a chain without scores, and that one's log Z: the log of the number of paths.

    RETURNS (Tuple[Floats1d, ChainScores]): As of `weighted_loss`.
    """
    uniform = zeros(scores)
    losses, gradient = divergence(uniform, scores, allowed)
    return losses + crf.log_partition(uniform, allowed), gradient


def margin_costs(gold: Bools2d, label_ids: Ints1d, missed: Floats1d, spurious: Floats1d) -> Floats2d:
    """What it costs to give a token a tag that its gold does not allow, for softmax-margin training (Gimpel and Smith
    2010): add the costs to the emissions, and train with any likelihood. That is exact: the cost of a path sums over its
    tokens, as emissions are, so log Z becomes that of score + cost; and the paths through the gold cost 0, so theirs stays.

    A tag outside of the gold costs `missed` of the gold's label (of several labels, the least; nothing where gold may be
    outside), and `spurious` of its own label, unless the gold has that label too. A token whose gold is free costs nothing.

    gold (Bools2d): The tags that each token may truly have. Shape: N, K
    label_ids (Ints1d): The label of each tag, -1 for outside. Shape: K
    missed (Floats1d): For each label, the cost of not giving its token a tag of the gold, in nats, at least 0. Shape: L
    spurious (Floats1d): For each label, the cost of giving it to a token of another label, or outside. Shape: L
    RETURNS (Floats2d): The costs, float32. Shape: N, K
    RAISES ValueError: If a cost is negative or not finite.
    """
    gold = numpy.asarray(gold)
    label_ids = check_ints("label_ids", label_ids, gold.shape[1:])
    n_labels = int(label_ids.max(initial=-1)) + 1
    missed, spurious = check_costs("missed", missed, n_labels), check_costs("spurious", spurious, n_labels)
    missed, spurious = numpy.append(missed, 0.0), numpy.append(spurious, 0.0)  # outside, -1, is the last label
    has_label = numpy.stack([gold[:, label_ids == label].any(axis=1) for label in (*range(n_labels), -1)], axis=1)
    cost_of_gold = numpy.where(has_label, missed, numpy.inf).min(axis=1)
    cost_of_gold[~gold.any(axis=1)] = 0.0
    cost_of_tag = numpy.where(has_label[:, label_ids], 0.0, spurious[label_ids])
    return numpy.where(gold, 0.0, cost_of_gold[:, None] + cost_of_tag).astype("float32")


def _levels(heights: Floats2d, scores: ChainScores) -> Tuple[Ints1d, Floats1d, Floats1d]:
    """Where the gold of a sequence changes as the bar rises: the sequence, the height, and the way there from the last one.
    By sequence, then height."""
    of_token = numpy.repeat(numpy.arange(len(scores.lengths)), scores.lengths)
    pairs = numpy.unique((of_token[:, None] + 1j * heights)[heights > 0])  # complex numbers are sorted as pairs are
    sequences, bars = pairs.real.astype("int64"), pairs.imag
    is_first = numpy.diff(sequences, prepend=-1) > 0
    return sequences, bars, numpy.where(is_first, bars, numpy.diff(bars, prepend=0.0))
