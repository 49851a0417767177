"""Forward and backward (Rabiner 1989), over all sequences of a batch at once."""
from dataclasses import dataclass
from typing import Tuple

import torch
from torch import Tensor

from .lattice import Lattice
from .layout import Layout
from .number_systems import LogSpace, NumberSystem, Probability, first_rows


@dataclass
class Forward:
    """What is known of the paths that come to each token.

    emissions, start, step, end (Tensor): The lattice's weights, up to a factor for each row of emissions and each other
        array; in the number system, as are the two that follow.
    alpha (Tensor): Weights of the ways to each tag, its own emission included; each row over its total. Shape: N, K
    totals (Tensor): Those totals. Shape: N, 1
    scale (Tensor): Logarithm of all that alpha's row was divided by, after the row before it. Shape: N
    log_z (Tensor): Shape: B'
    exact (bool): Whether the number system can hold all of these.
    """

    layout: Layout
    system: NumberSystem
    emissions: Tensor
    start: Tensor
    step: Tensor
    end: Tensor
    alpha: Tensor
    totals: Tensor
    scale: Tensor
    log_z: Tensor
    exact: bool


@dataclass
class Backward:
    """What is known of the paths that leave each token, in the number system of the way there.

    beta (Tensor): Weights of the ways on from each tag; each row over its total. Shape: N, K
    ahead (Tensor): beta, the tag's own emission included. Shape: N, K
    probabilities (Tensor): Of each tag at each token, proper; 0 in a sequence without a legal path. Shape: N, K
    meets (Tensor): Total of alpha x beta. Shape: N, 1
    """

    beta: Tensor
    ahead: Tensor
    probabilities: Tensor
    meets: Tensor


def go_forward(lattice: Lattice) -> Forward:
    """In probabilities; if these would lose a path, in log space. The device is asked once, after the last token."""
    forward = _forward(lattice, Probability(lattice.emissions.dtype))
    return forward if forward.exact else _forward(lattice, LogSpace())


def go_both_ways(lattice: Lattice, forward: Forward) -> Tuple[Forward, Backward]:
    """The way back; and the way there again, where only the way back shows that probabilities would lose a path."""
    backward = _backward(forward)
    if forward.system.in_range(backward.beta):
        return forward, backward
    forward = _forward(lattice, LogSpace())
    return forward, _backward(forward)


def _forward(lattice: Lattice, system: NumberSystem) -> Forward:
    layout, n = lattice.layout, lattice.layout.n_first
    emissions, emission_tops = system.lift_over_top(lattice.emissions, 1)
    (start, start_top), (step, step_top), (end, end_top) = map(system.lift_over_top, lattice.scores[1:])
    scale = emission_tops[:, 0] + step_top[0]
    scale[:n] = emission_tops[:n, 0] + start_top
    alpha, totals = torch.empty_like(emissions), torch.empty_like(emissions[:, :1])
    before = start
    for row, total, here in zip(*(x.split(layout.sizes) for x in (alpha, totals, emissions))):
        if before is not start:
            before = system.through(first_rows(before, len(row)), step)
        system.times(before, here, out=row)
        total.copy_(system.normalise_(row))
        before = row
    scale = scale + system.log(totals)[:, 0]
    last = system.normalise_(system.times(alpha[layout.last], end))
    log_z = layout.sums(scale) + (system.log(last)[:, 0] + end_top)
    lifted = zip((emissions, start, step, end), lattice.scores)
    exact = system.in_range(alpha) and all(system.holds(weights, logs) for weights, logs in lifted)
    return Forward(layout, system, emissions, start, step, end, alpha, totals, scale, log_z, exact)


def _backward(forward: Forward) -> Backward:
    layout, system, step = forward.layout, forward.system, forward.step.T.contiguous()
    beta = torch.empty_like(forward.alpha)
    on = beta[:0]
    for row, here in zip(*(reversed(x.split(layout.sizes)) for x in (beta, forward.emissions))):
        row[: len(on)] = on
        if len(on) < len(row):
            row[len(on) :] = forward.end  # of the sequences that end here
        system.normalise_(row)
        on = system.through(system.times(row, here), step)
    probabilities = system.times(forward.alpha, beta)
    meets = system.normalise_(probabilities)
    return Backward(beta, system.times(forward.emissions, beta), system.probability(probabilities), meets)
