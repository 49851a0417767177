"""A table with a row of scores for each feature that training has met."""
import math
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Tuple

import numpy

from ..types import Floats1d, Floats2d, Ints1d, Ints2d
from .kernels import Index, add_to_rows, adagrad_step, averages_of, compact_rows, sum_of_rows, touch


class FeatureTable:
    """Scores of features for each output, in nats. The cost of a step follows the batch and not the table: only the rows of
    the features of a batch are read or written.

    width (int): Number of outputs, K.
    """

    def __init__(self, width: int):
        self._index = Index()
        self._values = numpy.zeros((0, width), dtype="float32")
        self._squares = self._averages = self._values  # of gradients; of values
        self._seen = numpy.zeros(0, dtype="int64")  # the step in which a row was touched last
        self._places = numpy.zeros(0, dtype="int32")
        self._gradients: List[Tuple[Ints2d, Floats2d]] = []
        self._steps = 0
        self._log_decays = numpy.zeros(1024)  # of the averages, summed over the steps

    def __len__(self) -> int:
        return len(self._index)

    @property
    def width(self) -> int:
        return self._values.shape[1]

    @property
    def values(self) -> Floats2d:
        """The scores of the R features. Shape: R, K"""
        return self._values[: len(self)]

    @values.setter
    def values(self, values: Floats2d) -> None:
        self._values[: len(self)] = values

    @contextmanager
    def use(self, values: Floats2d) -> Iterator[None]:
        """Have other scores for a while, in which no feature may be added. Shape: R, K"""
        trained, self._values = self._values, values
        try:
            yield
        finally:
            self._values = trained

    def rows(self, hashes: Ints2d, grow: bool = False) -> Ints2d:
        """The rows of features, -1 where there is none.

        hashes (Ints2d): Hashes of the features of each token, uint64, 0 for none. Shape: N, F
        grow (bool): Whether new features get rows, of zeros.
        RETURNS (Ints2d): Shape: N, F
        """
        flat = hashes.ravel()
        rows = self._index.add(flat) if grow else self._index.find(flat)
        self._reserve(len(self))
        return rows.reshape(hashes.shape)

    def sums(self, rows: Ints2d) -> Floats2d:
        """The scores of tokens, each the sum of those of its features. Shapes: N, F and N, K"""
        return sum_of_rows(rows, self._values)

    def add_gradient(self, rows: Ints2d, d_sums: Floats2d) -> None:
        """Keep the gradient of the scores of tokens for the next step. Shapes: N, F and N, K"""
        self._gradients.append((rows, d_sums))

    def gradient(self) -> Tuple[Ints1d, Floats2d]:
        """The rows that have been touched since the last step, and their gradients. Shapes: U and U, K"""
        batches, self._gradients = self._gradients, []
        rows = numpy.concatenate([rows for rows, _ in batches] or [numpy.zeros((0, 1), dtype="int32")])
        d_sums = numpy.concatenate([d_sums for _, d_sums in batches] or [numpy.zeros((0, self.width), dtype="float32")])
        touched = touch(rows, self._places)
        gradient = numpy.zeros((len(touched), self.width), dtype="float32")
        add_to_rows(rows, self._places, d_sums, gradient)
        self._places[touched] = -1
        return touched, gradient

    def step(self, rate: float, damping: float, average: bool = False) -> None:
        """Learn from the gradients that were kept, by AdaGrad (Duchi et al. 2011):

            squares += gradient ** 2
            values -= rate * gradient / sqrt(squares + damping)

        rate (float): The learning rate.
        damping (float): Holds back features that have been met seldom, whose first steps would otherwise be as large as
            those of any other.
        average (bool): Whether to average the values over the steps, as Thinc's optimizers do.
        """
        touched, gradient = self.gradient()
        self._steps = now = self._steps + 1
        if now == len(self._log_decays):
            self._log_decays = numpy.concatenate([self._log_decays, self._log_decays])
        self._log_decays[now] = self._log_decays[now - 1] + math.log(min(0.9999, (1 + now) / (10 + now)))
        averages = self._averages if average else self._averages[:0]
        adagrad_step(rate, damping, now, self._log_decays, touched, gradient, self._values, self._squares, averages, self._seen)

    def forget_averages(self) -> None:
        """Begin to average anew, as an optimizer does that has not seen the parameters yet."""
        self._averages[:] = 0
        self._seen[:] = 0
        self._steps = 0

    def averaged(self) -> Floats2d:
        """The values, averaged over the steps so far, if there are any. Shape: R, K"""
        if not self._steps:
            return self.values
        log_decays = self._log_decays[: self._steps + 1]
        kept = numpy.exp(log_decays[-1] - log_decays).astype("float32")
        return averages_of(self.values, self._averages[: len(self)], kept[self._seen[: len(self)]])

    def resize(self, width: int) -> None:
        """Change the number of outputs. New ones come last, and score 0."""
        arrays = (self._values, self._squares, self._averages)
        self._values, self._squares, self._averages = (_grown(old, (len(old), width)) for old in arrays)
        self._gradients = [(rows, _grown(d_sums, (len(d_sums), width))) for rows, d_sums in self._gradients]

    def to_arrays(self) -> Dict[str, Any]:
        """The features that have scores, and the scores that are not 0."""
        values = self.values
        kept = values.any(axis=1)
        rows, columns = numpy.nonzero(values[kept])
        counts = numpy.bincount(rows, minlength=int(kept.sum()))
        columns, counts = (array.astype("uint8" if self.width < 256 else "uint16") for array in (columns, counts))
        scores = values[kept][rows, columns]
        return {"width": self.width, "keys": self._index.keys()[kept], "counts": counts, "columns": columns, "scores": scores}

    @classmethod
    def from_arrays(cls, arrays: Dict[str, Any]) -> "FeatureTable":
        """The inverse of `to_arrays`."""
        table = cls(arrays["width"])
        table._index = Index(arrays["keys"])
        table._reserve(len(table))
        rows = numpy.repeat(numpy.arange(len(table)), arrays["counts"])
        table._values[rows, arrays["columns"]] = arrays["scores"]
        return table

    def _reserve(self, size: int) -> None:
        """Make room for rows, at least twice what there was."""
        if size > len(self._values):
            size = max(size, 2 * len(self._values), 1024)
            arrays = (self._values, self._squares, self._averages)
            self._values, self._squares, self._averages = (_grown(old, (size, self.width)) for old in arrays)
            self._seen = _grown(self._seen, (size,))
            self._places = numpy.full(size, -1, dtype="int32")


def compact(values: Floats2d, smallest: float) -> Floats2d:
    """Scores of features that lose little, but are mostly 0. What is added to the scores of all outputs alike changes no path
    and no probability, so the median of each row is taken off first. Then those under `smallest` nats become 0.

    values (Floats2d): Shape: R, K
    smallest (float): In nats. 0 changes nothing.
    RETURNS (Floats2d): Shape: R, K
    """
    return compact_rows(values, smallest) if smallest else values


def _grown(old: Floats1d, shape: Tuple[int, ...]) -> Floats1d:
    new = numpy.zeros(shape, dtype=old.dtype)
    new[tuple(slice(size) for size in old.shape)] = old
    return new
