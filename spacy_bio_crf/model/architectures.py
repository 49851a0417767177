"""The registered model architectures."""
from typing import List, Optional

from spacy.tokens import Doc
from thinc.api import Linear, Maxout, Model, chain, zero_init
from thinc.types import Floats2d, Ragged

from ..errors import Errors
from ..fast import speed_up
from ..types import ChainScores
from .experts import join_experts
from .layer import CRF
from .resize import resize_tags
from .rows import on_rows
from .tokens import chain_tokens


def build_bio_crf_tagger_v1(
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]],
    hidden_width: int = 128,
    fast: bool = True,
    features: Optional[Model[List[Doc], Ragged]] = None,
    encoder_weight: float = 0.3,
    nO: Optional[int] = None,
) -> Model[List[Doc], ChainScores]:
    """Build a CRF tagger: emissions >> crf. The emissions come from an encoder, tok2vec >> hidden >> linear; from window
    features; or they are the sum of both, which learn apart. They begin at zero, so that an untrained tagger finds nothing.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): Any encoder of documents, or a listener to a shared one.
    hidden_width (int): Units of the Maxout layer between encoder and emissions; 0 for none.
    fast (bool): Whether to let the CPU nodes of this model compute the same faster, see `spacy_bio_crf.fast.speed_up`.
    features (Optional[Model[List[Doc], Ragged]]): Window features, such as `spacy_bio_crf.WindowFeatures.v1`.
    encoder_weight (float): Weight of the encoder beside 1 for the features, if there are both, see `join_experts`.
    nO (Optional[int]): Number of tags, K. Inferred from the labels if None.
    RETURNS (Model[List[Doc], ChainScores]): Scores of the chains over the tokens that are not whitespace.
    RAISES (ValueError): There is neither an encoder nor a layer of features.
    """
    if tok2vec is None and features is None:
        raise ValueError(Errors.E307)
    crf = CRF(nO)
    encoder: List[Model] = []
    if tok2vec is not None:
        width = tok2vec.maybe_get_dim("nO")
        hidden = [on_rows(Maxout(hidden_width, width, nP=2, dropout=0.0))] if hidden_width else []
        linear = Linear(nO, hidden_width or width, init_W=zero_init)
        encoder = [chain_tokens(tok2vec), *hidden, on_rows(linear)]
    if features is None:
        model = chain(*encoder, crf)
    else:
        model = chain(join_experts(chain(*encoder), features, encoder_weight) if encoder else features, crf)
    if tok2vec is not None:
        model.set_ref("tok2vec", tok2vec)
        model.set_ref("output_layer", linear)
    if features is not None:
        model.set_ref("features", features)
    model.set_ref("crf", crf)
    model.attrs["resize_output"] = resize_tags
    return speed_up(model) if fast else model
