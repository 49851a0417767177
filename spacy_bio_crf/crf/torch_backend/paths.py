"""Single paths through a lattice: the best one, the k best, samples, and what a path scores. Tags are in the layout's
order."""
from typing import Callable, Tuple

import numpy
import torch
from torch import Tensor

from ...types import Floats1d, Floats2d, Ints1d
from .lattice import Lattice
from .layout import Layout
from .messages import Forward
from .number_systems import finite, rows_at_once

Choice = Callable[[Tensor, slice], Tensor]


def score_of(lattice: Lattice, tags: Tensor) -> Tensor:
    """The score of a path through the layout's sequences, -inf where it is forbidden. Autograd can follow. Shape: N ->
    B'"""
    layout, n, n_tags = lattice.layout, lattice.layout.n_first, len(lattice.start)
    steps = tags[layout.before] * n_tags + tags[n:]
    into = torch.cat([lattice.start[tags[:n]], lattice.step.flatten().index_select(0, steps)])
    emissions = lattice.emissions.gather(1, tags[:, None])[:, 0]
    return layout.sums(emissions + into) + lattice.end[tags[layout.last]]


def best_tags(lattice: Lattice) -> Tuple[Tensor, Tensor]:
    """The best path (Viterbi 1967), and whether it is legal. The device only sums; which tag was best is asked along
    the one path that is returned, on the host. Shapes: N and B'"""
    layout = lattice.layout
    step, end = lattice.step[:, :, None], lattice.end
    row, rows = lattice.start[:, None], []  # tags first, so that the maximum over them runs over vectors. Shape: K, b
    ways = step.new_empty(len(end), len(end), layout.n_first)  # of each pair of tags; large, so made once
    for here in lattice.emissions.T.contiguous().split(layout.sizes, dim=1):
        if rows:
            if ways.shape[2] != here.shape[1]:
                row, ways = row[:, : here.shape[1]], step.new_empty(len(end), len(end), here.shape[1])
            row = torch.add(row[:, None], step, out=ways).amax(0)
        row = row + here
        rows.append(row)
    delta = torch.cat([*rows, end.new_empty(len(end), 0)], dim=1).T
    found = (delta[layout.last] + end).amax(1) > -torch.inf
    tags = _best_tags(layout, *(x.cpu().numpy() for x in (delta, lattice.step, end)))
    return torch.from_numpy(tags).to(delta.device), found


def _best_tags(layout: Layout, delta: Floats2d, step: Floats2d, end: Floats1d) -> Ints1d:
    """The tags of the best paths from the last one backwards, on the host. Shape: N"""
    tags, stop = numpy.empty(len(delta), dtype="int64"), len(delta)
    chosen = tags[:0]
    for size in reversed(layout.sizes):
        here = slice(stop - size, stop)
        on = numpy.tile(end, (size, 1))
        on[: len(chosen)] = step.T[chosen]  # of those that go on
        chosen = tags[here] = (delta[here] + on).argmax(axis=1)
        stop -= size
    return tags


def trace_back(layout: Layout, delta: Tensor, step: Tensor, end: Tensor, choose: Choice, *copies: int) -> Tensor:
    """Choose tags from the last one backwards, by the log weights of the paths that lead to a tag and on to the one
    chosen.

    delta (Tensor): Of the paths to each tag. Shape: N, K
    choose (Choice): Takes the weights of the tags at a token of some sequences, shape: *copies, b, K, and where these
        tokens lie; returns tags, shape: *copies, b.
    RETURNS (Tensor): Shape: *copies, N
    """
    columns, tags, stop = step.T.contiguous(), [layout.rows[:0].expand(*copies, 0)], len(delta)
    on = delta[:0].expand(*copies, 0, -1)
    for size in reversed(layout.sizes):
        if on.shape[-2] < size:
            on = torch.cat([on, end.expand(*copies, size - on.shape[-2], -1)], dim=-2)
        here = slice(stop - size, stop)
        tags.append(choose(delta[here] + on, here))
        on, stop = columns[tags[-1]], stop - size
    return torch.cat(tags[::-1], dim=-1)


def sampled_tags(forward: Forward, uniforms: Tensor) -> Tensor:
    """Forward filtering, backward sampling (Chib 1996): a path for each row of uniform numbers. Shape: n, N -> n, N"""

    def choose(weights: Tensor, here: slice) -> Tensor:
        bounds = (weights - finite(weights.amax(-1, keepdim=True))).exp_().cumsum(-1)
        total = bounds[..., -1:]
        points = uniforms[:, here, None] * total
        # Rounding may take a point to the total, where no tag lies.
        return torch.minimum((bounds <= points).sum(-1), (bounds < total).sum(-1))

    log = forward.system.log
    return trace_back(forward.layout, log(forward.alpha), log(forward.step), log(forward.end), choose, len(uniforms))


def k_best_tags(lattice: Lattice, k: int) -> Tuple[Tensor, Tensor]:
    """The k best paths, best first, and which of them there are. Of equals the first is the one with the lowest tag,
    from the last one backwards: candidates are listed so, and the sort is stable. Shapes: k, N and k, B'"""
    layout = lattice.layout
    emissions, start, step, end = lattice.scores
    n_tags = len(start)
    best = start.new_full((layout.n_first, k, n_tags), -torch.inf)  # the scores of the k best ways to each tag
    best[:, 0] = start
    origins, finals = [], best.clone()
    for t, (size, here) in enumerate(zip(layout.sizes, emissions.split(layout.sizes))):
        if t > 0:
            best, origin = _k_best_through(best[:size], step)
            origins.append(origin)
        best = best + here[:, None, :]
        finals[:size] = best  # those that end here keep it
    (scores, origin), tags = _top(_listed(finals + end), k), []
    for size, before in zip(reversed(layout.sizes), [*reversed(origins), None]):
        tag, rank = origin[:size] // k, origin[:size] % k
        tags.append(tag.T)
        if before is not None:
            origin = origin.clone()
            origin[:size] = before[torch.arange(size, device=tag.device)[:, None], rank, tag]
    return torch.cat([*reversed(tags), layout.rows[:0].expand(k, 0)], dim=1), (scores > -torch.inf).T


def _k_best_through(best: Tensor, step: Tensor) -> Tuple[Tensor, Tensor]:
    """The k best ways to each next tag, and where they come from: tag x k + rank. Shapes: B, k, K"""
    scores, origins, k = [], [], best.shape[1]
    for part in best.split(rows_at_once(k * step.numel())):
        candidates = _listed(part)[:, :, None] + step.repeat_interleave(k, dim=0)
        top, origin = _top(candidates, k)
        scores.append(top)
        origins.append(origin)
    return torch.cat(scores), torch.cat(origins)


def _listed(best: Tensor) -> Tensor:
    """By tag, then by rank. Shape: B, k, K -> B, K k"""
    return best.transpose(1, 2).flatten(1)


def _top(candidates: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    """The k largest along dimension 1, of equals the first, and where they are."""
    scores, places = candidates.sort(dim=1, descending=True, stable=True)
    return scores[:, :k], places[:, :k]
