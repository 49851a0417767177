"""What torch adds to the chain: autograd, floats of any width, devices. Values are in the tests that run over every
backend."""
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import numpy
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf import crf
from spacy_bio_crf.crf import reference
from spacy_bio_crf.types import ChainScores

from .on_torch import FIELDS, arrays, own_arithmetic, tensors
from .strategies import bio_batch, many_examples, masked_batches, random_batch

torch = pytest.importorskip("torch")
torch_backend = pytest.importorskip("spacy_bio_crf.crf.torch_backend")


@pytest.fixture
def float32():
    with own_arithmetic("float32"):
        yield


@pytest.fixture
def float64():
    with own_arithmetic():
        yield


def on_leaves(function, scores, dtype=torch.float64):
    """A function of the scores' four tensors, and these, for gradcheck."""
    leaves = [torch.from_numpy(getattr(scores, name)).to(dtype).requires_grad_() for name in FIELDS]
    return lambda *given: function(replace(scores, **dict(zip(FIELDS, given)))), leaves


def case(scale=1.0):
    """Forbidden starts and steps, forbidden tags of tokens, an empty sequence, one without a legal path, partial
    gold."""
    scores = bio_batch([3, 0, 1, 4, 2], 2, scale)
    allowed = numpy.random.default_rng(0).random(scores.emissions.shape) < 0.8
    allowed[:, 0] = True
    gold = allowed & (numpy.random.default_rng(1).random(allowed.shape) < 0.6)
    gold[:, 0] = True
    return scores, gold, allowed


@pytest.mark.parametrize("scale", [1.0, 60.0])  # in probabilities, and in log space
class TestGradients:
    def test_of_log_z(self, scale):
        scores, _, allowed = case(scale)
        dead = allowed.copy()
        dead[2] = False
        for mask in (None, allowed, dead):
            function, leaves = on_leaves(lambda s: torch_backend.log_partition(s, mask), scores)
            live = torch.isfinite(function(*leaves))
            function, leaves = on_leaves(lambda s: torch_backend.log_partition(s, mask)[live], scores)
            assert live.all() != (mask is dead)
            assert torch.autograd.gradcheck(function, leaves, eps=1e-6 * scale)
            assert torch.autograd.gradgradcheck(function, leaves, eps=1e-6 * scale, atol=1e-4)

    def test_of_the_loss(self, scale):
        scores, gold, allowed = case(scale)
        path = torch.from_numpy(reference.best_path(scores, allowed)[0]).long()
        for labels in (gold, path):
            function, leaves = on_leaves(lambda s: torch_backend.negative_log_likelihood(s, labels, allowed), scores)
            assert torch.autograd.gradcheck(function, leaves, eps=1e-6 * scale)
            assert torch.autograd.gradgradcheck(function, leaves, eps=1e-6 * scale, atol=1e-4)

    @pytest.mark.parametrize("name", ["entropy", "tag_probabilities"])
    def test_of_what_follows(self, scale, name):
        scores, _, allowed = case(scale)
        for mask in (None, allowed):
            function, leaves = on_leaves(lambda s: getattr(torch_backend, name)(s, mask), scores)
            assert torch.autograd.gradcheck(function, leaves, eps=1e-6 * scale, atol=1e-4)

    def test_of_a_path(self, scale):
        scores, _, _ = case(scale)
        path = reference.best_path(scores)[0]
        function, leaves = on_leaves(lambda s: torch_backend.path_score(s, path), scores)
        assert torch.autograd.gradcheck(function, leaves, eps=1e-6 * scale)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_half_precision_is_exact_to_its_own_rounding(either, dtype, scale):
    scores, gold, allowed = case(scale)
    half = replace(scores, **{name: torch.from_numpy(getattr(scores, name)).to(dtype) for name in FIELDS})
    rounded = replace(scores, **{name: getattr(half, name).float().numpy() for name in FIELDS})
    losses, gradient = torch_backend.loss(half, gold, allowed)
    expected, expected_gradient = reference.loss(rounded, gold, allowed)
    assert_allclose(losses.numpy(), expected, rtol=1e-9, atol=1e-9)
    for name in FIELDS:
        got, wanted = getattr(gradient, name), torch.from_numpy(getattr(expected_gradient, name))
        assert got.dtype == dtype
        torch.testing.assert_close(got, wanted.to(dtype), msg=name)
    assert_array_equal(torch_backend.best_path(half)[0].numpy(), reference.best_path(rounded)[0])
    value, _ = torch_backend.expected_value(half, half.emissions, allowed)
    assert_allclose(
        value.numpy(), reference.expected_value(rounded, rounded.emissions, allowed)[0], rtol=1e-9, atol=1e-9
    )
    half.emissions.requires_grad_()
    torch_backend.log_partition(half, allowed).sum().backward()
    torch.testing.assert_close(
        half.emissions.grad, torch.from_numpy(reference.marginals(rounded, allowed)[1].emissions).to(dtype)
    )


