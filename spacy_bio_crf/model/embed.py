"""Embeddings of the attributes of words."""
from typing import Callable, List, Tuple

import numpy
from spacy.attrs import ORTH
from spacy.ml import StaticVectors
from spacy.tokens import Doc
from thinc.api import HashEmbed, Maxout, Model, chain, concatenate, ragged2list, with_array
from thinc.types import Floats2d, Ragged

from ..features.lexemes import LexemeCodes


def build_attribute_embed_v1(
    width: int, attributes: List[str], rows: List[int], include_static_vectors: bool = False
) -> Model[List[Doc], List[Floats2d]]:
    codes = attribute_codes(attributes)
    tables = [HashEmbed(width, n, column=i, seed=8 + i, dropout=0.0) for i, n in enumerate(rows)]
    embed = chain(codes, with_array(concatenate(*tables)))
    if include_static_vectors:
        embed = concatenate(embed, StaticVectors(width, dropout=0.0))
    size = width * (len(attributes) + include_static_vectors)
    return chain(embed, with_array(Maxout(width, size, nP=3, dropout=0.0, normalize=True)), ragged2list())


def attribute_codes(attributes: List[str]):
    return Model("attribute_codes", forward, attrs={"attributes": attributes})


CACHE = {}


def forward(model: Model, docs: List[Doc], is_train: bool):
    lexemes = CACHE.setdefault(tuple(model.attrs["attributes"]), LexemeCodes(model.attrs["attributes"]))
    codes = numpy.concatenate([lexemes(doc.to_array(ORTH), doc.vocab.strings) for doc in docs])
    return Ragged(model.ops.asarray(codes), model.ops.asarray1i([len(doc) for doc in docs])), lambda dY: docs
