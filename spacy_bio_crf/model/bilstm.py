"""A bidirectional LSTM over documents, each of them alone."""
from typing import Callable, List, Tuple

from thinc.api import ArgsKwargs, Dropout, Model, PyTorchWrapper, chain, torch2xp, with_array, with_ragged, xp2torch
from thinc.types import Floats2d, Ragged

from ..errors import Errors


def build_bilstm_v1(width: int, depth: int = 1, dropout: float = 0.0) -> Model[List[Floats2d], List[Floats2d]]:
    """Build a bidirectional LSTM (Graves & Schmidhuber 2005) for `spacy.Tok2Vec.v2`. It needs torch.

    `spacy.TorchBiLSTMEncoder.v1` pads the documents of a batch and reads them backwards from their padding, so that the
    vectors of a document depend on the length of the others. Here they do not, and the dropout of the training acts on them.

    width (int): Width of input and output, an even number, W.
    depth (int): Number of layers.
    dropout (float): Between layers, whatever that of the training; nothing in a single layer.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): Vectors of all tokens. Shape: T, W for each document.
    RAISES (ValueError, ImportError): An odd width, or no layer; torch is not installed.
    """
    if width < 2 or width % 2 or depth < 1:
        raise ValueError(Errors.E314.format(width=width, depth=depth))
    try:
        from .torch_lstm import TorchBiLSTM
    except ImportError as error:
        raise ImportError(Errors.E313) from error
    lstm = PyTorchWrapper(TorchBiLSTM(width, depth, dropout), convert_inputs=to_torch, convert_outputs=from_torch)
    for name in ("nI", "nO"):
        lstm.set_dim(name, width)
    model = chain(with_ragged(lstm), with_array(Dropout()))
    model.set_dim("nO", width)
    return model


def to_torch(model: Model[Ragged, Ragged], X: Ragged, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    vectors = xp2torch(X.dataXd, requires_grad=is_train, device=model.shims[0].device)
    lengths = model.ops.to_numpy(X.lengths).tolist()
    return ArgsKwargs((vectors, lengths), {}), lambda d_inputs: Ragged(torch2xp(d_inputs.args[0]), X.lengths)


def from_torch(model: Model[Ragged, Ragged], inputs_outputs: Tuple, is_train: bool) -> Tuple[Ragged, Callable]:
    X, Y = inputs_outputs

    def to_grad(dY: Ragged) -> ArgsKwargs:
        return ArgsKwargs(((Y,),), {"grad_tensors": xp2torch(dY.dataXd, device=model.shims[0].device)})

    return Ragged(torch2xp(Y), X.lengths), to_grad
