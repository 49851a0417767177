"""Arrays in, arrays out: what callers hand over becomes checked tensors, and results go back in the caller's kind of
array."""
import sys
from dataclasses import replace
from functools import wraps
from typing import Any, Callable, Optional, Tuple

import numpy
import torch
from torch import Tensor

from ...errors import Errors
from ...types import Bools2d, ChainScores, Constraints
from ..checks import check_ints

_forced: Optional[torch.dtype] = None


def use_arithmetic(dtype: Optional[torch.dtype]) -> None:
    """Let torch compute in this dtype; or (None, the default) in float64 where the device has it, and on the CPU let the
    compiled backend compute what it can. For tests, benchmarks, and devices on which float64 is too slow. Acts on the
    whole process."""
    global _forced
    _forced = dtype


def is_forced() -> bool:
    """Whether `use_arithmetic` has named a dtype."""
    return _forced is not None


def arithmetic(device: torch.device) -> torch.dtype:
    """The dtype to compute in on this device: float64, but on Apple's GPUs, which lack it."""
    return _forced or (torch.float32 if device.type == "mps" else torch.float64)


def as_tensor(array: Any) -> Tensor:
    """The array itself, if it is a tensor; else one that shares its memory (DLPack)."""
    if isinstance(array, Tensor):
        return array
    return torch.from_numpy(array) if isinstance(array, numpy.ndarray) else torch.from_dlpack(array)


def in_the_callers_kind(function: Callable) -> Callable:
    """Let a function from scores to tensors return the kind of array that the emissions are: tensors stay tensors, and
    CuPy's arrays get CuPy's in the same memory."""

    @wraps(function)
    def wrapped(scores: ChainScores, *args, **kwargs):
        results = function(scores, *args, **kwargs)
        if isinstance(scores.emissions, Tensor):
            return results
        return _converted(results, sys.modules[type(scores.emissions).__module__.split(".")[0]].from_dlpack)

    return wrapped


def _converted(results: Any, from_dlpack: Callable) -> Any:
    if isinstance(results, tuple):
        return tuple(_converted(each, from_dlpack) for each in results)
    if isinstance(results, ChainScores):
        names = ("emissions", "start", "step", "end")
        return replace(results, **{name: from_dlpack(getattr(results, name)) for name in names})
    return from_dlpack(results.detach())


def on_host(array: Any) -> numpy.ndarray:
    """Lengths, tags, spans and labels, in NumPy. A tensor of another device is waited for."""
    if hasattr(array, "__dlpack__") and not isinstance(array, numpy.ndarray):
        return as_tensor(array).detach().cpu().numpy()
    return numpy.asarray(array)


def check_tensor(
    name: str, array: Any, shape: Tuple[Optional[int], ...], dtype: Optional[torch.dtype] = None
) -> Tensor:
    """Return the array as a tensor, if it has this shape and dtype (None: any of floating point)."""
    tensor = as_tensor(array) if hasattr(array, "__dlpack__") else None
    fits = (
        tensor is not None
        and (tensor.is_floating_point() if dtype is None else tensor.dtype == dtype)
        and tensor.dim() == len(shape)
        and all(want is None or want == got for want, got in zip(shape, tensor.shape))
    )
    if not fits:
        is_float = tensor is not None and tensor.is_floating_point()
        wanted = dtype or (tensor.dtype if is_float else torch.float32)
        raise ValueError(
            Errors.E201.format(
                name=name,
                dtype=_name(wanted),
                shape=tuple("any" if size is None else size for size in shape),
                got_dtype=type(array).__name__ if tensor is None else _name(tensor.dtype),
                got_shape=numpy.shape(array) if tensor is None else tuple(tensor.shape),
            )
        )
    return tensor


def check_mask(name: str, mask: Bools2d, scores: ChainScores) -> Tensor:
    return check_tensor(name, mask, tuple(scores.emissions.shape), torch.bool).to(scores.emissions.device)


def check_finite(**tensors: Tensor) -> None:
    """Raise ValueError for the first one that holds NaN or infinities. The device is asked once."""
    sums = torch.stack([x.detach().sum(dtype=torch.float32) for x in tensors.values()])
    if torch.isfinite(sums).all():
        return
    found = [(name, x) for name, x in tensors.items() if not torch.isfinite(x).all()]
    if not found:  # only their sum is too large
        return
    name, tensor = found[0]
    index = (~torch.isfinite(tensor)).nonzero()[0].tolist()
    raise ValueError(Errors.E203.format(name=name, index=index, value=tensor[tuple(index)].item()))


def check_scores(scores: ChainScores) -> ChainScores:
    """Return the scores as tensors on the device of the emissions, and lengths in NumPy, as int64; or raise
    ValueError."""
    if scores.edges is not None:
        raise ValueError(Errors.E212)
    emissions = check_tensor("emissions", scores.emissions, (None, None))
    n_tokens, n_tags = emissions.shape
    shapes = {"start": (n_tags,), "step": (n_tags, n_tags), "end": (n_tags,)}
    parameters = {
        name: check_tensor(name, getattr(scores, name), shape).to(emissions.device) for name, shape in shapes.items()
    }
    legal = [
        check_tensor(f"constraints.{name}", getattr(scores.constraints, name), shape, torch.bool).to(emissions.device)
        for name, shape in shapes.items()
    ]
    check_finite(emissions=emissions, **parameters)
    lengths = check_ints("lengths", on_host(scores.lengths), (None,))
    if lengths.sum() != n_tokens or (lengths.size and lengths.min() < 0):
        raise ValueError(Errors.E202.format(tokens=n_tokens, lengths=lengths))
    return ChainScores(emissions, lengths, **parameters, constraints=Constraints(*legal))


def _name(dtype: torch.dtype) -> str:
    return str(dtype).replace("torch.", "")