@many_examples
@given(case=masked_batches())
def test_float32_arithmetic(float32, case):
    """Right to the rounding of the largest score, and legal whatever the scores."""
    scores, allowed = case
    expected, expected_gradient = reference.marginals(scores, allowed)
    log_z, gradient = arrays(torch_backend.marginals(tensors(scores), allowed))
    size = max(numpy.abs(getattr(scores, name)).max(initial=1.0) for name in FIELDS)
    assert_allclose(log_z, expected, rtol=1e-6, atol=1e-5 * size)
    for name in FIELDS:
        found, wanted = getattr(gradient, name), getattr(expected_gradient, name)
        assert numpy.isfinite(found).all() and (found >= 0).all() and found.max(initial=0) < len(scores.emissions) + 1
        if size <= 30:
            assert_allclose(found, wanted, atol=1e-4, err_msg=name)
    assert not gradient.step[~scores.constraints.step].any()
    if (log_z > -numpy.inf).all():
        tags, best = arrays(torch_backend.best_path(tensors(scores), allowed))
        assert_allclose(best, reference.best_path(scores, allowed)[1], rtol=1e-6, atol=1e-5 * size)


def test_float32_under_autocast(float32):
    """Its products must not be rounded to bfloat16."""
    for scale in (1.0, 60.0):
        scores = tensors(random_batch([4, 7], 5, scale))
        expected = torch_backend.expected_value(scores, scores.emissions), torch_backend.marginals(scores)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            got = torch_backend.expected_value(scores, scores.emissions), torch_backend.marginals(scores)
        for (values, gradient), (wanted, wanted_gradient) in zip(got, expected):
            assert_array_equal(values, wanted)
            assert_array_equal(gradient.step, wanted_gradient.step)


