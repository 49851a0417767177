"""Checks what callers hand to the chain, before any kernel reads it."""
from typing import Any, Callable, Optional, Tuple

import numpy

from ..errors import Errors
from ..types import Bools2d, ChainScores, Floats2d, Ints1d, Ints2d


def check_array(name: str, array: Any, dtype: str, shape: Tuple[Optional[int], ...]) -> numpy.ndarray:
    """Return the array, laid out contiguously, if it has this dtype and shape (None: any size)."""
    fits = (
        isinstance(array, numpy.ndarray)
        and array.dtype == dtype
        and len(array.shape) == len(shape)
        and all(want is None or want == got for want, got in zip(shape, array.shape))
    )
    if not fits:
        raise ValueError(
            Errors.E201.format(
                name=name,
                dtype=dtype,
                shape=tuple("any" if size is None else size for size in shape),
                got_dtype=getattr(array, "dtype", type(array).__name__),
                got_shape=numpy.shape(array),
            )
        )
    return numpy.ascontiguousarray(array)


def all_finite(array: numpy.ndarray) -> bool:
    return bool(numpy.isfinite(array).all())


def check_finite(name: str, array: numpy.ndarray, is_finite: Callable[[numpy.ndarray], bool]) -> None:
    if not is_finite(array):
        index = [int(i) for i in numpy.argwhere(~numpy.isfinite(array))[0]]
        raise ValueError(Errors.E203.format(name=name, index=index, value=array[tuple(index)]))


def check_ints(name: str, array: Any, shape: Tuple[Optional[int], ...]) -> numpy.ndarray:
    """Return the array as int64, if it holds integers of any width and has this shape."""
    array = numpy.asarray(array)
    if array.dtype.kind in "iu" or array.size == 0:
        array = array.astype("int64", copy=False)
    return check_array(name, array, "int64", shape)


def check_scores(scores: ChainScores, is_finite: Callable[[numpy.ndarray], bool] = all_finite) -> ChainScores:
    """Return the scores with contiguous arrays and int64 lengths, or raise ValueError."""
    if scores.edges is not None:
        raise ValueError(Errors.E212)
    emissions = check_array("emissions", scores.emissions, "float32", (None, None))
    n_tokens, n_tags = emissions.shape
    start = check_array("start", scores.start, "float32", (n_tags,))
    step = check_array("step", scores.step, "float32", (n_tags, n_tags))
    end = check_array("end", scores.end, "float32", (n_tags,))
    constraints = type(scores.constraints)(
        check_array("constraints.start", scores.constraints.start, "bool", (n_tags,)),
        check_array("constraints.step", scores.constraints.step, "bool", (n_tags, n_tags)),
        check_array("constraints.end", scores.constraints.end, "bool", (n_tags,)),
    )
    check_finite("emissions", emissions, is_finite)
    check_finite("start", start, is_finite)
    check_finite("step", step, is_finite)
    check_finite("end", end, is_finite)
    lengths = check_ints("lengths", scores.lengths, (None,))
    if lengths.sum() != n_tokens or (lengths.size and lengths.min() < 0):
        raise ValueError(Errors.E202.format(tokens=n_tokens, lengths=lengths))
    return ChainScores(emissions, lengths, start, step, end, constraints)


def check_mask(name: str, mask: Optional[Bools2d], scores: ChainScores) -> Optional[Bools2d]:
    return None if mask is None else check_array(name, mask, "bool", scores.emissions.shape)


def check_tags(tags: Ints1d, scores: ChainScores) -> Ints1d:
    n_tokens, n_tags = scores.emissions.shape
    tags = check_ints("tags", tags, (n_tokens,))
    wrong = numpy.flatnonzero((tags < 0) | (tags >= n_tags))
    if wrong.size:
        raise ValueError(Errors.E206.format(last=n_tags - 1, tag=tags[wrong[0]], token=wrong[0]))
    return tags


def check_k(k: int) -> int:
    if k < 1:
        raise ValueError(Errors.E207.format(k=k))
    return int(k)


def check_n_samples(n: int) -> int:
    if n < 1:
        raise ValueError(Errors.E209.format(n=n))
    return int(n)


def uniform_numbers(seed: int, shape: Tuple[int, int]) -> Floats2d:
    """Numbers in [0, 1), the same on every machine: those of PCG64."""
    if not isinstance(seed, (int, numpy.integer)) or seed < 0:
        raise ValueError(Errors.E210.format(seed=seed))
    return numpy.random.Generator(numpy.random.PCG64(seed)).random(shape)


def check_threshold(threshold: float) -> float:
    if not 0 < threshold <= 1:
        raise ValueError(Errors.E211.format(threshold=threshold))
    return float(threshold)


def check_values(
    values: Floats2d, scores: ChainScores, is_finite: Callable[[numpy.ndarray], bool] = all_finite
) -> Floats2d:
    values = check_array("values", values, "float32", scores.emissions.shape)
    check_finite("values", values, is_finite)
    return values


def value_unit(values: Floats2d, lengths: Ints1d) -> float:
    """A power of two that no sequence's value exceeds: in units of it, a token adds at most 2 to a covariance."""
    largest = float(max(values.max(initial=0.0), -values.min(initial=0.0))) * int(numpy.max(lengths, initial=0))
    return 2.0 ** numpy.ceil(numpy.log2(largest)) if largest > 0 else 1.0


def check_spans(spans: Ints2d, scores: ChainScores) -> Tuple[Ints2d, Ints1d]:
    """Return the spans, and for each the sequence that holds it. Shapes: (S, 3) and (S,)"""
    spans = check_ints("spans", numpy.reshape(spans, (0, 3)) if numpy.size(spans) == 0 else spans, (None, 3))
    starts, ends, labels = spans.T
    n_tokens = len(scores.emissions)
    last_tokens = numpy.cumsum(scores.lengths)
    sequences = numpy.searchsorted(last_tokens, starts, side="right")
    inside = (starts >= 0) & (starts < ends) & (ends <= n_tokens) & (labels >= 0)
    inside[inside] = ends[inside] <= last_tokens[sequences[inside]]
    wrong = numpy.flatnonzero(~inside)
    if wrong.size:
        span = tuple(int(x) for x in spans[wrong[0]])
        raise ValueError(Errors.E208.format(number=wrong[0], span=span, tokens=n_tokens))
    return spans, sequences
