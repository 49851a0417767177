"""Room for more tags in a model, trained or not."""
from typing import List

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import FloatsXd

from ..types import ChainScores
from .window_features import get_edge_shim, get_shim

_TAG_AXES = {"W": 1, "b": 1, "start": 1, "step": 2, "end": 1}  # how many leading axes of a parameter run over the tags


def resize_tags(model: Model[List[Doc], ChainScores], nO: int) -> Model[List[Doc], ChainScores]:
    """Set the number of tags. What a trained model knows of its tags stays; new tags come after the old ones, and their
    parameters are zero.

    model (Model[List[Doc], ChainScores]): A CRF tagger, changed in place.
    nO (int): Number of tags, K, not below the present one.
    RETURNS (Model[List[Doc], ChainScores]): The same model.
    """
    if model.maybe_get_dim("nO") == nO:
        return model
    for node in [model.get_ref(ref) for ref in ("output_layer", "features", "crf") if model.has_ref(ref)]:
        if node.name == "window_features":
            node.set_dim("nO", nO, force=True)
            get_shim(node).table.resize(nO)
        elif any(node.has_param(name) for name in node.param_names):
            model.replace_node(node, _resized(node, nO))
        else:
            node.set_dim("nO", nO, force=True)
    model.set_dim("nO", nO, force=True)
    return model


def resize_edges(model: Model[List[Doc], ChainScores], width: int) -> None:
    """Set the number of outputs of the edge features of a CRF tagger, if it has any. New ones come last, and score 0.

    model (Model[List[Doc], ChainScores]): The tagger, changed in place.
    width (int): Number of outputs, E.
    """
    shim = get_edge_shim(model)
    if shim is not None:
        shim.table.resize(width)


def _resized(node: Model, nO: int) -> Model:
    """A new node, since an optimizer keeps moments of the old shape for the old one."""
    new = node.copy()
    new.ops = node.ops
    for name in node.param_names:
        new.set_param(name, None)  # Thinc lets no dimension change under a parameter
    new.set_dim("nO", nO, force=True)
    for name in node.param_names:
        new.set_param(name, _grown(node, node.get_param(name), nO, _TAG_AXES[name]))
        if node.has_grad(name):
            new.set_grad(name, _grown(node, node.get_grad(name), nO, _TAG_AXES[name]))
    return new


def _grown(node: Model, old: FloatsXd, nO: int, axes: int) -> FloatsXd:
    grown = node.ops.alloc((nO,) * axes + old.shape[axes:], dtype=old.dtype)
    grown[tuple(slice(size) for size in old.shape)] = old
    return grown
