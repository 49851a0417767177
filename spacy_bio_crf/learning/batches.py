"""Parts of a batch, and weighted sums of the losses of its sequences."""
from dataclasses import replace
from typing import Callable, Optional, Tuple

import numpy

from ..types import Bools2d, ChainScores, Floats1d, Ints1d

Losses = Tuple[Floats1d, ChainScores]


def take(scores: ChainScores, sequences: Ints1d) -> Tuple[ChainScores, Ints1d]:
    """Sequences of a batch as a batch of their own, each as often as it is named.

    RETURNS (Tuple[ChainScores, Ints1d]): The batch, and where its tokens lie in the old one.
    """
    lengths = scores.lengths[sequences]
    shifts = _firsts(scores.lengths)[sequences] - _firsts(lengths)
    rows = numpy.arange(lengths.sum()) + numpy.repeat(shifts, lengths)
    edges = None if scores.edges is None else scores.edges[rows]
    return replace(scores, emissions=scores.emissions[rows], lengths=lengths, edges=edges), rows


def rows_of(mask: Optional[Bools2d], rows: Ints1d) -> Optional[Bools2d]:
    return None if mask is None else mask[rows]


def zeros(scores: ChainScores) -> ChainScores:
    """All scores 0; as a gradient: none."""
    return replace(
        scores,
        emissions=numpy.zeros_like(scores.emissions),
        start=numpy.zeros_like(scores.start),
        step=numpy.zeros_like(scores.step),
        end=numpy.zeros_like(scores.end),
        edges=None if scores.edges is None else numpy.zeros_like(scores.edges),
    )


def add(total: ChainScores, weight: float, gradient: ChainScores, sequences: Optional[Ints1d] = None) -> ChainScores:
    """Add a weighted gradient to another one, in place.

    sequences (Optional[Ints1d]): Which ones of the total the gradient's sequences are. None: they are the same.
    """
    weight = float(weight)
    per_token = [(total.emissions, gradient.emissions)]
    if total.edges is not None:
        per_token.append((total.edges, gradient.edges))
    places = None if sequences is None else total.rows_of_sequences()
    for sums, more in per_token:
        if places is None:
            sums += weight * more
            continue
        for b, rows in zip(sequences, gradient.rows_of_sequences()):
            sums[places[b]] += weight * more[rows]
    total.start += weight * gradient.start
    total.step += weight * gradient.step
    total.end += weight * gradient.end
    return total


def weighted_sum(
    scores: ChainScores, sequences: Ints1d, weights: Floats1d, loss: Callable[[Ints1d, ChainScores, Ints1d], Losses]
) -> Losses:
    """The sum of weights[i] * loss(sequences[i]), by sequence, and its gradient. The gradient of start, step and end is one
    for a whole batch, so the sequences of one weight, and only they, share a call.

    sequences (Ints1d): Sequences of the batch, each as often as it is wanted.
    weights (Floats1d): A weight for each of them.
    loss (Callable): Takes the chosen indices i, their batch, and its rows; returns losses and gradient.
    """
    losses, gradient = numpy.zeros(len(scores.lengths)), zeros(scores)
    for weight in numpy.unique(weights):
        chosen = numpy.flatnonzero(weights == weight)
        batch, rows = take(scores, sequences[chosen])
        chosen_losses, chosen_gradient = loss(chosen, batch, rows)
        numpy.add.at(losses, sequences[chosen], weight * chosen_losses)
        add(gradient, weight, chosen_gradient, sequences[chosen])
    return losses, gradient


def _firsts(lengths: Ints1d) -> Ints1d:
    return numpy.cumsum(lengths) - lengths
