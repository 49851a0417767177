"""Faster passes for the nodes of a model. Its nodes, parameters and files stay what they are."""
from typing import Callable, List, Optional

from spacy.language import Language
from thinc.api import Model, NumpyOps

from ..errors import Errors
from . import block, embed, encode, kernels, linear
from .nodes import is_a

FASTER = (embed, encode, block, linear)  # the larger first


def speed_up(model: Model) -> Model:
    """Let the CPU nodes of a model compute the same faster. Matrices are multiplied by NumPy's BLAS in place of BLIS, Thinc's
    default, which reaches a third of the machine. The layers of spaCy's CNN encoder run in compiled passes, if the
    processor has AVX2 or AVX-512. Nodes on other devices, or with ops of their own, stay as they are.

    model (Model): The model, changed in place.
    RETURNS (Model): The same model.
    """
    fast = NumpyOps(use_blis=False)
    for node in model.walk():
        if type(node.ops) is NumpyOps:
            node.ops = fast
    if kernels.available()[0] != "baseline":
        _replace(model)
    return model


def _replace(node: Model) -> None:
    for layer in FASTER:
        if layer.covers(node):
            node._func = layer.forward
        if is_a(node, layer.forward):
            return
    for inner in node.layers:
        _replace(inner)


def keep_fast(model: Model) -> None:
    """Speed up an encoder that has come into a fast model since, as `nlp.replace_listeners` puts it there."""
    if model.has_ref("tok2vec") and _is_slow(model.get_ref("tok2vec")) and not _is_slow(model):
        speed_up(model)


def _is_slow(node: Model) -> bool:
    return type(node.ops) is NumpyOps and node.ops.use_blis


def create_speed_up_v1(
    components: Optional[List[str]] = None,
) -> Callable[[Language], Language]:
    """Create a callback for `[nlp.after_pipeline_creation]` that speeds up the components of a pipeline, such as a shared
    tok2vec and what listens to it.

    components (Optional[List[str]]): Their names; None for all that have a model.
    RAISES (ValueError): A name that no component of the pipeline has.
    """

    def speed_up_components(nlp: Language) -> Language:
        unknown = [name for name in components or [] if name not in nlp.component_names]
        if unknown:
            raise ValueError(Errors.E312.format(unknown=unknown, known=nlp.component_names))
        for name, component in nlp.components:
            if (components is None or name in components) and isinstance(getattr(component, "model", None), Model):
                speed_up(component.model)
        return nlp

    return speed_up_components
