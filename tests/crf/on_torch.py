"""The torch backend, for tests that speak NumPy. Its own arithmetic computes, not the compiled backend."""
from contextlib import contextmanager
from dataclasses import replace

import numpy

from spacy_bio_crf.types import ChainScores

FIELDS = ("emissions", "start", "step", "end")


class OnTorch:
    def __getattr__(self, name):
        from spacy_bio_crf.crf import torch_backend

        def call(*args):
            with own_arithmetic():
                return arrays(getattr(torch_backend, name)(*map(tensors, args)))

        return call


@contextmanager
def own_arithmetic(dtype="float64"):
    import torch

    from spacy_bio_crf.crf import torch_backend

    torch_backend.use_arithmetic(getattr(torch, dtype))
    try:
        yield
    finally:
        torch_backend.use_arithmetic(None)


def tensors(value):
    import torch

    if isinstance(value, ChainScores):
        return replace(value, **{field: tensors(getattr(value, field)) for field in FIELDS})
    return torch.from_numpy(value) if isinstance(value, numpy.ndarray) else value


def arrays(value):
    if isinstance(value, tuple):
        return tuple(map(arrays, value))
    if isinstance(value, ChainScores):
        return replace(value, **{field: arrays(getattr(value, field)) for field in FIELDS})
    return value.numpy()
