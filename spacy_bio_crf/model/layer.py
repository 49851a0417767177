"""The CRF as a Thinc layer: it joins emissions with the chain's parameters and masks."""
from typing import Callable, Optional, Tuple

import numpy
from thinc.api import Model, Ops
from thinc.types import Ragged

from ..types import ChainScores, Constraints


def CRF(nO: Optional[int] = None) -> Model[Ragged, ChainScores]:
    """A linear-chain CRF (Lafferty et al. 2001). Start, step and end scores are ordinary parameters, in nats, and begin
    at zero; the masks travel in `attrs`. The layer itself infers nothing: see `spacy_bio_crf.crf`.

    nO (Optional[int]): Number of tags, K. Set before initialization, or by `set_constraints`.
    RETURNS (Model[Ragged, ChainScores]): Takes the emissions of a batch, and the scores of edge features beside
        them, if there are any (shape: N, K + E). Its backprop takes the gradients in the shape of its output, and
        returns those of its input.
    """
    return Model(
        "crf",
        forward,
        init=init,
        dims={"nO": nO},
        params={"start": None, "step": None, "end": None},
        attrs={"constraints": None},
    )


def set_constraints(model: Model[Ragged, ChainScores], constraints: Constraints) -> None:
    """Tell a CRF layer which starts, steps and ends are legal.

    model (Model[Ragged, ChainScores]): The CRF layer.
    constraints (Constraints): The masks, over K tags.
    """
    model.set_dim("nO", len(constraints.start))
    model.attrs["constraints"] = [numpy.asarray(mask) for mask in constraints]


def to_numpy(scores: ChainScores, ops: Ops) -> ChainScores:
    """Bring scores to the CPU, where the chain is computed. CPU arrays pass as they are."""
    arrays = (scores.emissions, scores.lengths, scores.start, scores.step, scores.end)
    edges = None if scores.edges is None else ops.to_numpy(scores.edges)
    return ChainScores(*(ops.to_numpy(array) for array in arrays), constraints=scores.constraints, edges=edges)


def forward(model: Model[Ragged, ChainScores], X: Ragged, is_train: bool) -> Tuple[ChainScores, Callable]:
    start, step, end = (model.get_param(name) for name in ("start", "step", "end"))
    constraints = Constraints(*model.attrs["constraints"])
    emissions, edges, width = X.dataXd, None, len(start)
    if emissions.shape[1] > width:
        emissions, edges = emissions[:, :width], emissions[:, width:]

    def backprop(d_scores: ChainScores) -> Ragged:
        for name in ("start", "step", "end"):
            model.inc_grad(name, model.ops.asarray(getattr(d_scores, name)))
        d_outputs = model.ops.asarray(d_scores.emissions)
        if edges is not None:
            d_outputs = model.ops.xp.concatenate([d_outputs, model.ops.asarray(d_scores.edges)], axis=1)
        return Ragged(d_outputs, X.lengths)

    return ChainScores(emissions, X.lengths, start, step, end, constraints, edges), backprop


def init(model: Model[Ragged, ChainScores], X: Optional[Ragged] = None, Y=None) -> None:
    nO = model.get_dim("nO")
    model.set_param("start", model.ops.alloc1f(nO))
    model.set_param("step", model.ops.alloc2f(nO, nO))
    model.set_param("end", model.ops.alloc1f(nO))
