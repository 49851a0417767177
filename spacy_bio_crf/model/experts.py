"""An encoder and window features that add up, and yet learn as if each were alone."""
from typing import Callable, List, Tuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ragged


def join_experts(encoder: Model[List[Doc], Ragged], features: Model[List[Doc], Ragged], alone: float) -> Model[List[Doc], Ragged]:
    """Add the emissions of two experts. What one of them explains, the other does not learn, so that experts trained as a sum
    are worse than their sum trained apart (docs/DESIGN.md). Therefore some training documents are left to one of them.

    encoder, features (Model[List[Doc], Ragged]): Each gives emissions. Shape: N, K
    alone (float): Probability that a training document is left to one expert, drawn by lot; its emissions then count twice.
    RETURNS (Model[List[Doc], Ragged]): The sum. Shape: N, K
    """
    return Model("join_experts", forward, init=init, layers=[encoder, features], attrs={"alone": alone})


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    outputs = [layer(docs, is_train) for layer in model.layers]
    lengths = outputs[0][0].lengths
    weights = model.attrs.get('weights', [1.0, 1.0])
    if is_train and model.attrs["alone"]:
        lots = numpy.random.random_sample(len(docs)) / model.attrs["alone"]  # below 1 for the share that is left to one
        shares = numpy.stack([numpy.where(lots < 0.5, 2.0, lots >= 1), numpy.where((lots >= 0.5) & (lots < 1), 2.0, lots >= 1)])
        per_token = numpy.repeat(shares, model.ops.to_numpy(lengths), axis=1).astype("float32")
        weights = [model.ops.asarray2f(share[:, None]) for share in per_token]

    def backprop(d_emissions: Ragged) -> List[Doc]:
        for (_, backprop_expert), weight in zip(outputs, weights):
            backprop_expert(Ragged(d_emissions.dataXd * weight, lengths))
        return docs

    emissions = sum(emissions.dataXd * weight for (emissions, _), weight in zip(outputs, weights))
    return Ragged(emissions, lengths), backprop


def init(model: Model[List[Doc], Ragged], X=None, Y=None) -> None:
    for layer in model.layers:
        layer.initialize(X=X, Y=Y)
