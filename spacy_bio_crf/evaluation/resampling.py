"""What chance could do: intervals and tests that draw documents anew. Documents are drawn whole, since the spans of one
document stand or fall together."""
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

import numpy

from ..types import Floats1d, Floats2d, Ints2d

LEVEL = 0.95
MOST_CELLS = 4_000_000  # of a block of weights, so that memory stays small


class Comparison(NamedTuple):
    """Two pipelines on the same documents.

    difference (float): F1 of the first less that of the second.
    low (float): Lower end of its interval.
    high (float): Upper end of its interval.
    p (float): How often chance alone makes a difference at least as large, if the two are equally good.
    """

    difference: float
    low: float
    high: float
    p: float


def f_scores(counts: Ints2d, nothing: float = 0.0) -> Any:
    """F1 of right, predicted and gold spans. Shape of the counts: ..., 3. Shape of what is returned: ...

    nothing (float): What it is where there are no spans.
    """
    return _ratios(2 * counts[..., 0], counts[..., 1] + counts[..., 2], nothing)


def precisions(counts: Ints2d, nothing: float = 0.0) -> Any:
    """Precision, of and in the same shapes."""
    return _ratios(counts[..., 0], counts[..., 1], nothing)


def recalls(counts: Ints2d, nothing: float = 0.0) -> Any:
    """Recall, of and in the same shapes."""
    return _ratios(counts[..., 0], counts[..., 2], nothing)


def _ratios(right: Any, spans: Any, nothing: float) -> Any:
    return numpy.where(spans > 0, right / numpy.maximum(spans, 1), nothing)


def bootstrap(counts: Ints2d, samples: int = 1000, seed: int = 0) -> Ints2d:
    """Draw as many documents as there are, with replacement, again and again. Efron (1979), Bootstrap methods.

    counts (Ints): Whatever is counted in each of D documents. Shape: D, ...
    samples (int): R, how often to draw.
    seed (int): The same seed gives the same draws.
    RETURNS (Ints): The sums over the documents of each draw. Shape: R, ...
    """
    size = len(counts)
    generator = numpy.random.default_rng(seed)

    def draw(rows: int) -> Floats2d:
        return generator.multinomial(size, numpy.full(size, 1 / size), size=rows).astype("float64")

    return _weighted_sums(draw, counts, samples)


def interval(values: Floats1d, level: float = LEVEL) -> Optional[Dict[str, float]]:
    """The middle part of the values.

    values (Floats1d): Figures of the draws, NaN where a draw has none. Shape: R
    level (float): How large a part.
    RETURNS (Dict[str, float]): Its ends, "low" and "high"; None if no draw has a figure.
    """
    values = values[~numpy.isnan(values)]
    if not len(values):
        return None
    low, high = numpy.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return {"low": float(low), "high": float(high)}


def compare(first: Ints2d, second: Ints2d, samples: int = 1000, seed: int = 0) -> Comparison:
    """Compare two pipelines, document by document. The interval of the difference comes of the bootstrap, p of approximate
    randomisation: each document's predictions are swapped between the two with a chance of one half, and p is the share of
    differences at least as large, the one found included. Noreen (1989), Computer-intensive methods for testing hypotheses;
    Yeh (2000), More accurate tests for the statistical significance of result differences.

    first (Ints2d): Right, predicted and gold spans of each of D documents. Shape: D, 3
    second (Ints2d): The same of the other pipeline. Shape: D, 3
    samples (int): How often to draw.
    seed (int): The same seed gives the same draws.
    RETURNS (Comparison): The comparison.
    """
    found = f_scores(first.sum(axis=0)) - f_scores(second.sum(axis=0))
    both = bootstrap(numpy.stack([first, second], axis=1), samples, seed)
    drawn = f_scores(both)
    ends = interval(drawn[:, 0] - drawn[:, 1])
    generator = numpy.random.default_rng(seed)

    def swap(rows: int) -> Floats2d:
        return generator.integers(0, 2, size=(rows, len(first))).astype("float64")

    moved = _weighted_sums(swap, second - first, samples)
    swapped = f_scores(first.sum(axis=0) + moved) - f_scores(second.sum(axis=0) - moved)
    as_large = int((numpy.abs(swapped) >= abs(found) - 1e-12).sum())
    return Comparison(float(found), ends["low"], ends["high"], (as_large + 1) / (samples + 1))


def _weighted_sums(draw: Callable[[int], Floats2d], counts: Ints2d, samples: int) -> Ints2d:
    """The sums over documents, with weights drawn block by block."""
    flat = counts.reshape(len(counts), -1).astype("float64")
    sums = numpy.concatenate([draw(rows) @ flat for rows in _blocks(samples, len(counts))])
    return numpy.rint(sums).astype(int).reshape(samples, *counts.shape[1:])


def _blocks(samples: int, size: int) -> Iterator[int]:
    block = max(1, MOST_CELLS // max(size, 1))
    while samples > 0:
        yield min(block, samples)
        samples -= block
