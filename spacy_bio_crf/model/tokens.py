"""Which tokens are in the chain: all but whitespace, so that no span starts or ends on a whitespace token."""
from typing import Callable, List, Sequence, Tuple

import numpy
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ..types import Bools1d, Ints1d


def in_chain(doc: Doc) -> Bools1d:
    """Tell which tokens of a document are in the chain.

    doc (Doc): The document, of T tokens.
    RETURNS (Bools1d): False for whitespace tokens. Shape: T
    """
    return doc.to_array(IS_SPACE) == 0


def batch_in_chain(docs: Sequence[Doc]) -> Tuple[Bools1d, Ints1d]:
    """The same for a batch, laid end to end.

    RETURNS (Tuple[Bools1d, Ints1d]): False for whitespace tokens; and how many of each document are in the chain,
        shape: B
    """
    widths = numpy.array([len(doc) for doc in docs], dtype="int32")
    if not widths.any():
        return numpy.zeros(0, dtype=bool), widths
    mask = numpy.concatenate([doc.to_array(IS_SPACE) for doc in docs]) == 0
    if mask.all():
        return mask, widths
    before = numpy.concatenate(([0], numpy.cumsum(mask)))[numpy.cumsum(widths)]
    return mask, numpy.diff(before, prepend=0).astype("int32")


def chain_tokens(tok2vec: Model[List[Doc], List[Floats2d]]) -> Model[List[Doc], Ragged]:
    """Run an encoder on documents, and lay the vectors of the tokens in the chain end to end.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder. It sees every token.
    RETURNS (Model[List[Doc], Ragged]): Vectors of the N tokens in the chain. Shape: N, W
    """
    dims = {"nO": tok2vec.maybe_get_dim("nO")}
    return Model("chain_tokens", forward, init=init, layers=[tok2vec], dims=dims)


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    mask, lengths = batch_in_chain(docs)
    lengths = model.ops.asarray1i(lengths)
    if not len(mask):  # nothing that an encoder could read, and some cannot read nothing
        return Ragged(model.ops.alloc2f(0, model.maybe_get_dim("nO") or 0), lengths), lambda dY: docs
    vectors, backprop_vectors = model.layers[0](docs, is_train)
    widths = [len(doc) for doc in docs]
    X = model.ops.asarray2f(model.ops.flatten(vectors))  # mixed precision gives half floats
    if mask.all():
        return Ragged(X, lengths), lambda dY: backprop_vectors(model.ops.unflatten(dY.dataXd, widths))
    rows = model.ops.asarray(numpy.flatnonzero(mask))

    def backprop(dY: Ragged) -> List[Doc]:
        dX = model.ops.alloc2f(*X.shape)
        dX[rows] = dY.dataXd
        return backprop_vectors(model.ops.unflatten(dX, widths))

    return Ragged(X[rows], lengths), backprop


def init(model: Model[List[Doc], Ragged], X=None, Y=None) -> None:
    tok2vec = model.layers[0]
    tok2vec.initialize(X=X)
    if tok2vec.has_dim("nO"):
        model.set_dim("nO", tok2vec.get_dim("nO"))
