"""Spans that are known to be wrong."""
from dataclasses import replace
from typing import Iterator, Optional, Tuple

import numpy

from .. import crf
from ..crf.checks import check_array, check_ints, check_mask, check_scores, check_spans
from ..errors import Errors
from ..types import Bools1d, Bools2d, ChainScores, Constraints, Floats1d, Ints1d, Ints2d
from .batches import add, take, zeros
from .checks import check_costs

ANY_LABEL = -1
MAX_CELLS = 2**20  # tokens times tags of the larger lattice that are held at once


def negative_loss(
    scores: ChainScores,
    spans: Ints2d,
    label_ids: Ints1d,
    continues: Bools1d,
    allowed: Optional[Bools2d] = None,
    weights: Optional[Floats1d] = None,
) -> Tuple[Floats1d, ChainScores]:
    """The negative log-likelihood that none of some spans is right, each for itself: the sum of -log(1 - P(span)) times the
    weight of the span.

    1 - P would be lost to rounding where P is near 1. Instead, "not this span" is a lattice of its own. Each tag remembers
    whether the path so far agrees with the span, leaves it here, or has left it before:

        agrees  -> agrees  by a tag that agrees    leaves, left -> left  by any tag
        agrees  -> leaves  by a tag that does not

    Every path of the chain is one path of this larger one, and the paths without the span are those that do not agree to
    the end of it. So the loss is `crf.loss`, with the gold that they have left by then.

    Each span needs its sequence once more, over three times the tags: that is the time it takes. In memory there are no more
    than `MAX_CELLS` tokens times tags of such copies at once, or else one copy.

    spans (Ints2d): Rows of (start, end, label); start and end are rows of the emissions, inside one sequence, end excluded;
        ANY_LABEL: wrong as a span of any label. Shape: S, 3
    label_ids (Ints1d): The label of each tag, -1 for outside. Shape: K
    continues (Bools1d): Whether a tag continues the span of the tag before it: in BIO, I- tags. Each other tag of a label
        opens a span. (In IO and IOB1 the tag alone does not tell.) Shape: K
    allowed (Optional[Bools2d]): Narrows the tags of each token. Shape: N, K
    weights (Optional[Floats1d]): Weight of each span, finite and not negative; 0 leaves a span out. None: all are 1. Shape: S
    RETURNS (Tuple[Floats1d, ChainScores]): Loss of each sequence, the sum over its spans, in nats, float64, shape: B; and
        the gradient of its sum, float32, in the shape of the scores.
    RAISES ValueError: If a span is empty, out of range, or over two sequences, or if every legal path of its sequence
        holds it; or if a weight is out of range.
    """
    scores = check_scores(scores)
    n_tags = len(scores.start)
    allowed = check_mask("allowed", allowed, scores)
    label_ids = check_ints("label_ids", label_ids, (n_tags,))
    continues = check_array("continues", continues, "bool", (n_tags,))
    spans = check_ints("spans", numpy.reshape(spans, (0, 3)) if numpy.size(spans) == 0 else spans, (None, 3))
    labels = numpy.where(spans[:, 2] == ANY_LABEL, 0, spans[:, 2])
    _, sequences = check_spans(numpy.column_stack((spans[:, :2], labels)), scores)
    weights = numpy.ones(len(spans)) if weights is None else check_costs("weights", weights, len(spans))
    losses, gradient = numpy.zeros(len(scores.lengths)), zeros(scores)
    for weight in numpy.unique(weights[weights > 0]):
        for part in _parts(numpy.flatnonzero(weights == weight), scores.lengths[sequences] * 3 * n_tags):
            part_losses, part_gradient = _loss_of(spans[part], sequences[part], scores, label_ids, continues, allowed)
            numpy.add.at(losses, sequences[part], weight * part_losses)
            add(gradient, weight, part_gradient, sequences[part])
    return losses, gradient


