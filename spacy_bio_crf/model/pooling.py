"""From the pieces that a transformer reads to tokens."""
from typing import Callable, Tuple

from thinc.api import Model
from thinc.types import Floats2d, Ragged


def build_first_piece_v1() -> Model[Ragged, Floats2d]:
    """Let the first piece of a token speak for it: `pooling` of a transformer's listener. Unlike Thinc's
    `reduce_first.v1`, it knows tokens without a piece, which are zeros: whitespace, and characters that a tokenizer
    drops, such as U+200B.

    RETURNS (Model[Ragged, Floats2d]): Takes the vectors of pieces and the number of pieces of each token. Shape: N, W
    """
    return Model("first_piece", forward)


def forward(model: Model[Ragged, Floats2d], X: Ragged, is_train: bool) -> Tuple[Floats2d, Callable]:
    xp = model.ops.xp
    tokens = xp.flatnonzero(X.lengths)  # those with pieces
    first = (xp.cumsum(X.lengths) - X.lengths)[tokens]
    Y = model.ops.alloc2f(len(X.lengths), X.dataXd.shape[1])
    Y[tokens] = X.dataXd[first]

    def backprop(dY: Floats2d) -> Ragged:
        dX = model.ops.alloc2f(*X.dataXd.shape)
        dX[first] = dY[tokens]
        return Ragged(dX, X.lengths)

    return Y, backprop
