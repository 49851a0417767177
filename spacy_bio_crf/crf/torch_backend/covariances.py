"""What paths are expected to be worth, and how that varies with the scores; and their entropy. In log space, a token
given the one beside it, so that no digits cancel: the expectation semiring (Eisner 2002; Li and Eisner 2009), and
Hernando et al. (2005)."""
from typing import List, Tuple

import torch
from torch import Tensor

from .messages import Backward, Forward
from .number_systems import by_rows, finite, product, rows_at_once

Values = Tuple[Tensor, Tensor, Tensor, Tensor]


def covariances(forward: Forward, backward: Backward, share: Tensor, values: Values) -> Tuple[Tensor, Values]:
    """The expected sum of the values along a path, and its covariances with the features of the scores.

    share (Tensor): How often each sequence counts in the covariances. Shape: B'
    values (Values): What each emission, start, step and end is worth. Shapes: N, K; K; K, K; and K
    RETURNS (Tuple[Tensor, Values]): Expected values, shape: B'; and covariances, in the shapes of the values.
    """
    layout, log, chances = forward.layout, forward.system.log, backward.probabilities
    emission_values, start_values, step_values, end_values = values
    worth = emission_values.clone()  # of a tag at a token
    worth[: layout.n_first] += start_values
    worth[layout.last] += end_values
    alpha, ahead, step = log(forward.alpha), log(backward.ahead), log(forward.step)
    totals = log(forward.system.times(forward.totals, backward.meets))

    so_far = _so_far(alpha, step, worth, step_values, chances, layout.sizes)
    to_come = _to_come(ahead, step, worth, step_values, chances, layout.sizes)
    shares = share[layout.owners, None]
    emissions = shares * chances * (so_far + to_come)
    n, before, after = layout.n_first, layout.before, worth + to_come
    pairs = (alpha[before], ahead[n:], totals[n:], so_far[before], after[n:], shares[n:])
    step_worth, steps = _over_steps(step, step_values, *pairs)
    worth_of_rows = (chances * worth).sum(1).index_add(0, torch.arange(n, len(worth), device=worth.device), step_worth)
    return layout.sums(worth_of_rows), (emissions, emissions[:n].sum(0), steps, emissions[layout.last].sum(0))


def entropies(forward: Forward, backward: Backward) -> Tensor:
    """In nats. Shape: B'"""
    layout, log = forward.layout, forward.system.log
    step = log(forward.step)

    def of_next(chances: Tensor, ahead: Tensor) -> Tensor:
        """Of the tag of a token, given that of the token before. Shape: B"""
        choices = _shares(step + ahead[:, None, :], dim=2)
        return (chances * torch.special.entr(choices).sum(2)).sum(1)

    n, chances = layout.n_first, backward.probabilities
    first = torch.special.entr(chances[:n]).sum(1)
    others = by_rows(of_next, chances[layout.before], log(backward.ahead)[n:], per_row=step.numel())
    return layout.sums(torch.cat([first, others]))


def _so_far(
    alpha: Tensor, step: Tensor, worth: Tensor, step_values: Tensor, chances: Tensor, sizes: List[int]
) -> Tensor:
    """What the path up to each tag is worth, less what that is on average. Shape: N, K"""
    rows = [worth[:0]]
    before = alpha[:0]
    for weights, here, chance in zip(*(x.split(sizes) for x in (alpha, worth, chances))):
        if len(rows) > 1:
            n = len(here)
            here = here + _mean(before[:n, :, None] + step, rows[-1][:n, :, None] + step_values, dim=1)
        rows.append(here - (chance * here).sum(1, keepdim=True))
        before = weights
    return torch.cat(rows)


def _to_come(
    ahead: Tensor, step: Tensor, worth: Tensor, step_values: Tensor, chances: Tensor, sizes: List[int]
) -> Tensor:
    """What the path after each tag is worth, less what that is on average. Shape: N, K"""
    rows = [worth[:0]]
    on = worth[:0]
    for weights, here, chance in zip(*(reversed(x.split(sizes)) for x in (ahead, worth, chances))):
        on = torch.cat([on, on.new_zeros(len(here) - len(on), on.shape[1])])
        rows.append(on - (chance * on).sum(1, keepdim=True))
        on = _mean(step + weights[:, None, :], step_values + (here + rows[-1])[:, None, :], dim=2)
    return torch.cat(rows[::-1])


def _over_steps(step: Tensor, step_values: Tensor, *pairs: Tensor) -> Tuple[Tensor, Tensor]:
    """What the step to each token is worth, shape: N - B'; and the covariances of all with the steps, shape: K, K"""
    worth, sums = [step.new_empty(0)], torch.zeros_like(step)
    for before, ahead, total, so_far, after, share in zip(*(x.split(rows_at_once(step.numel())) for x in pairs)):
        chances = (before[:, :, None] + step + ahead[:, None, :] - finite(total)[:, :, None]).exp_()
        worth.append((chances * step_values).sum((1, 2)))
        path = so_far[:, :, None] + step_values + after[:, None, :]
        path = path - (chances * path).sum((1, 2), keepdim=True)
        sums += product(share.T, (chances * path).flatten(1)).view_as(step)
    return torch.cat(worth), sums


def _mean(log_weights: Tensor, values: Tensor, dim: int) -> Tensor:
    return (_shares(log_weights, dim) * values).sum(dim)


def _shares(log_weights: Tensor, dim: int) -> Tensor:
    """A softmax; 0 where all weights are."""
    weights = (log_weights - finite(log_weights.amax(dim, keepdim=True))).exp_()
    return weights / weights.sum(dim, keepdim=True).clamp_min_(1.0)  # the largest is 1, if there is any