def _parts(chosen: Ints1d, cells: Ints1d) -> Iterator[Ints1d]:
    """Part some spans, in their order, so that those of a part have at most MAX_CELLS cells together, or are one."""
    first, held = 0, 0
    for i, more in enumerate(cells[chosen].tolist()):
        if held and held + more > MAX_CELLS:
            yield chosen[first:i]
            first, held = i, 0
        held += more
    yield chosen[first:]


def _loss_of(
    spans: Ints2d, sequences: Ints1d, scores: ChainScores, label_ids: Ints1d, continues: Bools1d, allowed: Optional[Bools2d]
) -> Tuple[Floats1d, ChainScores]:
    """Loss of each span, shape: S; and the gradient of its sum, of a copy of its sequence for each span."""
    n_tags = len(label_ids)
    batch, rows = take(scores, sequences)
    agrees, settled = _agreement(spans, sequences, scores, label_ids, continues)
    legal = numpy.concatenate([agrees, ~agrees, numpy.ones_like(agrees)], axis=1)
    if allowed is not None:
        legal &= numpy.tile(allowed[rows], 3)
    gold = numpy.ones_like(legal)
    gold[settled, :n_tags] = False
    chain = _with_memory(batch)
    try:
        span_losses, span_gradient = crf.loss(chain, gold, legal)
    except ValueError as error:
        certain = spans[numpy.argmin(crf.log_partition(chain, gold & legal))]
        raise ValueError(Errors.E703.format(span=tuple(certain.tolist()))) from error
    return span_losses, _without_memory(span_gradient, batch)


def _agreement(
    spans: Ints2d, sequences: Ints1d, scores: ChainScores, label_ids: Ints1d, continues: Bools1d
) -> Tuple[Bools2d, Ints1d]:
    """In a copy of its sequence for each span: which tags agree with exactly this span, shape: sum of lengths, K; and the
    token at which the last doubt is settled: the one after the span, if there is one. Shape: S"""
    sequence_stops = numpy.cumsum(scores.lengths)[sequences]
    shifts = numpy.cumsum(scores.lengths[sequences]) - sequence_stops
    agrees = numpy.ones((scores.lengths[sequences].sum(), len(label_ids)), dtype=bool)
    for (start, end, label), shift, stop in zip(spans, shifts, sequence_stops):
        inside = label_ids >= 0 if label == ANY_LABEL else label_ids == label
        agrees[start + shift] = inside & ~continues
        agrees[start + 1 + shift : end + shift] = inside & continues
        if end < stop:
            agrees[end + shift] = ~continues
    return agrees, numpy.minimum(spans[:, 1], sequence_stops - 1) + shifts


def _with_memory(scores: ChainScores) -> ChainScores:
    """The chain with three times its tags: those of paths that agree, that leave here, and that have left before."""
    start, step, end = scores.constraints
    no_start, no_step = numpy.zeros_like(start), numpy.zeros_like(step)
    return replace(
        scores,
        emissions=numpy.tile(scores.emissions, 3),
        start=numpy.tile(scores.start, 3),
        step=numpy.tile(scores.step, (3, 3)),
        end=numpy.tile(scores.end, 3),
        constraints=Constraints(
            start=numpy.concatenate([start, start, no_start]),
            step=numpy.block([[step, step, no_step], [no_step, no_step, step], [no_step, no_step, step]]),
            end=numpy.tile(end, 3),
        ),
    )


def _without_memory(gradient: ChainScores, scores: ChainScores) -> ChainScores:
    """The gradient for the scores that `_with_memory` has tripled."""
    n_tags = len(scores.start)
    return replace(
        scores,
        emissions=gradient.emissions.reshape(-1, 3, n_tags).sum(axis=1),
        start=gradient.start.reshape(3, n_tags).sum(axis=0),
        step=gradient.step.reshape(3, n_tags, 3, n_tags).sum(axis=(0, 2)),
        end=gradient.end.reshape(3, n_tags).sum(axis=0),
    )
