"""Every test that asks for `crf` runs over the reference and over the compiled backend in each instruction set."""
import pytest

from spacy_bio_crf.crf import cpu, reference

def select(name):
    if name == "reference":
        return reference
    cpu.use_instruction_set(name)
    return cpu


@pytest.fixture(params=["reference", *cpu.instruction_sets()])
def crf(request):
    yield select(request.param)
    cpu.use_instruction_set(cpu.instruction_sets()[0])


@pytest.fixture(params=cpu.instruction_sets())
def compiled(request):
    yield select(request.param)
    cpu.use_instruction_set(cpu.instruction_sets()[0])
