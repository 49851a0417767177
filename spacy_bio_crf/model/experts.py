"""An encoder and window features that add up, but learn apart."""
from typing import Callable, List, Tuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ragged


def join_experts(encoder: Model[List[Doc], Ragged], features: Model[List[Doc], Ragged], weight: float) -> Model[List[Doc], Ragged]:
    """Join two experts to a logarithmic opinion pool (Smith, Cohn & Osborne 2005): their emissions add up, and they share
    the transitions.

    What one expert explains, the other does not learn if only their sum is trained, and that sum is worse than the sum of two
    that were trained apart (docs/training.md). So in training the output is twice as long: the sequences of the batch with
    the emissions of the encoder alone, and again with those of the features alone.

    encoder, features (Model[List[Doc], Ragged]): Each gives emissions. Shape: N, K
    weight (float): That of the encoder in the sum, beside 1 for the features.
    RETURNS (Model[List[Doc], Ragged]): The weighted sum, shape: N, K; in training, both one after the other, shape: 2N, K.
    """
    return Model("join_experts", forward, init=init, layers=[encoder, features], attrs={"weight": weight})


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    (encoded, backprop_encoder), (featured, backprop_features) = (expert(docs, is_train) for expert in model.layers)
    size = len(encoded.dataXd)

    def backprop(d_emissions: Ragged) -> List[Doc]:
        backprop_encoder(Ragged(d_emissions.dataXd[:size], encoded.lengths))
        backprop_features(Ragged(d_emissions.dataXd[size:], featured.lengths))
        return docs

    if is_train:
        both = model.ops.xp.concatenate([encoded.dataXd, featured.dataXd])
        return Ragged(both, model.ops.xp.concatenate([encoded.lengths, featured.lengths])), backprop
    weights = model.attrs.get("weights", (model.attrs["weight"], 1))
    return Ragged(weights[0] * encoded.dataXd + weights[1]*featured.dataXd, featured.lengths), backprop


def init(model: Model[List[Doc], Ragged], X=None, Y=None) -> None:
    for expert in model.layers:
        expert.initialize(X=X, Y=Y)
