"""From the outputs of a model to the states of a chain, and back with the gradients."""
from typing import Optional

import numpy

from ..types import ChainScores, Constraints, Floats2d, Ints1d


def lift(scores: ChainScores, columns: Ints1d, constraints: Constraints, edges: Optional[Ints1d] = None) -> ChainScores:
    """The scores of a chain over states, each of which has the scores of one output of the model. A state that knows
    the label before it knows the step to it, too: then the edge scores are part of the emissions.

    scores (ChainScores): Over the K outputs.
    columns (Ints1d): The output of each state. Shape: Q
    constraints (Constraints): The legal starts, steps and ends of states.
    edges (Optional[Ints1d]): The column of the edge scores for each state; None where there are none. Shape: Q
    RETURNS (ChainScores): Over the Q states.
    """
    emissions = scores.emissions if _are_all(columns, len(scores.start)) else numpy.take(scores.emissions, columns, axis=1)
    if edges is not None:
        emissions = emissions + numpy.take(scores.edges, edges, axis=1)
    step = scores.step[numpy.ix_(columns, columns)]
    return ChainScores(emissions, scores.lengths, scores.start[columns], step, scores.end[columns], constraints)


def fold(gradient: ChainScores, columns: Ints1d, into: ChainScores, edges: Optional[Ints1d] = None) -> None:
    """Add the gradients over states to those over the outputs of the model: the transpose of `lift`.

    gradient (ChainScores): Over the Q states.
    columns (Ints1d): The output of each state. Shape: Q
    into (ChainScores): Over the K outputs, changed in place.
    edges (Optional[Ints1d]): The column of the edge scores for each state, as in `lift`. Shape: Q
    """
    if edges is not None:
        into.edges[:] += fold_columns(gradient.emissions, edges, into.edges.shape[1])
    into.emissions[:] += fold_columns(gradient.emissions, columns, into.emissions.shape[1])
    if _are_all(columns, len(into.start)):
        into.start[:] += gradient.start
        into.step[:] += gradient.step
        into.end[:] += gradient.end
        return
    numpy.add.at(into.start, columns, gradient.start)
    numpy.add.at(into.step, numpy.ix_(columns, columns), gradient.step)
    numpy.add.at(into.end, columns, gradient.end)


def fold_columns(values: Floats2d, columns: Ints1d, width: int) -> Floats2d:
    """Sum up the states of each output. Shapes: N, Q and N, K"""
    if _are_all(columns, width):
        return values
    of_output = numpy.zeros((len(columns), width), dtype=values.dtype)
    of_output[numpy.arange(len(columns)), columns] = 1
    return values @ of_output


def _are_all(columns: Ints1d, width: int) -> bool:
    return len(columns) == width and bool((columns == numpy.arange(width)).all())
