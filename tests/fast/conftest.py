"""Every test that asks for `target` runs over the kernels of each instruction set that this processor has."""
from importlib import import_module
from types import SimpleNamespace

import pytest

from spacy_bio_crf.fast import kernels


@pytest.fixture(params=kernels.available())
def target(request):
    kernels.choose(request.param)
    yield request.param
    kernels.choose(kernels.available()[0])


@pytest.fixture(scope="session", autouse=True)
def any_processor():
    """Speed up on processors without wide vectors too, where it would be none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("spacy_bio_crf.fast.models"), "kernels", SimpleNamespace(available=lambda: ["any"]))
        yield patch
