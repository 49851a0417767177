"""An encoder and window features that add up, but learn apart."""
from dataclasses import replace
from typing import Callable, List, Optional, Tuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ragged

from ..types import ChainScores, Floats2d


def join_experts(
    encoder: Model[List[Doc], Ragged], features: Model[List[Doc], Ragged], weight: float
) -> Model[List[Doc], Ragged]:
    """Join two experts to a logarithmic opinion pool (Smith, Cohn & Osborne 2005): their emissions add up, and they share
    the transitions.

    What one expert explains, the other does not learn if only their sum is trained, and that sum is worse than the sum of two
    that were trained apart (docs/training.md). So in training the output is twice as long: the sequences of the batch with
    the emissions of the encoder alone, and again with those of the features alone.

    encoder, features (Model[List[Doc], Ragged]): Each gives emissions. Shape: N, K
    weight (float): That of the encoder in the sum, beside 1 for the features.
    RETURNS (Model[List[Doc], Ragged]): The weighted sum, shape: N, K; in training, both one after the other, shape: 2N, K.
        Where the features give scores of edges beside their emissions, those of the encoder are 0.
    """
    return Model("join_experts", forward, init=init, layers=[encoder, features], attrs={"weight": weight})


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    (encoded, backprop_encoder), (featured, backprop_features) = (expert(docs, is_train) for expert in model.layers)
    size, width = encoded.dataXd.shape
    more = featured.dataXd.shape[1] - width
    from_encoder = encoded.dataXd
    if more:
        from_encoder = model.ops.xp.pad(from_encoder, ((0, 0), (0, more)))

    def backprop(d_emissions: Ragged) -> List[Doc]:
        backprop_encoder(Ragged(model.ops.as_contig(d_emissions.dataXd[:size, :width]), encoded.lengths))
        backprop_features(Ragged(d_emissions.dataXd[size:], featured.lengths))
        return docs

    if is_train:
        both = model.ops.xp.concatenate([from_encoder, featured.dataXd])
        return Ragged(both, model.ops.xp.concatenate([encoded.lengths, featured.lengths])), backprop
    return Ragged(model.attrs["weight"] * from_encoder + featured.dataXd, featured.lengths), backprop


def init(model: Model[List[Doc], Ragged], X=None, Y=None) -> None:
    for expert in model.layers:
        expert.initialize(X=X, Y=Y)


def pool(model: Model[List[Doc], ChainScores], scores: ChainScores) -> ChainScores:
    """What a tagger would have given at prediction, from what it gave in training."""
    weights = _weights(model)

    def pooled(rows: Optional[Floats2d]) -> Optional[Floats2d]:
        if rows is None:
            return None
        return sum(numpy.float32(weight) * part for weight, part in zip(weights, numpy.split(rows, len(weights))))

    lengths = scores.lengths[: len(scores.lengths) // len(weights)]
    return replace(scores, emissions=pooled(scores.emissions), lengths=lengths, edges=pooled(scores.edges))


def unpool(model: Model[List[Doc], ChainScores], gradient: ChainScores) -> ChainScores:
    """The gradient of what it gave in training, from that of the pool."""
    weights = _weights(model)

    def of_parts(rows: Optional[Floats2d]) -> Optional[Floats2d]:
        return None if rows is None else numpy.concatenate([numpy.float32(weight) * rows for weight in weights])

    lengths = numpy.tile(gradient.lengths, len(weights))
    return replace(gradient, emissions=of_parts(gradient.emissions), lengths=lengths, edges=of_parts(gradient.edges))


def _weights(model: Model[List[Doc], ChainScores]) -> Tuple[float, ...]:
    """The weights of the experts of a tagger: a single one if it has no two."""
    joined = [node for node in model.walk() if node.name == "join_experts"]
    return (joined[0].attrs["weight"], 1.0) if joined else (1.0,)
