"""Every test that asks for `crf` runs over the reference, over the compiled backend in each instruction set, and over
torch; one that asks for `fast` leaves out the reference."""
from contextlib import nullcontext
from importlib.util import find_spec

import pytest

from spacy_bio_crf.crf import cpu, reference

from .on_torch import OnTorch, own_arithmetic

BACKENDS = {"reference": reference, "torch": OnTorch()}  # torch's own arithmetic: see test_torch_compiled
TORCH = pytest.param("torch", marks=pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra [torch]"))


def select(name):
    if name in BACKENDS:
        return BACKENDS[name]
    cpu.use_instruction_set(name)
    return cpu


@pytest.fixture(params=["reference", *cpu.instruction_sets(), TORCH])
def crf(request):
    yield select(request.param)
    cpu.use_instruction_set(cpu.instruction_sets()[0])


@pytest.fixture(params=[*cpu.instruction_sets(), TORCH])
def fast(request):
    yield select(request.param)
    cpu.use_instruction_set(cpu.instruction_sets()[0])


@pytest.fixture(params=cpu.instruction_sets())
def compiled(request):
    yield select(request.param)
    cpu.use_instruction_set(cpu.instruction_sets()[0])


@pytest.fixture(params=["torch", "compiled"])
def either(request):
    """Torch's own arithmetic, or the compiled backend on torch's memory."""
    with own_arithmetic() if request.param == "torch" else nullcontext():
        yield
