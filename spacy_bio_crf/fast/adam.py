"""Thinc's Adam, in one pass over each parameter where Thinc makes a dozen."""
from typing import Dict, Optional, Tuple

import numpy
from thinc.api import Model, NumpyOps, Optimizer
from thinc.types import FloatsXd

from ..types import Key
from . import kernels

OPS = NumpyOps(use_blis=False)


def finish_update(model: Model, optimizer: Optimizer) -> None:
    """What `model.finish_update` does, faster for a model that is sped up.

    model (Model): The model, whose parameters have gradients.
    optimizer (Optimizer): Keeps its state as ever. What is not Thinc's Adam is called for each parameter.
    """
    fast = type(model.ops) is NumpyOps and not model.ops.use_blis
    model.finish_update(OnePassAdam(optimizer) if fast and covers(optimizer) else optimizer)


def covers(optimizer: Optimizer) -> bool:
    """Whether an optimizer is Thinc's Adam (Kingma & Ba 2015), with the decay of weights apart from the gradient (Loshchilov
    & Hutter 2019) if there is any."""
    is_adam = type(optimizer) is Optimizer and not optimizer.use_radam and optimizer.b1 > 0 and optimizer.b2 > 0
    return is_adam and (not optimizer.L2 or optimizer.L2_is_weight_decay)


class OnePassAdam:
    """Takes the place of an optimizer in `Model.finish_update`.

    optimizer (Optimizer): Has the settings and the state.
    """

    def __init__(self, optimizer: Optimizer):
        self.optimizer = optimizer

    @property
    def averages(self) -> Optional[Dict[Key, FloatsXd]]:
        return self.optimizer.averages

    def __call__(self, key: Key, weights: FloatsXd, gradient: FloatsXd) -> Tuple[FloatsXd, FloatsXd]:
        """Update a parameter in place, and set its gradient to zero, as `Optimizer.__call__` does."""
        adam = self.optimizer
        if not len(gradient) or not (_is_plain(weights) and _is_plain(gradient)):
            return adam(key, weights, gradient)
        adam.nr_update[key] += 1
        step = adam.nr_update[key]
        if adam.grad_clip:
            gradient = OPS.clip_gradient(gradient, adam.grad_clip)
        states = (adam.mom1, adam.mom2) if adam.averages is None else (adam.mom1, adam.mom2, adam.averages)
        for state in states:
            if key not in state:
                state[key] = numpy.zeros(weights.shape if state is adam.averages else weights.size, dtype="float32")
        mom1, mom2, *averages = (state[key].reshape(-1) for state in states)
        kernels.adam(
            weights.reshape(-1),
            gradient.reshape(-1),
            mom1,
            mom2,
            averages[0] if averages else None,
            adam.b1,
            adam.b2,
            adam.eps,
            adam.learn_rate * (1 - adam.b2**step) ** 0.5 / (1 - adam.b1**step),
            adam.learn_rate * adam.L2,
            1 - min(0.9999, (1 + step) / (10 + step)),  # as of `Ops.update_averages`
        )
        return weights, gradient


def _is_plain(array: FloatsXd) -> bool:
    return isinstance(array, numpy.ndarray) and array.dtype == numpy.float32 and array.flags.carray
