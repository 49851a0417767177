"""A Linear layer in prediction. Emissions are a thin product, which a BLAS with several threads takes thirty times as long for."""
from typing import Callable, Tuple

import numpy
from thinc.api import Model, NumpyOps
from thinc.layers.linear import forward as linear
from thinc.types import Floats2d

from . import kernels
from .block import floats
from .nodes import is_a


def covers(node: Model) -> bool:
    """Whether a node is a Linear layer."""
    return is_a(node, linear)


def forward(model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool) -> Tuple[Floats2d, Callable]:
    if is_train or type(model.ops) is not NumpyOps:
        return linear(model, X, is_train)
    O, I = model.get_param("W").shape
    W = floats("W", model.get_param("W"), (O, I)).reshape(O, 1, I)
    b = floats("b", model.get_param("b"), (O,)).reshape(O, 1)
    X = floats("X", X, (len(X), I))
    block = kernels.Block(kernels.Parameters(W, b), X, numpy.arange(len(X), dtype="int32"), traced=False)
    return block.forward(), lambda dY: linear(model, X, True)[1](dY)
