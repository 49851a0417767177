"""The table of scores, against a dense one."""
import tracemalloc

import numpy
import pytest
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from thinc.api import NumpyOps

from spacy_bio_crf import crf
from spacy_bio_crf.features import FeatureTable, compact

from ..crf.strategies import random_batch

RATE, DAMPING = 0.1, 0.01
few = settings(max_examples=40, deadline=None)


class DenseTable:
    """Every row in every step, as a dense optimizer would have it."""

    def __init__(self, rows, width):
        self.values, self.squares, self.averages = (numpy.zeros((rows, width)) for _ in range(3))
        self.gradient = numpy.zeros((rows, width))
        self.steps = 0

    def sums(self, features):
        sums = [self.values[row[row > 0]].sum(axis=0) for row in features]
        return numpy.array(sums).reshape(-1, self.values.shape[1])

    def add_gradient(self, features, d_sums):
        for row, d_sum in zip(features, d_sums):
            for feature in row[row > 0]:
                self.gradient[feature] += d_sum

    def step(self):
        self.steps += 1
        self.squares += self.gradient**2
        self.values -= RATE * self.gradient / numpy.sqrt(self.squares + DAMPING)
        self.gradient[:] = 0
        NumpyOps().update_averages(self.averages, self.values, self.steps)


def of_features(table, dense, n, values):
    """The same rows of both tables: of the features 1 to n - 1, as far as the table has met them."""
    rows = table.rows(numpy.arange(n, dtype="uint64")[:, None])[:, 0]
    return values[rows[rows >= 0]], dense[numpy.flatnonzero(rows >= 0)], dense[numpy.flatnonzero(rows < 0)]


def check(table, dense):
    n = len(dense.values)
    for found, expected in ((table.values, dense.values), (table.averaged(), dense.averages)):
        some, same, unmet = of_features(table, expected, n, found)
        assert some == pytest.approx(same, rel=1e-4, abs=1e-5) and not unmet.any()


def learn(table, dense, rng, tokens, features):
    """One batch for both tables."""
    hashes = rng.choice(features, size=(tokens, 3)).astype("uint64")
    d_sums = rng.normal(size=(tokens, table.width)).astype("f")
    rows = table.rows(hashes, grow=True)
    assert table.sums(rows) == pytest.approx(dense.sums(hashes), rel=1e-4, abs=1e-4)
    table.add_gradient(rows, d_sums)
    dense.add_gradient(hashes, d_sums)


@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=12))
def test_against_a_dense_table(seed, width, steps):
    """Several gradients before a step, or none; features that first occur late, or that wait for long."""
    rng = numpy.random.default_rng(seed)
    table, dense = FeatureTable(width), DenseTable(12, width)
    for tokens in steps:
        some = rng.integers(0, 12, size=4)  # 0 is no feature
        for of_batch in tokens:
            learn(table, dense, rng, of_batch, some)
        table.step(RATE, DAMPING, average=True)
        dense.step()
        check(table, dense)


def test_against_a_dense_table_over_many_steps():
    rng = numpy.random.default_rng(0)
    table, dense = FeatureTable(2), DenseTable(6, 2)
    for now in range(2100):
        if now in (0, 1, 1023, 1024, 1025, 2050) or now % 7 == 0:
            learn(table, dense, rng, 2, [0, 1, 2] if now % 500 else [3, 4, 5])
        table.step(RATE, DAMPING, average=True)
        dense.step()
        if now % 50 == 0:
            check(table, dense)
    check(table, dense)


