"""Checks what callers hand to a loss."""
import numpy

from ..crf.checks import check_array
from ..errors import Errors
from ..types import Floats1d


def check_costs(name: str, values: Floats1d, n: int) -> Floats1d:
    """Return n numbers as float64, if they are finite and not negative."""
    values = check_array(name, numpy.asarray(values, dtype="float64"), "float64", (n,))
    wrong = numpy.flatnonzero(~(numpy.isfinite(values) & (values >= 0)))
    if wrong.size:
        raise ValueError(Errors.E701.format(name=name, index=wrong[0], value=values[wrong[0]]))
    return values
