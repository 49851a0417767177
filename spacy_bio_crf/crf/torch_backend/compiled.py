"""Tensors on the CPU: the compiled backend computes, on the same memory, and autograd follows it."""
from dataclasses import replace
from functools import wraps
from inspect import signature
from typing import Any, Callable, Tuple

import torch
from torch import Tensor
from torch.autograd import Function

from ...types import ChainScores, Constraints
from .. import cpu
from .arrays import as_tensor, check_scores, is_forced

FIELDS = ("emissions", "start", "step", "end")
HALF = (torch.float16, torch.bfloat16)


def compiled(function: Callable) -> Callable:
    """Let the compiled backend compute this function of the contract, its results for themselves, where it can."""
    of_arrays, parameters = getattr(cpu, function.__name__), signature(function)

    @wraps(function)
    def wrapped(*args, **kwargs):
        scores, *rest = parameters.bind(*args, **kwargs).args
        checked = check_scores(scores)
        if not covers(checked):
            return function(scores, *rest)
        return _as_tensors(of_arrays(_as_arrays(checked), *map(_as_array, rest)), checked)

    return wrapped


def covers(scores: ChainScores) -> bool:
    """Whether the compiled backend computes on these scores, once they are checked: where they lie on the CPU, and lose
    nothing as float32. Whoever has named an arithmetic gets it from torch."""
    is_narrow = all(getattr(scores, name).dtype != torch.float64 for name in FIELDS)
    return scores.emissions.device.type == "cpu" and is_narrow and not is_forced()


def differentiated(function: Callable, scores: ChainScores, again: Callable[[ChainScores], Tensor], *args) -> Tensor:
    """A value of each sequence, with the gradient of their sum, as autograd wants them.

    function (Callable): What returns both, on arrays: `cpu.marginals` or `cpu.loss`.
    scores (ChainScores): Checked, and covered.
    again (Callable[[ChainScores], Tensor]): The same on torch, for other derivatives.
    RETURNS (Tensor): float64. Shape: B
    """
    tensors = [getattr(scores, name) for name in FIELDS]
    return _Differentiated.apply(function, scores, again, list(map(_as_array, args)), *tensors)


class _Differentiated(Function):
    @staticmethod
    def forward(ctx: Any, function: Callable, scores: ChainScores, again: Callable, args: list, *tensors: Tensor):
        values, gradient = function(_as_arrays(scores), *args)
        ctx.save_for_backward(*tensors)
        ctx.rest, ctx.again, ctx.gradient = (scores.lengths, scores.constraints), again, gradient
        return torch.from_numpy(values)

    @staticmethod
    def backward(ctx: Any, share: Tensor):
        """Known is the gradient of the sum: it will do if each sequence counts the same, and nobody goes on from it."""
        if torch.is_grad_enabled() or (share != share[:1]).any():
            return (None,) * 4 + _on_torch(ctx, share)
        count = share[0] if len(share) else 0.0
        return (None,) * 4 + tuple(count * torch.from_numpy(getattr(ctx.gradient, name)) for name in FIELDS)


def _on_torch(ctx: Any, share: Tensor) -> Tuple[Tensor, ...]:
    goes_on = torch.is_grad_enabled()
    tensors = [x if goes_on and x.requires_grad else x.detach().requires_grad_() for x in ctx.saved_tensors]
    emissions, *parameters = tensors
    lengths, constraints = ctx.rest
    with torch.enable_grad():
        values = ctx.again(ChainScores(emissions, lengths, *parameters, constraints))
    return torch.autograd.grad(values, tensors, share, create_graph=goes_on)


def _as_arrays(scores: ChainScores) -> ChainScores:
    emissions, *parameters = (getattr(scores, name).detach().float().numpy() for name in FIELDS)
    constraints = Constraints(*(mask.numpy() for mask in scores.constraints))
    return ChainScores(emissions, scores.lengths, *parameters, constraints)


def _as_array(value: Any) -> Any:
    if not hasattr(value, "__dlpack__"):
        return value
    tensor = as_tensor(value).detach().cpu()
    return (tensor.float() if tensor.dtype in HALF else tensor).numpy()


def _as_tensors(results: Any, scores: ChainScores) -> Any:
    """Gradients in the dtypes of the scores."""
    if isinstance(results, tuple):
        return tuple(_as_tensors(each, scores) for each in results)
    if isinstance(results, ChainScores):
        fields = {name: torch.from_numpy(getattr(results, name)).to(getattr(scores, name).dtype) for name in FIELDS}
        return replace(scores, **fields)
    return torch.from_numpy(results)
