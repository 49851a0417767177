"""The fast CPU BLAS for a model."""
from thinc.api import Model, NumpyOps


def use_fast_blas(model: Model) -> Model:
    """Let every CPU node of a model multiply matrices with NumPy's BLAS in place of BLIS, Thinc's default, which reaches
    a third of the machine (docs/DESIGN.md). Nodes on other devices, or on ops of their own, stay as they are.

    model (Model): The model, changed in place.
    RETURNS (Model): The same model.
    """
    fast = NumpyOps(use_blis=False)
    for node in model.walk():
        if type(node.ops) is NumpyOps:
            node.ops = fast
    model.attrs["fast_blas"] = True
    return model


def keep_fast_blas(model: Model) -> None:
    """Do it again if the encoder has been replaced since, as `nlp.replace_listeners` does."""
    if not model.has_ref("tok2vec"):
        return
    ops = model.get_ref("tok2vec").ops
    if model.attrs.get("fast_blas") and type(ops) is NumpyOps and ops.use_blis:
        use_fast_blas(model)
