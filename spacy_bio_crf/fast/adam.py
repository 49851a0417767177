"""Thinc's Adam, in one pass over each parameter where Thinc makes a dozen."""
from typing import Dict, List, Optional, Tuple

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
    """Takes the place of an optimizer in `Model.finish_update`, as far as that and the shims of Thinc and of this package
    use one.

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
        if not len(gradient) or not self._fits(key, weights, gradient):
            return adam(key, weights, gradient)
        adam.nr_update[key] += 1
        step = adam.nr_update[key]
        if adam.grad_clip:
            gradient = OPS.clip_gradient(gradient, adam.grad_clip)
        for state in self._states():
            if key not in state:
                state[key] = numpy.zeros(weights.shape if state is adam.averages else weights.size, dtype="float32")
        kernels.adam(
            weights.reshape(-1),
            gradient.reshape(-1),
            adam.mom1[key],
            adam.mom2[key],
            None if adam.averages is None else adam.averages[key].reshape(-1),
            adam.b1,
            adam.b2,
            adam.eps,
            adam.learn_rate * (1 - adam.b2**step) ** 0.5 / (1 - adam.b1**step),
            adam.learn_rate * adam.L2,
            1 - min(0.9999, (1 + step) / (10 + step)),  # as of `Ops.update_averages`
        )
        return weights, gradient

    def _states(self) -> List[Dict[Key, FloatsXd]]:
        return [state for state in (self.optimizer.mom1, self.optimizer.mom2, self.optimizer.averages) if state is not None]

    def _fits(self, key: Key, weights: FloatsXd, gradient: FloatsXd) -> bool:
        """Whether all arrays are contiguous floats, of one size, since a parameter may have been resized, and apart from each
        other, since averages may stand in the place of weights (`Model.use_params`)."""
        others = [gradient, *(state[key] for state in self._states() if key in state)]
        return _is_plain(weights) and all(
            _is_plain(array)
            and array.shape in (weights.shape, (weights.size,))
            and not numpy.may_share_memory(array, weights)
            for array in others
        )


def _is_plain(array: FloatsXd) -> bool:
    return isinstance(array, numpy.ndarray) and array.dtype == numpy.float32 and array.flags.carray
