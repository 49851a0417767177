"""Room for more tags in a model, trained or not."""
from typing import List

from spacy.tokens import Doc
from thinc.api import Model

from ..types import ChainScores

_TAG_AXES = {"W": 1, "b": 1, "start": 1, "step": 2, "end": 1}  # how many leading axes of a parameter run over the tags


def resize_tags(model: Model[List[Doc], ChainScores], nO: int) -> Model[List[Doc], ChainScores]:
    """Set the number of tags. What a trained model knows of its tags stays; new tags come after the old ones, and their
    parameters are zero.

    model (Model[List[Doc], ChainScores]): A CRF tagger, changed in place.
    nO (int): Number of tags, K, not below the present one.
    RETURNS (Model[List[Doc], ChainScores]): The same model.
    """
    for node in (model, *model.layers[-2:], model.get_ref("output_layer")):
        params = {name: node.get_param(name) for name in node.param_names if node.has_param(name)}
        for name in params:
            node.set_param(name, None)  # Thinc lets no dimension change under a parameter
        node.set_dim("nO", nO, force=True)
        for name, old in params.items():
            axes = _TAG_AXES[name]
            new = node.ops.alloc((nO,) * axes + old.shape[axes:], dtype=old.dtype)
            new[tuple(slice(size) for size in old.shape)] = old
            node.set_param(name, new)
            node.set_grad(name, node.ops.alloc(new.shape, dtype=new.dtype))
    return model
