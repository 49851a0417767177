"""log Z as an operation of torch's autograd, with its first and second derivatives.

The gradient of log Z is the expectations of forward-backward, so nothing is recorded token by token. That of the
expectations is the covariances of the features, computed only when it is asked for.
"""
from typing import Any, Optional, Tuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from .covariances import covariances, entropies
from .lattice import Lattice
from .layout import Layout
from .messages import Forward, go_both_ways, go_forward


def log_partition(lattice: Lattice) -> Tensor:
    """log Z of the layout's sequences. Can be differentiated twice. Shape: B'"""
    return _LogPartition.apply(lattice.layout, *lattice.scores)


def expectations(lattice: Lattice) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    """The probability of each tag at each token, and the expected starts, steps and ends of all sequences. Can be
    differentiated once. Shapes: N, K; K; K, K; and K"""
    share = lattice.end.new_ones(lattice.layout.n_first)
    return _Expectations.apply(share, lattice.layout, None, *lattice.scores)


def entropy(lattice: Lattice) -> Tuple[Tensor, Tensor]:
    """The entropy of the paths of the layout's sequences, which can be differentiated once, and log Z. Shapes: B'"""
    return _Entropy.apply(lattice.layout, *lattice.scores)


class _LogPartition(Function):
    @staticmethod
    def forward(ctx: Any, layout: Layout, *scores: Tensor) -> Tensor:
        ctx.save_for_backward(*scores)
        ctx.layout, ctx.messages = layout, go_forward(Lattice(layout, *scores))
        return ctx.messages.log_z

    @staticmethod
    def backward(ctx: Any, share: Tensor):
        return (None, *_Expectations.apply(share, ctx.layout, ctx.messages, *ctx.saved_tensors))


class _Expectations(Function):
    """The expected emissions, starts, steps and ends, each sequence as often as its share (B') says. The messages of
    the way forward are taken over where there are some."""

    @staticmethod
    def forward(ctx: Any, share: Tensor, layout: Layout, messages: Optional[Forward], *scores: Tensor):
        lattice = Lattice(layout, *scores)
        forward, backward = ctx.messages = go_both_ways(lattice, messages or go_forward(lattice))
        ctx.save_for_backward(share)
        n, shares = layout.n_first, share[layout.owners, None]
        emissions = backward.probabilities * shares
        totals = forward.system.times(forward.totals, backward.meets)
        steps = forward.system.pair_sums(
            forward.alpha[layout.before], forward.step, backward.ahead[n:], totals[n:], shares[n:]
        )
        return emissions, emissions[:n].sum(0), steps, emissions[layout.last].sum(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *values: Tensor):
        (share,) = ctx.saved_tensors
        expected, gradient = covariances(*ctx.messages, share, values)
        return (expected, None, None, *gradient)


class _Entropy(Function):
    @staticmethod
    def forward(ctx: Any, layout: Layout, *scores: Tensor) -> Tuple[Tensor, Tensor]:
        lattice = Lattice(layout, *scores)
        forward, backward = ctx.messages = go_both_ways(lattice, go_forward(lattice))
        ctx.save_for_backward(*scores)
        ctx.mark_non_differentiable(forward.log_z)
        return entropies(forward, backward), forward.log_z

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, share: Tensor, _: Tensor):
        """The entropy is log Z less the expected score, so it falls as the score varies."""
        values = tuple(scores.masked_fill(scores == -torch.inf, 0.0) for scores in ctx.saved_tensors)
        _, gradient = covariances(*ctx.messages, share, values)
        return (None, *(-each for each in gradient))
