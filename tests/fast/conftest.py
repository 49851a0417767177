"""Every test that asks for `target` runs over the kernels of each instruction set that this processor has."""
import pytest

from spacy_bio_crf.fast import kernels


@pytest.fixture(params=kernels.available())
def target(request):
    kernels.choose(request.param)
    yield request.param
    kernels.choose(kernels.available()[0])
