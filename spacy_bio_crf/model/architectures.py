"""The registered model architectures."""
from typing import List, Optional

from spacy.tokens import Doc
from thinc.api import Linear, Maxout, Model, chain, zero_init
from thinc.types import Floats2d

from ..types import ChainScores
from .layer import CRF
from .ops import use_fast_blas
from .resize import resize_tags
from .rows import on_rows
from .tokens import chain_tokens


def build_bio_crf_tagger_v1(
    tok2vec: Model[List[Doc], List[Floats2d]],
    hidden_width: int = 128,
    fast_blas: bool = True,
    nO: Optional[int] = None,
) -> Model[List[Doc], ChainScores]:
    """Build a CRF tagger: tok2vec >> hidden >> emissions >> crf. The emissions begin at zero, so that an untrained tagger
    finds nothing.

    tok2vec (Model[List[Doc], List[Floats2d]]): Any encoder of documents, or a listener to a shared one.
    hidden_width (int): Units of the Maxout layer before the emissions; 0 for none.
    fast_blas (bool): Whether the CPU nodes of this model use NumPy's BLAS in place of BLIS.
    nO (Optional[int]): Number of tags, K. Inferred from the labels if None.
    RETURNS (Model[List[Doc], ChainScores]): Scores of the chains over the tokens that are not whitespace.
    """
    width = tok2vec.maybe_get_dim("nO")
    hidden = [on_rows(Maxout(hidden_width, width, nP=2, dropout=0.0))] if hidden_width else []
    emissions = Linear(nO, hidden_width or width, init_W=zero_init)
    crf = CRF(nO)
    model = chain(chain_tokens(tok2vec), *hidden, on_rows(emissions), crf)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", emissions)
    model.set_ref("crf", crf)
    model.attrs["resize_output"] = resize_tags
    return use_fast_blas(model) if fast_blas else model