def test_the_device_is_not_waited_for_at_each_token(float64):
    from torch.utils._python_dispatch import TorchDispatchMode

    class Waits(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.count = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.count += function is torch.ops.aten._local_scalar_dense.default
            self.count += function is torch.ops.aten.nonzero.default
            return function(*args, **(kwargs or {}))

    def waits(length, call):
        scores = tensors(random_batch([length, length // 2], 4, legal=1.0))
        gold = torch.arange(len(scores.emissions)) % 4
        with Waits() as found:
            call(scores, gold)
        return found.count

    joins = numpy.zeros((4, 4), dtype=bool)
    for call in (
        lambda s, gold: torch_backend.loss(s, torch.nn.functional.one_hot(gold, 4).bool()),
        lambda s, gold: torch_backend.marginals(s),
        lambda s, gold: torch_backend.best_path(s),
        lambda s, gold: torch_backend.k_best(s, 3),
        lambda s, gold: torch_backend.sample(s, 2, 0),
        lambda s, gold: torch_backend.entropy(s),
        lambda s, gold: torch_backend.expected_value(s, s.emissions),
        lambda s, gold: torch_backend.span_probabilities(s, [(0, 2, 0), (3, 4, 0)], [0, 0, 0, 0], joins),
    ):
        assert 0 < waits(6, call) == waits(60, call) < 20


def test_large_temporaries_are_cut(float64, monkeypatch):
    from spacy_bio_crf.crf.torch_backend import number_systems

    scores, gold, allowed = case(60.0)
    values = numpy.random.default_rng(0).normal(size=gold.shape).astype("float32")
    labels, joins = numpy.array([-1, 0, 0, 1, 1]), numpy.eye(5, dtype=bool)
    spans = [(0, 3, 0), (0, 1, 1), (4, 6, 1), (5, 6, 0)]
    calls = (
        lambda: torch_backend.loss(tensors(scores), gold, allowed),
        lambda: torch_backend.expected_value(tensors(scores), torch.from_numpy(values)),
        lambda: (torch_backend.entropy(tensors(scores)),),
        lambda: torch_backend.k_best(tensors(scores), 3),
        lambda: (torch_backend.span_probabilities(tensors(scores), spans, labels, joins),),
    )
    expected = [arrays(call()) for call in calls]
    monkeypatch.setattr(number_systems, "CHUNK", 1)
    for call, wanted in zip(calls, expected):
        for found, part in zip(arrays(call()), wanted):
            if isinstance(part, ChainScores):
                found, part = found.step, part.step
            assert_allclose(found, part, rtol=1e-9, atol=1e-9)


def test_tensors_select_the_backend(either):
    scores = random_batch([4, 0, 2], 3)
    assert isinstance(crf.log_partition(tensors(scores)), torch.Tensor)
    assert_allclose(crf.log_partition(tensors(scores)), crf.log_partition(scores))
    assert isinstance(crf.log_partition(scores), numpy.ndarray)


class Borrowed:
    """Stands in for the arrays of a library such as CuPy: all that is known of them is DLPack."""

    def __init__(self, array):
        self.array, self.dtype, self.shape = array, array.dtype, array.shape

    def __dlpack__(self, *args, **kwargs):
        return self.array.__dlpack__(*args, **kwargs)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __len__(self):
        return len(self.array)


def test_other_arrays_go_in_and_out_by_dlpack(either, monkeypatch):
    library = ModuleType("borrowing")
    library.from_dlpack = lambda tensor: Borrowed(numpy.from_dlpack(tensor))
    monkeypatch.setitem(sys.modules, "borrowing", library)
    monkeypatch.setattr(Borrowed, "__module__", "borrowing.arrays")
    scores, gold, allowed = case()
    lent = replace(
        scores, **{name: Borrowed(getattr(scores, name)) for name in FIELDS}, lengths=Borrowed(scores.lengths)
    )
    losses, gradient = crf.loss(lent, Borrowed(gold), allowed)
    expected, expected_gradient = crf.loss(scores, gold, allowed)
    assert isinstance(losses, Borrowed) and isinstance(gradient.step, Borrowed)
    assert_allclose(losses.array, expected, rtol=1e-9)
    assert_allclose(gradient.step.array, expected_gradient.step, rtol=1e-5, atol=1e-7)
    assert isinstance(crf.best_path(lent)[0], Borrowed)

    shared = torch_backend.arrays.as_tensor(lent.emissions)
    shared[0, 0] = 42.0
    assert scores.emissions[0, 0] == 42.0  # the same memory


def test_without_torch_one_error_names_the_extra():
    code = """
import sys
sys.modules["torch"] = None
from spacy_bio_crf import crf
try:
    import spacy_bio_crf.crf.torch_backend
except ImportError as error:
    print(error)
class OnGpu:
    def __dlpack__(self):
        pass
class Scores:
    emissions = OnGpu()
try:
    crf.log_partition(Scores())
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.count("[E213]") == 2 and done.stdout.count("pip install 'spacy-bio-crf[torch]'") == 2, done
