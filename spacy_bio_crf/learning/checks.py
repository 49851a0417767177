"""Checks what callers hand to a loss."""
from typing import Any

import numpy

from ..crf.checks import check_array
from ..errors import Errors


def check_costs(name: str, values: Any, *shape: int) -> Any:
    """Return numbers as float64, if they have this shape, are finite and not negative."""
    values = check_array(name, numpy.asarray(values, dtype="float64"), "float64", shape)
    wrong = numpy.argwhere(~(numpy.isfinite(values) & (values >= 0)))
    if wrong.size:
        index = ", ".join(map(str, wrong[0]))
        raise ValueError(Errors.E701.format(name=name, index=index, value=values[tuple(wrong[0])]))
    return values
