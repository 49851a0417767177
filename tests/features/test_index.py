"""The map from hashes to rows, against a dict."""
import pickle

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bio_crf.features.kernels import Index

MASK = (1 << 64) - 1
INVERSE = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
AT_ONE_SLOT = [i * INVERSE & MASK for i in range(1, 6)]  # all begin to probe at the first slot
hashes = st.one_of(st.integers(0, 5), st.sampled_from(AT_ONE_SLOT), st.integers(0, MASK))


def array(some):
    return numpy.array(some, dtype="uint64")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.lists(hashes, max_size=8)), max_size=6))
def test_rows_are_in_the_order_in_which_hashes_came(calls):
    index, expected = Index(), {}
    for grow, some in calls:
        for one in some if grow else ():
            if one:
                expected.setdefault(one, len(expected))
        found = (index.add if grow else index.find)(array(some))
        assert found.dtype == "int32" and found.tolist() == [expected.get(one, -1) for one in some]
        assert len(index) == len(expected) and index.keys().tolist() == list(expected)


def test_many_hashes():
    """The map grows several times; random hashes beside those of small numbers and of one slot."""
    rng = numpy.random.default_rng(0)
    parts = [rng.integers(1, MASK, 20_000, dtype="uint64"), numpy.arange(1, 3_000, dtype="uint64")]
    every = numpy.unique(numpy.concatenate([*parts, array([i * INVERSE & MASK for i in range(1, 300)])]))
    rng.shuffle(every)
    index = Index()
    for first in range(0, len(every), 5_000):
        index.add(every[first : first + 5_000])
    assert numpy.array_equal(index.find(every), numpy.arange(len(every)))
    assert (index.find(rng.integers(1, MASK, 1_000, dtype="uint64")) < 0).all()
    copied = pickle.loads(pickle.dumps(index))
    assert numpy.array_equal(copied.find(every), numpy.arange(len(every))) and numpy.array_equal(copied.keys(), every)
