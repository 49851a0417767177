"""spacy.MultiHashEmbed.v2 and its like, computed once for each distinct token of a batch."""
from typing import Callable, List, NamedTuple, Optional, Tuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model
from thinc.layers.array_getitem import forward as getitem
from thinc.layers.chain import forward as chain
from thinc.layers.concatenate import forward as concatenate
from thinc.layers.hashembed import forward as hashembed
from thinc.layers.ragged2list import forward as ragged2list
from thinc.layers.with_array import forward as with_array
from thinc.types import Floats2d

from . import kernels
from .block import Block
from .nodes import in_turn, is_a


class Embedding(NamedTuple):
    """The parts of an embedding layer.

    keys (List[Model]): The layers that turn documents into ragged keys, one after the other.
    tables (Model): Hashed tables of the columns of the keys.
    mix (Block): A block over what the tables hold for a token.
    """

    keys: List[Model]
    tables: Model
    mix: Block

    @classmethod
    def of(cls, node: Model) -> Optional["Embedding"]:
        """The embedding that a node is; None if it is none."""
        layers = in_turn(*node.layers)
        if len(layers) < 4 or not is_a(layers[-1], ragged2list) or not all(is_a(n, with_array) for n in layers[-3:-1]):
            return None
        tables, mix = layers[-3].layers[0], Block.of(in_turn(layers[-2].layers[0]))
        return None if mix is None or not _are_tables(tables) else cls(layers[:-3], tables, mix)


def _are_tables(node: Model) -> bool:
    """Whether equal keys have equal outputs, in training too: dropout of hashed tables is one for the whole batch."""
    if is_a(node, concatenate):
        return all(_are_tables(layer) for layer in node.layers)
    return [layer._func for layer in in_turn(node)] in (
        [hashembed],
        [getitem, hashembed],
    )


def covers(node: Model) -> bool:
    """Whether a node is such an embedding."""
    return is_a(node, chain) and Embedding.of(node) is not None


def forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    embedding = Embedding.of(model)
    if embedding is None or not embedding.mix.fits():
        return chain(model, docs, is_train)
    if not any(len(doc) for doc in docs):
        return [model.ops.alloc2f(0, embedding.mix.maxout.get_dim("nO")) for _ in docs], lambda dYs: []
    keys = docs
    for layer in embedding.keys:
        keys, _ = layer(keys, is_train)
    codes = numpy.ascontiguousarray(keys.dataXd.reshape(len(keys.dataXd), -1), dtype="uint64")
    first, which = kernels.distinct_rows(codes)
    vectors, backprop_tables = embedding.tables(keys.dataXd[first], is_train)
    rows = numpy.arange(len(first), dtype="int32")
    mixed, backprop_mix = embedding.mix._replace(dropout=None).run(vectors, rows, is_train)
    Y = mixed[which]
    mask = embedding.mix.dropout_mask(Y.shape, is_train)
    if mask is not None:
        Y *= mask

    def backprop(dYs: List[Floats2d]) -> list:
        dY = model.ops.flatten(dYs)
        if mask is not None:
            dY *= mask
        d_mixed = numpy.zeros_like(mixed)
        model.ops.scatter_add(d_mixed, which, dY)
        backprop_tables(backprop_mix(d_mixed))
        return []

    return model.ops.unflatten(Y, keys.lengths), backprop
