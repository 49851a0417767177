"""spacy.MaxoutWindowEncoder.v2: the convolutions read windows in place, and skip padding that no token sees."""
from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy
from thinc.api import Model
from thinc.layers.expand_window import forward as expand_window
from thinc.layers.residual import forward as residual
from thinc.layers.with_array import forward as with_array
from thinc.types import Floats2d, Ints1d

from . import kernels
from .block import Block
from .nodes import in_turn, is_a


class Convolution(NamedTuple):
    """A residual convolution over a window of tokens."""

    window: Model
    block: Block

    @classmethod
    def of(cls, node: Model) -> Optional["Convolution"]:
        """The convolution that a node is; None if it is none."""
        inner = in_turn(node.layers[0]) if is_a(node, residual) else []
        block = Block.of(inner[1:]) if inner and is_a(inner[0], expand_window) else None
        return None if block is None else cls(inner[0], block)

    @property
    def reach(self) -> int:
        return self.window.attrs["window_size"]

    def fits(self) -> bool:
        """Whether the kernels can run it: the block, on windows of rows that are as wide as its results."""
        O, I = (self.block.maxout.get_dim(name) for name in ("nO", "nI"))
        return self.block.fits() and I == (2 * self.reach + 1) * O


def stack(node: Model) -> Optional[List[Convolution]]:
    """The convolutions that a node runs one after the other, with so much padding that documents do not see each other; None
    if it runs anything else."""
    layers = [Convolution.of(layer) for layer in in_turn(*node.layers)]
    return None if None in layers or sum(layer.reach for layer in layers) > node.attrs["pad"] else layers


def covers(node: Model) -> bool:
    """Whether a node is a stack of convolutions."""
    return is_a(node, with_array) and stack(node) is not None


def forward(
    model: Model[List[Floats2d], List[Floats2d]], Xs: List[Floats2d], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    layers = stack(model)
    if layers is None or not all(layer.fits() for layer in layers) or not isinstance(Xs, list):
        return with_array(model, Xs, is_train)
    if not any(len(X) for X in Xs):
        return Xs, lambda dYs: dYs
    layout = Layout.of(Xs, model.attrs["pad"])
    backprops = []
    reach = sum(layer.reach for layer in layers)
    Y = layout.padded(Xs)
    for layer in layers:
        reach -= layer.reach
        Y, backprop = layer.block.run(Y, layout.near(reach), is_train, layer.reach, residual=True)
        backprops.append(backprop)

    def backprop_layers(dYs: List[Floats2d]) -> List[Floats2d]:
        dY = layout.padded(dYs)
        for backprop in reversed(backprops):
            dY = backprop(dY)
        return layout.documents(dY)

    return layout.documents(Y), backprop_layers


class Layout(NamedTuple):
    """Where documents stand in one array: one below the other, with padding before, between and after them. Those without
    tokens have no padding of their own, as in `thinc.api.Ops.flatten`.

    starts (Ints1d): The first row of each. Shape: B
    lengths (Ints1d): The number of its tokens. Shape: B
    pad (int): Rows of padding.
    n_rows (int): Rows of the array, R.
    """

    starts: Ints1d
    lengths: Ints1d
    pad: int
    n_rows: int

    @classmethod
    def of(cls, Xs: List[Floats2d], pad: int) -> "Layout":
        lengths = numpy.array([len(X) for X in Xs], dtype="int64")
        ends = pad + numpy.cumsum(numpy.where(lengths, lengths + pad, 0))
        return cls(ends - pad - lengths, lengths, pad, int(ends[-1]))

    def padded(self, Xs: List[Floats2d]) -> Floats2d:
        """Lay out the documents, with zeros for padding. Shape: R, W"""
        padding = numpy.zeros((self.pad, max(X.shape[-1] for X in Xs)), dtype="float32")
        parts = [part for X in Xs if len(X) for part in (X, padding)]
        return numpy.concatenate([padding, *parts], out=kernels.empty(self.n_rows, padding.shape[1]))

    def near(self, reach: int) -> Ints1d:
        """The rows that are at most `reach` from a token. Shape: N"""
        some = self.lengths > 0
        steps = numpy.zeros(self.n_rows + 1, dtype="int32")
        numpy.add.at(steps, self.starts[some] - reach, 1)
        numpy.add.at(steps, (self.starts + self.lengths)[some] + reach, -1)
        return numpy.flatnonzero(numpy.cumsum(steps)).astype("int32")

    def documents(self, Y: Floats2d) -> List[Floats2d]:
        """The rows of each document, without a copy. Shape: T, W for each"""
        return [Y[start : start + length] for start, length in zip(self.starts.tolist(), self.lengths.tolist())]
