"""Probabilities of spans, in log space: the ways into a span, through it, and out of it, over all paths."""
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

from ...types import Ints1d, Ints2d
from .messages import Backward, Forward
from .number_systems import finite, log_sum, rows_at_once


@dataclass
class SpanWeights:
    """What the logarithm of a span's probability is the sum of. Rows are in the order of the caller.

    into (Tensor): The ways that come to each tag over a boundary. Shape: N, K
    here (Tensor): What a tag adds inside a span. Shape: N, K
    out (Tensor): The ways that go on from each tag over a boundary. Shape: N, K
    on (Tensor): The ways that go on from each tag anyhow. Shape: N, K
    label_ids (Ints1d): The labels, sorted; on the host. Shape: L
    tags (Tensor): The tags of each label, filled up with any other. Shape: L, M
    own (Tensor): 0 for the label's own tags, -inf for the others. Shape: L, M
    inside (Tensor): Steps from tag to tag of a label that join. Shape: L, M, M
    """

    into: Tensor
    here: Tensor
    out: Tensor
    on: Tensor
    label_ids: Ints1d
    tags: Tensor
    own: Tensor
    inside: Tensor

    def at(self, weights: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
        """Weights of each row's label at that row. Shapes: N, K; S; S -> S, M"""
        return weights[rows[:, None], self.tags[labels]]

    def first(self, rows: Tensor, labels: Tensor) -> Tensor:
        return self.at(self.into, rows, labels) + self.own[labels]

    def next(self, ways: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
        """From the ways to the row before to those to this one, inside a span."""
        return log_sum(ways[:, :, None] + self.inside[labels], 1) + self.at(self.here, rows, labels)

    def total(self, ways: Tensor, weights: Tensor, rows: Tensor, labels: Tensor) -> Tensor:
        return log_sum(ways + self.at(weights, rows, labels), 1)


def span_weights(forward: Forward, backward: Backward, labels: Ints1d, joins: Tensor) -> SpanWeights:
    """labels (Ints1d): The label of each tag, -1 for outside; on the host. Shape: K
    joins (Tensor): Which steps continue a span. Shape: K, K
    """
    layout, n, log, device = forward.layout, forward.layout.n_first, forward.system.log, joins.device
    step, totals, meets = log(forward.step), log(forward.totals), log(backward.meets)
    boundary = forward.system.lift(step.masked_fill(joins, -torch.inf))
    here = log(forward.emissions) - finite(totals)
    into = torch.cat(
        [log(forward.start).expand(n, -1), log(forward.system.through(forward.alpha[layout.before], boundary))]
    )
    out = torch.empty_like(here)
    on_from = log(forward.system.through(backward.ahead[n:], boundary.T.contiguous()))
    out[layout.before] = on_from - finite(totals[n:]) - finite(meets[n:])
    last = log(forward.system.normalise_(forward.system.times(forward.alpha[layout.last], forward.end)))
    out[layout.last] = log(forward.end) - finite(last)
    on = log(backward.beta) - finite(meets)

    label_ids = numpy.unique(labels[labels >= 0])
    is_own = labels == label_ids[:, None]
    width = int(is_own.sum(axis=1).max(initial=1))
    tags = torch.from_numpy(numpy.argsort(~is_own, axis=1, kind="stable")[:, :width]).to(device)
    own = torch.zeros(tags.shape, dtype=here.dtype, device=device)
    own = own.masked_fill(~torch.from_numpy(is_own).to(device).gather(1, tags), -torch.inf)
    inside = step.masked_fill(~joins, -torch.inf)[tags[:, :, None], tags[:, None, :]]
    inside = inside + own[:, :, None] + own[:, None, :]
    into, here, out, on = map(layout.of_rows, (into + here, here, out, on))
    return SpanWeights(into, here, out, on, label_ids, tags, own, inside)


def probabilities_of(weights: SpanWeights, spans: Ints2d) -> Tensor:
    """spans (Ints2d): Rows of (start, end, label); on the host. Shape: S, 3
    RETURNS (Tensor): Shape: S
    """
    device = weights.here.device
    found = torch.zeros(len(spans), dtype=weights.here.dtype, device=device)
    known = numpy.flatnonzero(numpy.isin(spans[:, 2], weights.label_ids))
    lengths = spans[known, 1] - spans[known, 0]
    order = known[numpy.argsort(-lengths, kind="stable")]
    size = rows_at_once(weights.inside.shape[-1] ** 2)
    for part in numpy.split(order, range(size, len(order), size)):
        starts, ends, labels = spans[part].T
        places = numpy.searchsorted(weights.label_ids, labels)
        found[torch.from_numpy(part).to(device)] = _longest_first(weights, starts, ends, places).exp()
    return found


def _longest_first(weights: SpanWeights, starts: Ints1d, ends: Ints1d, labels: Ints1d) -> Tensor:
    device, lengths = weights.here.device, ends - starts
    first, last, label = (torch.from_numpy(numpy.ascontiguousarray(x)).to(device) for x in (starts, ends - 1, labels))
    ways = weights.first(first, label)
    for t in range(1, lengths.max(initial=0)):
        n = int((lengths > t).sum())
        ways[:n] = weights.next(ways[:n], first[:n] + t, label[:n])
    return weights.total(ways, weights.out, last, label)


def likely_candidates(weights: SpanWeights, threshold: float, goes_on: Tensor) -> Ints2d:
    """All spans with about this probability at least, on the host. A start is given up once the tokens so far, as the
    first ones of a span, have less. The device is waited for once for each token of the longest span.

    goes_on (Tensor): Whether a token has one after it in its sequence. Shape: N
    RETURNS (Ints2d): Rows of (start, end, label). Shape: S, 3
    """
    n_rows, n_labels, device = len(goes_on), len(weights.label_ids), goes_on.device
    least = float(numpy.log(threshold)) - 1e4 * torch.finfo(weights.here.dtype).eps
    rows = torch.arange(n_rows, device=device).repeat_interleave(n_labels)
    label = torch.arange(n_labels, device=device).repeat(n_rows)
    start, found = rows, [rows.new_empty(0, 3)]
    ways = weights.first(rows, label)
    while len(rows):
        likely = weights.total(ways, weights.out, rows, label) >= least
        found.append(torch.stack([start, rows + 1, label], dim=1)[likely])
        kept = ((weights.total(ways, weights.on, rows, label) >= least) & goes_on[rows]).nonzero()[:, 0]
        start, rows, label = start[kept], rows[kept] + 1, label[kept]
        ways = weights.next(ways[kept], rows, label)
    spans = torch.cat(found).cpu().numpy()
    spans[:, 2] = weights.label_ids[spans[:, 2]]
    return spans[numpy.lexsort(spans.T[::-1])]
