"""Two ways to hold the weights of paths, and the sums that the recursions take of them.

`Probability` holds weights themselves, as fractions of a running total (Rabiner 1989): its sum over predecessors is a
matrix product. It is exact as long as no weight comes near the smallest number there is, which `in_range` watches;
where one does, the batch is computed again in `LogSpace`, which holds their logarithms. Forbidden is a zero in the one,
-inf in the other.
"""
from typing import Callable, Optional, Tuple

import torch
from torch import Tensor

CHUNK = 2**22  # numbers of a temporary array with an entry for each pair of tags


def rows_at_once(per_row: int) -> int:
    """How many rows to take together, each with a temporary array of this size."""
    return max(1, CHUNK // max(1, per_row))


def by_rows(function: Callable[..., Tensor], *rows: Tensor, per_row: int) -> Tensor:
    """Apply a function to some rows at a time, and join the results."""
    size = rows_at_once(per_row)
    if len(rows[0]) <= size:
        return function(*rows)
    return torch.cat([function(*part) for part in zip(*(x.split(size) for x in rows))])


def product(x: Tensor, y: Tensor) -> Tensor:
    """x @ y in their own dtype: autocast leaves alone what is told where to write."""
    return torch.mm(x, y, out=x.new_empty(len(x), y.shape[1]))


def log_sum(x: Tensor, dim: int) -> Tensor:
    """log sum exp, where -inf may be all there is; cheaper than torch.logsumexp."""
    top = finite(x.amax(dim, keepdim=True))
    return (x - top).exp_().sum(dim).log_() + top.squeeze(dim)


def first_rows(rows: Tensor, n: int) -> Tensor:
    return rows if len(rows) == n else rows[:n]


def finite(logs: Tensor) -> Tensor:
    """0 in place of -inf, for a number that is to be subtracted."""
    return logs.masked_fill(logs == -torch.inf, 0.0)


class NumberSystem:
    """What the recursions do with weights. Rows of weights: B, K"""

    def lift(self, logs: Tensor) -> Tensor:
        """Weights from their logarithms."""
        raise NotImplementedError

    def lift_over_top(self, logs: Tensor, *dim: int) -> Tuple[Tensor, Tensor]:
        """Weights over the largest of their kind (along a dimension, or of all), and what that takes off their
        logarithms."""
        raise NotImplementedError

    def log(self, weights: Tensor) -> Tensor:
        raise NotImplementedError

    def times(self, x: Tensor, y: Tensor, out: Optional[Tensor] = None) -> Tensor:
        raise NotImplementedError

    def through(self, x: Tensor, step: Tensor) -> Tensor:
        """Sum over i of x[b, i] step[i, j]. Shape: B, K"""
        raise NotImplementedError

    def normalise_(self, x: Tensor) -> Tensor:
        """Divide each row by its total, in place; a row of zeros stays one. The totals. Shape: B, 1"""
        raise NotImplementedError

    def probability(self, share: Tensor) -> Tensor:
        """The number proper of a normalised weight."""
        raise NotImplementedError

    def pair_sums(self, before: Tensor, step: Tensor, after: Tensor, totals: Tensor, share: Tensor) -> Tensor:
        """Sum over the rows of before[i] step[i, j] after[j] / total, each row as often as its share (B, 1) says; the
        numbers proper. Shape: K, K"""
        raise NotImplementedError

    def holds(self, weights: Tensor, logs: Tensor) -> bool:
        """Whether each weight with a logarithm is far enough from zero."""
        raise NotImplementedError

    def in_range(self, weights: Tensor) -> bool:
        """Whether each weight is far enough from zero, or zero, made from such as are in range."""
        raise NotImplementedError


class Probability(NumberSystem):
    """Weights as they are."""

    def __init__(self, dtype: torch.dtype):
        # No number made of five that are in range is lost, and the recursions make none of more.
        self.tiny = torch.finfo(dtype).tiny
        self.least = self.tiny ** (1 / 6)

    def lift(self, logs: Tensor) -> Tensor:
        return logs.exp()

    def lift_over_top(self, logs: Tensor, *dim: int) -> Tuple[Tensor, Tensor]:
        top = finite(logs.amax(dim, keepdim=True))
        return (logs - top).exp_(), top

    def log(self, weights: Tensor) -> Tensor:
        return weights.log()

    def times(self, x: Tensor, y: Tensor, out: Optional[Tensor] = None) -> Tensor:
        return torch.mul(x, y, out=out)

    def through(self, x: Tensor, step: Tensor) -> Tensor:
        return product(x, step)

    def normalise_(self, x: Tensor) -> Tensor:
        total = x.sum(1, keepdim=True)
        x.div_(total + self.tiny)
        return total

    def probability(self, share: Tensor) -> Tensor:
        return share

    def pair_sums(self, before: Tensor, step: Tensor, after: Tensor, totals: Tensor, share: Tensor) -> Tensor:
        return step * product(before.T, after * (share / (totals + self.tiny)))

    def holds(self, weights: Tensor, logs: Tensor) -> bool:
        return self._none_below(weights) or not ((weights < self.least) & (logs > -torch.inf)).any()

    def in_range(self, weights: Tensor) -> bool:
        return self._none_below(weights) or not ((weights < self.least) & (weights > 0)).any()

    def _none_below(self, weights: Tensor) -> bool:
        """The quick answer, where nothing is forbidden."""
        return weights.numel() == 0 or bool(weights.amin() >= self.least)


class LogSpace(NumberSystem):
    """Logarithms of weights."""

    def lift(self, logs: Tensor) -> Tensor:
        return logs

    def lift_over_top(self, logs: Tensor, *dim: int) -> Tuple[Tensor, Tensor]:
        return logs, logs.new_zeros((1,) * logs.dim())

    def log(self, logs: Tensor) -> Tensor:
        return logs

    def times(self, x: Tensor, y: Tensor, out: Optional[Tensor] = None) -> Tensor:
        return torch.add(x, y, out=out)

    def through(self, x: Tensor, step: Tensor) -> Tensor:
        def of(rows: Tensor) -> Tensor:
            return log_sum(rows.T.contiguous()[:, None, :] + step[:, :, None], 0).T

        return by_rows(of, x, per_row=step.numel())

    def normalise_(self, x: Tensor) -> Tensor:
        total = log_sum(x, 1)[:, None]
        x.sub_(finite(total))
        return total

    def probability(self, share: Tensor) -> Tensor:
        return share.exp()

    def pair_sums(self, before: Tensor, step: Tensor, after: Tensor, totals: Tensor, share: Tensor) -> Tensor:
        def of(before: Tensor, after: Tensor, totals: Tensor, share: Tensor) -> Tensor:
            pairs = (before[:, :, None] + step + after[:, None, :] - finite(totals)[:, :, None]).exp_()
            return product(share.T, pairs.flatten(1))

        return by_rows(of, before, after, totals, share, per_row=step.numel()).sum(0).view_as(step)

    def holds(self, weights: Tensor, logs: Tensor) -> bool:
        return True

    def in_range(self, weights: Tensor) -> bool:
        return True
