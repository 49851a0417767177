"""A layer over the rows of a ragged batch, of which there may be none."""
from typing import Callable, Optional, Tuple

from thinc.api import Model
from thinc.types import Floats2d, Ragged


def on_rows(layer: Model[Floats2d, Floats2d]) -> Model[Ragged, Ragged]:
    """Apply a layer to each of the N tokens. Thinc's `with_array` does so too, but where a batch holds nothing but
    whitespace, N is 0, and Maxout cannot backpropagate through no rows.

    layer (Model[Floats2d, Floats2d]): Takes shape N, I to shape N, O.
    RETURNS (Model[Ragged, Ragged]): The same on ragged data.
    """
    return Model(f"on_rows({layer.name})", forward, init=init, layers=[layer])


def forward(model: Model[Ragged, Ragged], X: Ragged, is_train: bool) -> Tuple[Ragged, Callable]:
    layer = model.layers[0]
    if not len(X.dataXd):
        nothing = model.ops.alloc2f(0, layer.get_dim("nO"))
        return Ragged(nothing, X.lengths), lambda dY: Ragged(X.dataXd, X.lengths)
    Y, backprop = layer(X.dataXd, is_train)
    return Ragged(Y, X.lengths), lambda dY: Ragged(backprop(dY.dataXd), X.lengths)


def init(model: Model[Ragged, Ragged], X: Optional[Ragged] = None, Y: Optional[Ragged] = None) -> None:
    model.layers[0].initialize(X=None if X is None else X.dataXd, Y=None if Y is None else Y.dataXd)
