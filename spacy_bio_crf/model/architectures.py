"""The registered model architectures."""
from typing import List, Optional

from spacy.tokens import Doc
from thinc.api import Linear, Model, chain, with_array
from thinc.types import Floats2d

from ..types import ChainScores
from .layer import CRF
from .ops import use_fast_blas
from .resize import resize_tags
from .tokens import chain_tokens


def build_bio_crf_tagger_v1(
    tok2vec: Model[List[Doc], List[Floats2d]],
    fast_blas: bool = True,
    nO: Optional[int] = None,
) -> Model[List[Doc], ChainScores]:
    """Build a CRF tagger: tok2vec >> emissions >> crf. The emissions are linear in the token vectors.

    tok2vec (Model[List[Doc], List[Floats2d]]): Any encoder of documents, or a listener to a shared one.
    fast_blas (bool): Whether the CPU nodes of this model use NumPy's BLAS in place of BLIS.
    nO (Optional[int]): Number of tags, K. Inferred from the labels if None.
    RETURNS (Model[List[Doc], ChainScores]): Scores of the chains over the tokens that are not whitespace.
    """
    vectors = chain_tokens(tok2vec)
    emissions = Linear(nO, tok2vec.maybe_get_dim("nO"))
    crf = CRF(nO)
    model = chain(vectors, with_array(emissions), crf)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", emissions)
    model.set_ref("crf", crf)
    model.attrs["resize_output"] = resize_tags
    return use_fast_blas(model) if fast_blas else model
