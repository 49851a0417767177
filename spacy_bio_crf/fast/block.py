"""Maxout >> LayerNorm >> dropout in one pass over the rows, with the parameters of Thinc's layers."""
from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy
from thinc.api import Model, NumpyOps
from thinc.layers.chain import forward as chain
from thinc.layers.dropout import forward as dropout
from thinc.layers.layernorm import forward as layernorm
from thinc.layers.maxout import forward as maxout
from thinc.types import Floats2d, FloatsXd, Ints1d

from ..errors import Errors
from . import kernels
from .nodes import in_turn, is_a

GROUP = 16  # widths are multiples of it
PIECES = (2, 3)


class Block(NamedTuple):
    """The nodes of a block.

    maxout (Model[Floats2d, Floats2d]): The Maxout layer: I inputs, O outputs of P pieces.
    norm (Optional[Model[Floats2d, Floats2d]]): The LayerNorm after it.
    dropout (Optional[Model[Floats2d, Floats2d]]): The Dropout after that.
    """

    maxout: Model
    norm: Optional[Model] = None
    dropout: Optional[Model] = None

    @classmethod
    def of(cls, nodes: List[Model]) -> Optional["Block"]:
        """The block that some nodes are, one after the other; None if they are none."""
        left, parts = list(nodes), []
        for forward in (maxout, layernorm, dropout):
            parts.append(left.pop(0) if left and is_a(left[0], forward) else None)
        return cls(*parts) if parts[0] is not None and not left else None

    def fits(self) -> bool:
        """Whether the kernels can run it: on CPU, with 2 or 3 pieces, and widths that are multiples of 16."""
        O, P, I = (self.maxout.get_dim(name) for name in ("nO", "nP", "nI"))
        return type(self.maxout.ops) is NumpyOps and P in PIECES and O % GROUP == 0 and I % GROUP == 0

    def run(
        self, X: Floats2d, rows: Ints1d, is_train: bool, window: int = 0, residual: bool = False
    ) -> Tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
        """Compute some rows of the results. Shapes: R, W to R, O

        X (Floats2d): What the inputs are taken from. Shape: R, W
        rows (Ints1d): The rows that are computed; the others are left as memory was. Shape: N
        is_train (bool): Whether to drop out, and to keep what the backward pass needs.
        window (int): How many rows on each side are inputs of a row, besides itself.
        residual (bool): Whether X is added to the results.
        RETURNS (Tuple[Floats2d, Callable]): The results, and the backward pass.
        """
        O, P, I = (self.maxout.get_dim(name) for name in ("nO", "nP", "nI"))
        names = [(self.maxout, "W", (O, P, I)), (self.maxout, "b", (O, P))]
        if self.norm is not None:
            names += [(self.norm, "G", (O,)), (self.norm, "b", (O,))]
        parameters = kernels.Parameters(*(floats(name, node.get_param(name), shape) for node, name, shape in names))
        X = floats("X", X, (len(X), I // (2 * window + 1)))
        mask = self.dropout_mask((len(X), O), is_train)
        block = kernels.Block(parameters, X, rows, window, mask, residual, is_train)

        def backprop(dY: Floats2d) -> Floats2d:
            dX, *gradients = block.backward(floats("dY", dY, (len(X), O)))
            for (node, name, _), gradient in zip(names, gradients):
                node.inc_grad(name, gradient)
            return dX

        return block.forward(), backprop

    def dropout_mask(self, shape: Tuple[int, int], is_train: bool) -> Optional[Floats2d]:
        """What dropout multiplies by, None for nothing. From the same seed come the numbers of `Ops.get_dropout_mask`."""
        rate = (
            self.dropout.attrs["dropout_rate"] if self.dropout is not None and self.dropout.attrs["is_enabled"] else 0.0
        )
        if not is_train or rate <= 0.0:
            return None
        if rate >= 1.0:
            return numpy.zeros(shape, dtype="float32")
        return (numpy.random.random_sample(shape) >= rate) * numpy.float32(1.0 / (1.0 - rate))


def floats(name: str, array: FloatsXd, shape: Tuple[int, ...]) -> FloatsXd:
    """An array as the kernels read it. If it has rows, they read all of the shape, whatever is there."""
    if array.shape != shape and len(array):
        raise ValueError(
            Errors.E201.format(name=name, dtype="float32", shape=shape, got_dtype=array.dtype, got_shape=array.shape)
        )
    return numpy.ascontiguousarray(array, dtype="float32")


def covers(node: Model) -> bool:
    """Whether a node is a block."""
    return (is_a(node, maxout) or is_a(node, chain)) and Block.of(in_turn(node)) is not None


def forward(model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool) -> Tuple[Floats2d, Callable]:
    block = Block.of(in_turn(*model.layers)) if model.layers else Block(model)
    if block is None or not block.fits():
        return (chain if model.layers else maxout)(model, X, is_train)
    return block.run(X, numpy.arange(len(X), dtype="int32"), is_train)
