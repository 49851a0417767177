"""The compiled blocks against their definition, in every instruction set."""
import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, array_shapes
from numpy.testing import assert_array_equal

from spacy_bio_crf.fast import kernels

from .blocks import SEEDS, BlockCase, block_cases

# The fixture `target` is the same for all examples, and that is meant.
many_examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_close(found, expected, tolerance=2e-5):
    """Up to rounding, which is relative to the largest numbers that are added up."""
    assert (found is None) == (expected is None)
    if found is not None and expected.size:
        assert found.shape == expected.shape and found.dtype == "float32"
        numpy.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * max(1.0, numpy.abs(expected).max()))


@many_examples
@given(case=block_cases(), traced=st.booleans())
def test_results_are_those_of_the_definition(target, case, traced):
    Y = case.compiled(traced).forward()
    assert Y.shape == (len(case.X), len(case.W))
    assert_close(Y[case.rows], case.forward()[0])


@many_examples
@given(case=block_cases())
def test_gradients_are_those_of_the_definition(target, case):
    block = case.compiled()
    block.forward()
    for found, expected in zip(block.backward(case.dY), case.backward()):
        assert_close(found, expected)


@many_examples
@given(case=block_cases())
def test_without_norm_and_dropout_nothing_is_rounded(target, case):
    case = case._replace(scale=None, shift=None, dropout=None)
    assert_array_equal(case.compiled().forward()[case.rows], case.forward()[0].astype("float32"))


@many_examples
@given(case=block_cases(exact=False), data=st.data())
def test_a_row_is_the_same_whatever_rows_are_beside_it(target, case, data):
    whole = case.compiled().forward()
    some = case.of_rows(data.draw(arrays(bool, len(case.rows))))
    assert_array_equal(some.compiled(traced=False).forward()[some.rows], whole[some.rows])


@many_examples
@given(case=block_cases(exact=False))
def test_the_backward_pass_may_come_after_a_prediction_and_twice(target, case):
    trained, predicted = case.compiled(), case.compiled(traced=False)
    trained.forward()
    predicted.forward()
    expected = trained.backward(case.dY)
    for again in (trained.backward(case.dY), predicted.backward(case.dY), predicted.backward(case.dY)):
        for found, gradient in zip(again, expected):
            assert_array_equal(found, gradient) if gradient is not None else None


def test_of_equal_pieces_the_first_wins(target):
    W = numpy.zeros((16, 3, 16), dtype="float32")
    b = numpy.array([[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]] * 4, dtype="float32")
    X = dY = numpy.ones((5, 16), dtype="float32")
    case = BlockCase(W, b, None, None, X, numpy.arange(5, dtype="int32"), 0, None, False, dY)
    block = case.compiled()
    assert_array_equal(block.forward(), numpy.ones((5, 16)))
    assert_array_equal(block.backward(dY)[2], [[5, 0, 0], [0, 5, 0], [5, 0, 0], [5, 0, 0]] * 4)


def test_rows_that_are_all_equal_are_normalized_to_the_shift(target):
    """Their deviation is nothing but Thinc's 1e-8 under the root."""
    W, b = numpy.zeros((32, 2, 16), dtype="float32"), numpy.full((32, 2), 3.0, dtype="float32")
    scale, shift = numpy.arange(64, dtype="float32").reshape(2, 32)
    X = numpy.ones((3, 16), dtype="float32")
    dY = numpy.random.default_rng(0).normal(size=(3, 32)).astype("float32")
    case = BlockCase(W, b, scale, shift, X, numpy.arange(3, dtype="int32"), 0, None, False, dY)
    block = case.compiled()
    assert_array_equal(block.forward(), numpy.tile(shift, (3, 1)))
    for found, expected in zip(block.backward(dY), case.backward()):
        assert_close(found, expected)


def test_the_widest_instruction_set_is_the_default():
    known = ["avx512", "avx2", "baseline"]
    found = kernels.available()
    assert found == [name for name in known if name in found] and found[-1] == "baseline"
    with pytest.raises(ValueError, match="mmx"):
        kernels.choose("mmx")


@given(n_rows=st.integers(0, 70), width=st.integers(1, 70))
def test_memory_begins_at_a_cache_line(n_rows, width):
    array = kernels.empty(n_rows, width)
    assert array.shape == (n_rows, width) and array.dtype == "float32" and array.flags.c_contiguous
    assert array.ctypes.data % 64 == 0 or not array.size


FEW = st.integers(0, 2)  # so that rows are equal, and rows that differ in one column are near
HASHES = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 1 << 32, 1 << 63, 2**64 - 1]))


@settings(max_examples=200, deadline=None)
@given(arrays("uint64", array_shapes(min_dims=2, max_dims=2, max_side=12), elements=FEW | HASHES))
def test_distinct_rows_are_those_of_numpy(keys):
    check_distinct(keys)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, n_rows=st.integers(0, 2000), width=st.integers(1, 6), kinds=st.integers(1, 2000))
def test_distinct_rows_of_many(seed, n_rows, width, kinds):
    rng = numpy.random.default_rng(seed)
    check_distinct(rng.integers(0, 2**64, (kinds, width), dtype="uint64")[rng.integers(kinds, size=n_rows)])


def check_distinct(keys):
    """As of numpy.unique, but in the order in which they come first."""
    first, which = kernels.distinct_rows(keys)
    assert_array_equal(keys[first][which], keys)
    places = numpy.unique(keys, axis=0, return_index=True)[1] if len(keys) else []
    assert_array_equal(first, numpy.sort(places))
    assert_array_equal(which[first], numpy.arange(len(first)))


def test_no_rows_are_no_kinds():
    first, which = kernels.distinct_rows(numpy.zeros((0, 4), dtype="uint64"))
    assert first.shape == which.shape == (0,)
