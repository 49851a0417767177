"""Errors of other libraries, told in terms of the component."""
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

import numpy
from spacy.vocab import Vocab
from thinc.api import Model

from ..errors import Errors
from ..types import ChainScores

FORMAT = 2  # of what is saved; a change that older code cannot read counts one up
READABLE = (1, FORMAT)


@contextmanager
def finite_scores(name: str, scores: ChainScores) -> Iterator[None]:
    """Say what is wrong when the chain refuses scores that are not finite."""
    try:
        yield
    except ValueError as error:
        arrays = (scores.emissions, scores.start, scores.step, scores.end)
        if all(numpy.isfinite(array).all() for array in arrays):
            raise
        raise ValueError(Errors.E407.format(name=name, error=error)) from error


def require_vectors(name: str, model: Model, vocab: Vocab) -> None:
    """RAISES (ValueError): The encoder looks words up among static vectors, of which there are none."""
    if 0 in vocab.vectors.shape and any(node.name == "static_vectors" for node in model.walk()):
        raise ValueError(Errors.E434.format(name=name))


@contextmanager
def loading(name: str, cfg: Optional[Dict[str, Any]]) -> Iterator[None]:
    """Check the format of a saved component before its model is loaded, and say what is wrong if the model does not fit.

    cfg (Optional[Dict[str, Any]]): The saved settings, if they are loaded.
    """
    if cfg is not None and cfg.get("format") not in READABLE:
        raise ValueError(Errors.E404.format(name=name, found=cfg.get("format"), expected=FORMAT))
    try:
        yield
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(Errors.E411.format(name=name, error=error)) from error
