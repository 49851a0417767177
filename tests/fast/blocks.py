"""A block by its definition, in NumPy and float64, and random ones to compare."""
from typing import NamedTuple, Optional

import numpy
from hypothesis import strategies as st

from spacy_bio_crf.fast import kernels

# Around the sizes of tiles and chunks of the forward pass, and of blocks of the backward pass, in some instruction set.
N_ROWS = st.one_of(st.integers(0, 30), st.sampled_from([63, 64, 65, 95, 97, 128, 129, 143, 144, 145, 207, 209, 230]))
WIDTHS = st.integers(1, 7).map(lambda groups: 16 * groups)
SEEDS = st.integers(0, 2**32 - 1)


class BlockCase(NamedTuple):
    """A block and its inputs; what it must not read is NaN. Shapes: see `kernels.Block`."""

    W: numpy.ndarray
    b: numpy.ndarray
    scale: Optional[numpy.ndarray]
    shift: Optional[numpy.ndarray]
    X: numpy.ndarray
    rows: numpy.ndarray
    window: int
    dropout: Optional[numpy.ndarray]
    residual: bool
    dY: numpy.ndarray

    def compiled(self, traced=True):
        parameters = kernels.Parameters(self.W, self.b, self.scale, self.shift)
        return kernels.Block(parameters, self.X, self.rows, self.window, self.dropout, self.residual, traced)

    def of_rows(self, some):
        """The same for some of its rows."""
        return self._replace(rows=numpy.ascontiguousarray(self.rows[some]))

    def windows(self):
        """The rows that are inputs of each row. Shape: N, 2 * window + 1"""
        return self.rows[:, None] + numpy.arange(-self.window, self.window + 1)

    def forward(self):
        """The results, the piece that was the largest (the first of equals), the normalized rows, 1 / their deviation."""
        inputs = self.X.astype("float64")[self.windows()].reshape(len(self.rows), self.W.shape[2])
        pieces = numpy.einsum("ni,opi->nop", inputs, self.W.astype("float64"), optimize=True) + self.b
        which = pieces.argmax(axis=2)
        Y, normalized, inverse = pieces.max(axis=2), None, None
        if self.scale is not None:
            inverse = 1 / numpy.sqrt(Y.var(axis=1, keepdims=True) + 1e-8)
            normalized = (Y - Y.mean(axis=1, keepdims=True)) * inverse
            Y = normalized * self.scale + self.shift
        if self.dropout is not None:
            Y = Y * self.dropout[self.rows]
        if self.residual:
            Y = Y + self.X[self.rows]
        return Y, inputs, which, normalized, inverse

    def backward(self):
        """The gradients of X and of the parameters."""
        _, inputs, which, normalized, inverse = self.forward()
        through = self.dY[self.rows].astype("float64")
        d_best = through if self.dropout is None else through * self.dropout[self.rows]
        d_scale = d_shift = None
        if self.scale is not None:
            d_scale, d_shift = (d_best * normalized).sum(axis=0), d_best.sum(axis=0)
            g = d_best * self.scale
            along = (g * normalized).mean(axis=1, keepdims=True)
            d_best = (g - g.mean(axis=1, keepdims=True) - normalized * along) * inverse
        d_pieces = d_best[:, :, None] * (which[:, :, None] == numpy.arange(self.W.shape[1]))
        d_inputs = numpy.einsum("nop,opi->ni", d_pieces, self.W.astype("float64"), optimize=True)
        dX = numpy.zeros(self.X.shape)
        numpy.add.at(dX, self.windows(), d_inputs.reshape(len(self.rows), 2 * self.window + 1, self.X.shape[1]))
        if self.residual:
            dX[self.rows] += through
        dW = numpy.einsum("nop,ni->opi", d_pieces, inputs, optimize=True)
        return dX, dW, d_pieces.sum(axis=0), d_scale, d_shift


@st.composite
def block_cases(draw, exact=True):
    """exact (bool): Inputs and weights are eighths: sums of their products have no rounding, and equals abound."""
    rng = numpy.random.default_rng(draw(SEEDS))
    pieces, window, residual = draw(st.sampled_from([2, 3])), draw(st.integers(0, 2)), draw(st.booleans())
    O = draw(WIDTHS)
    width = O if residual else draw(WIDTHS)
    n_rows = draw(N_ROWS)
    R = n_rows + 2 * window + draw(st.integers(0, 20))
    rows = numpy.sort(rng.choice(R - 2 * window, n_rows, replace=False) + window).astype("int32")

    def values(*shape):
        if exact:
            return (rng.integers(-4, 5, shape) / 8).astype("float32")
        return rng.normal(size=shape).astype("float32")

    def with_nan(array, used):
        array[numpy.setdiff1d(numpy.arange(len(array)), used)] = numpy.nan
        return array

    scale = shift = dropout = None
    if draw(st.booleans()):
        scale, shift = rng.normal(size=(2, O)).astype("float32")
    if draw(st.booleans()):
        dropout = with_nan(((rng.random((R, O)) < 0.7) / 0.7).astype("float32"), rows)
    case = BlockCase(
        values(O, pieces, (2 * window + 1) * width),
        values(O, pieces),
        scale,
        shift,
        values(R, width),
        rows,
        window,
        dropout,
        residual,
        with_nan(rng.normal(size=(R, O)).astype("float32"), rows),
    )
    with_nan(case.X, case.windows())
    return case
