"""Forward and backward (Rabiner 1989), over all sequences of a batch at once."""
from dataclasses import dataclass
from typing import List, Tuple

import torch
from torch import Tensor

from .lattice import Lattice
from .layout import Layout
from .number_systems import LogSpace, NumberSystem, Probability, finite


@dataclass
class Forward:
    """What is known of the paths that come to each token.

    emissions, start, step, end (Tensor): The lattice's weights: each row of emissions, and each other array, over its
        largest; in the number system, as are the three that follow.
    alpha (Tensor): Weights of the ways to each tag, its own emission included; each row over its total. Shape: N, K
    totals (Tensor): Those totals. Shape: N, 1
    scale (Tensor): Logarithm of all that alpha's row was divided by, after the row before it. Shape: N
    log_z (Tensor): Shape: B'
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
    probability = Probability(lattice.emissions.dtype)
    forward = _forward(lattice, probability)
    exact = probability.keeps(*over_largest(lattice)[0]) & probability.in_range(forward.alpha)
    return forward if exact else _forward(lattice, LogSpace())


def go_both_ways(lattice: Lattice, forward: Forward) -> Tuple[Forward, Backward]:
    """The way back; and the way there again, where only the way back shows that probabilities would lose a path."""
    backward = _backward(forward)
    if forward.system.in_range(backward.beta):
        return forward, backward
    forward = _forward(lattice, LogSpace())
    return forward, _backward(forward)


def over_largest(lattice: Lattice) -> Tuple[List[Tensor], Tensor, Tensor]:
    """The scores less the largest of their row or array; what that takes off each token's and the end's. Shapes: as the
    scores, N and ()"""
    emission_tops = finite(lattice.emissions.amax(1))
    start_top, step_top, end_top = (finite(scores.amax()) for scores in (lattice.start, lattice.step, lattice.end))
    scale = emission_tops + step_top
    scale[: lattice.layout.n_first] += start_top - step_top
    tops = (emission_tops[:, None], start_top, step_top, end_top)
    return [scores - top for scores, top in zip(lattice.scores, tops)], scale, end_top


def _forward(lattice: Lattice, system: NumberSystem) -> Forward:
    layout = lattice.layout
    logs, scale, end_scale = over_largest(lattice)
    emissions, start, step, end = map(system.lift, logs)
    rows, totals = [emissions[:0]], [emissions[:0, :1]]
    for size, here in zip(layout.sizes, emissions.split(layout.sizes)):
        before = start if len(rows) == 1 else system.through(rows[-1][:size], step)
        row, total = system.normalised(system.times(before, here))
        rows.append(row)
        totals.append(total)
    alpha, totals = torch.cat(rows), torch.cat(totals)
    scale = scale + system.log(totals)[:, 0]
    _, last = system.normalised(system.times(alpha[layout.last], end))
    log_z = layout.sums(scale) + (system.log(last)[:, 0] + end_scale)
    return Forward(layout, system, emissions, start, step, end, alpha, totals, scale, log_z)


def _backward(forward: Forward) -> Backward:
    layout, system, step = forward.layout, forward.system, forward.step.T.contiguous()
    rows: List[Tensor] = []
    on = forward.end.new_empty(0, len(forward.end))  # of the sequences that go on
    for size, here in zip(reversed(layout.sizes), reversed(forward.emissions.split(layout.sizes))):
        if len(on) < size:
            on = torch.cat([on, forward.end.expand(size - len(on), -1)])
        row, _ = system.normalised(on)
        rows.append(row)
        on = system.through(system.times(row, here), step)
    beta = torch.cat([*reversed(rows), forward.alpha[:0]])
    probabilities, meets = system.normalised(system.times(forward.alpha, beta))
    return Backward(beta, system.times(forward.emissions, beta), system.probability(probabilities), meets)
