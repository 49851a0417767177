"""Embeddings of the attributes of words: richer affixes and shapes than those of `spacy.MultiHashEmbed`."""
from functools import lru_cache
from typing import Callable, List, Tuple

import numpy
from spacy.attrs import ORTH
from spacy.ml import StaticVectors
from spacy.tokens import Doc
from thinc.api import HashEmbed, Maxout, Model, chain, concatenate, ragged2list, with_array
from thinc.types import Floats2d, Ragged

from ..errors import Errors
from ..features import WORD, LexemeCodes

FIRST_SEED = 8  # of the hash functions of the tables


def build_attribute_embed_v1(
    width: int, attributes: List[str], rows: List[int], include_static_vectors: bool = False
) -> Model[List[Doc], List[Floats2d]]:
    """Build an embedding layer for `spacy.Tok2Vec.v2`: a hashed table (Svenstrup et al. 2017) for each attribute of words,
    mixed by a Maxout layer.

    width (int): Width of each table and of the output, W.
    attributes (List[str]): Attributes of words, as templates of window features name them: "lower", "suffix4".
    rows (List[int]): Rows of the table of each.
    include_static_vectors (bool): Whether to add the vectors of the pipeline's vocabulary.
    RETURNS (Model[List[Doc], List[Floats2d]]): Vectors of all tokens. Shape: T, W for each document.
    RAISES (ValueError): An attribute that is not one of words, or another number of rows than of attributes, or none.
    """
    unknown = [name for name in attributes if name not in WORD]
    if unknown or not attributes or len(rows) != len(attributes) or min(rows) < 1:
        raise ValueError(Errors.E309.format(attributes=attributes, rows=rows, known=", ".join(WORD)))
    tables = [HashEmbed(width, n, column=i, seed=FIRST_SEED + i, dropout=0.0) for i, n in enumerate(rows)]
    embed = chain(attribute_codes(attributes), with_array(concatenate(*tables)))
    if include_static_vectors:
        embed = concatenate(embed, StaticVectors(width, dropout=0.0))
    size = width * (len(attributes) + include_static_vectors)
    return chain(embed, with_array(Maxout(width, size, nP=3, dropout=0.0, normalize=True)), ragged2list())


def attribute_codes(attributes: List[str]) -> Model[List[Doc], Ragged]:
    """The codes of the attributes of words, for hashed tables. Shape: N, A"""
    return Model("attribute_codes", forward, attrs={"attributes": attributes})


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    lexemes = _lexeme_codes(tuple(model.attrs["attributes"]))
    stores = {id(doc.vocab): doc.vocab.strings for doc in docs}.values()
    orths = numpy.concatenate([numpy.zeros(0, dtype="uint64"), *(doc.to_array(ORTH) for doc in docs)])
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    return Ragged(model.ops.asarray(lexemes(orths, *stores)), lengths), lambda d_codes: []


@lru_cache(maxsize=16)
def _lexeme_codes(attributes: Tuple[str, ...]) -> LexemeCodes:
    return LexemeCodes(list(attributes))