def test_against_a_dense_table_while_room_is_made():
    rng = numpy.random.default_rng(0)
    table, dense = FeatureTable(2), DenseTable(4000, 2)
    for last in (50, 1000, 1200, 4000):
        for _ in range(3):
            learn(table, dense, rng, 300, numpy.arange(last // 2, last))
            table.step(RATE, DAMPING, average=True)
            dense.step()
        check(table, dense)


def test_averages_have_the_longest_memory_of_thinc():
    """From step 89,990 on, the decay stays at 0.9999."""
    table, dense = FeatureTable(2), DenseTable(3, 2)
    table._steps = dense.steps = 200_000
    table._log_decays = numpy.zeros(300_000)
    rng = numpy.random.default_rng(0)
    for _ in range(20):
        learn(table, dense, rng, 2, [1, 2])
        table.step(RATE, DAMPING, average=True)
        dense.step()
    check(table, dense)


def test_values_do_not_depend_on_averaging():
    tables = [FeatureTable(2), FeatureTable(2)]
    for table, average in zip(tables, (True, False)):
        rng, dense = numpy.random.default_rng(0), DenseTable(6, 2)
        for _ in range(10):
            learn(table, dense, rng, 3, [0, 1, 2, 3, 4, 5])
            table.step(RATE, DAMPING, average)
            dense.step()
    assert numpy.array_equal(tables[0].values, tables[1].values) and not tables[1]._averages.any()


def trained(width=3, features=2000, steps=5, seed=0):
    rng = numpy.random.default_rng(seed)
    table = FeatureTable(width)
    for _ in range(steps):
        rows = table.rows(rng.integers(0, features, size=(40, 6), dtype="uint64"), grow=True)
        table.add_gradient(rows, rng.normal(size=(40, width)).astype("f"))
        table.step(RATE, DAMPING, average=True)
    return table


def test_gradient_of_sums():
    """<sums(values + direction) - sums(values), g> = <direction, gradient>, since sums are linear."""
    rng = numpy.random.default_rng(0)
    table = trained(features=30)
    rows = [table.rows(rng.integers(0, 40, size=(n, 4), dtype="uint64")) for n in (5, 0, 7)]
    assert (numpy.concatenate(rows) < 0).any()
    d_sums = [rng.normal(size=(len(some), 3)).astype("f") for some in rows]
    before, values = [table.sums(some) for some in rows], table.values.copy()
    direction = rng.normal(size=values.shape).astype("f")
    table.values = values + direction
    numeric = sum(((table.sums(some) - old) * d).sum() for some, old, d in zip(rows, before, d_sums))
    for some, d in zip(rows, d_sums):
        table.add_gradient(some, d)
    touched, gradient = table.gradient()
    assert sorted(touched) == sorted(set(numpy.concatenate(rows).ravel()) - {-1})
    assert (direction[touched] * gradient).sum() == pytest.approx(numeric, rel=1e-4)
    assert [len(part) for part in table.gradient()] == [0, 0]


def test_the_cost_of_a_step_follows_the_batch():
    table = trained(features=100_000)
    table.rows(numpy.arange(1, 100_000, dtype="uint64")[:, None], grow=True)
    arrays = ("_values", "_squares", "_averages", "_seen")
    before = {name: getattr(table, name).copy() for name in arrays}
    rows = table.rows(numpy.arange(500, 520, dtype="uint64").reshape(5, 4))
    tracemalloc.start()
    table.add_gradient(rows, numpy.ones((5, 3), dtype="f"))
    table.step(RATE, DAMPING, average=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000 < table._places.nbytes
    untouched = numpy.setdiff1d(numpy.arange(len(table._values)), rows)
    for name in arrays:
        same = getattr(table, name) == before[name]
        assert same[untouched].all() and not same[rows].any()
    assert (table._places == -1).all()


values = st.integers(0, 2**32 - 1).map(lambda seed: numpy.random.default_rng(seed).normal(size=(9, 5)).astype("f"))


@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(1e-12, 2.0))
def test_compact_keeps_what_matters(seed, width, smallest):
    values = numpy.random.default_rng(seed).normal(size=(9, width)).astype("f")
    found = compact(values, smallest)
    shifted = values - numpy.median(values, axis=1, keepdims=True)
    kept = numpy.abs(shifted) >= numpy.float32(smallest)
    assert numpy.array_equal(found, numpy.where(kept, shifted, 0)) and found.dtype == "float32"


def test_compact_tells_of_what_is_no_number():
    """So that training is seen to have diverged."""
    lost = numpy.array([[0.0, numpy.nan, 1.0], [0.0, 0.0, numpy.nan], [5.0, 0.0, 0.0]], dtype="f")
    found = compact(lost, 0.1)
    assert numpy.array_equal(numpy.isnan(found), numpy.isnan(lost)) and found[2].tolist() == [5, 0, 0]


def test_no_gradient_is_no_step_even_without_damping():
    table = FeatureTable(2)
    rows = table.rows(numpy.array([[1]], dtype="uint64"), grow=True)
    table.add_gradient(rows, numpy.array([[0.0, 2.0]], dtype="f"))
    table.step(0.5, 0.0, average=True)
    assert table.values.tolist() == [[0, -0.5]] and numpy.isfinite(table.averaged()).all()


@few
@given(values)
def test_what_all_outputs_share_makes_no_difference(values):
    """To any path or probability of the chain."""
    scores = random_batch([4, 0, 5], 5, seed=1)
    scores.emissions[:] = values
    before, path = crf.marginals(scores)[1].emissions.copy(), crf.best_path(scores)[0]
    scores.emissions[:] = compact(values, 1e-30)
    assert (scores.emissions == 0).any(axis=1).all()
    assert crf.marginals(scores)[1].emissions == pytest.approx(before, abs=1e-5)
    assert numpy.array_equal(crf.best_path(scores)[0], path)


def test_compact_leaves_its_argument_alone():
    values = numpy.array([[1.0, 2.0, 4.0], [0.01, 0.02, 0.0]], dtype="f")
    assert compact(values, 0.05).tolist() == [[-1, 0, 2], [0, 0, 0]]
    assert values.tolist()[0] == [1, 2, 4]
    assert compact(values, 0) is values
    assert compact(values[:0], 0.1).shape == (0, 3) and compact(values[:, :0], 0.1).shape == (2, 0)


@pytest.mark.parametrize("width", [1, 3, 255, 256, 300])
def test_round_trip_through_arrays(width):
    table = trained(width=width, features=100)
    table.values = compact(table.values, 0.05)
    table.values[::3] = 0
    table.values[1] = 1  # all outputs
    loaded = FeatureTable.from_arrays(srsly.msgpack_loads(srsly.msgpack_dumps(table.to_arrays())))
    assert loaded.width == width and len(loaded) == table.values.any(axis=1).sum()
    hashes = numpy.arange(0, 120, dtype="uint64").reshape(20, 6)
    assert numpy.array_equal(loaded.sums(loaded.rows(hashes)), table.sums(table.rows(hashes)))
    assert loaded.sums(loaded.rows(hashes)).any()
    for one in (table, loaded):  # and goes on learning
        one.add_gradient(one.rows(hashes, grow=True), numpy.ones((20, width), dtype="f"))
        one.step(RATE, DAMPING)


def test_round_trip_of_an_empty_table():
    for width in (0, 3):
        loaded = FeatureTable.from_arrays(srsly.msgpack_loads(srsly.msgpack_dumps(FeatureTable(width).to_arrays())))
        assert len(loaded) == 0 and loaded.width == width
        assert loaded.sums(loaded.rows(numpy.ones((2, 1), dtype="uint64"))).tolist() == [[0] * width] * 2


def test_resize():
    """What is there stays, and learns on as if the new outputs had always been there."""
    table, dense = FeatureTable(2), DenseTable(6, 4)
    rng = numpy.random.default_rng(0)
    narrow = DenseTable(6, 2)
    for _ in range(3):
        learn(table, narrow, rng, 3, [0, 1, 2, 3])
        table.step(RATE, DAMPING, average=True)
        narrow.step()
    learn(table, narrow, rng, 3, [2, 3, 4])  # not yet learned from
    before = table.values.copy()
    table.resize(4)
    assert table.width == 4
    assert numpy.array_equal(table.values[:, :2], before) and not table.values[:, 2:].any()
    for name in ("values", "squares", "averages", "gradient"):
        getattr(dense, name)[:, :2] = getattr(narrow, name)
    dense.steps = narrow.steps
    for _ in range(3):
        table.step(RATE, DAMPING, average=True)
        dense.step()
        check(table, dense)
        learn(table, dense, rng, 3, [0, 1, 4, 5])
