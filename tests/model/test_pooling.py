"""The first piece of a token speaks for it."""
import numpy
from thinc.api import Ragged
from thinc.layers import reduce_first

from spacy_bio_crf.model.pooling import build_first_piece_v1


def pieces(lengths):
    X = numpy.random.default_rng(0).normal(size=(sum(lengths), 4)).astype("f")
    return Ragged(X, numpy.array(lengths, dtype="i"))


def test_it_is_reduce_first_where_all_tokens_have_pieces():
    X, dY = pieces([2, 1, 3]), numpy.ones((3, 4), dtype="f")
    found, backprop = build_first_piece_v1()(X, True)
    expected, expected_backprop = reduce_first()(X, True)
    numpy.testing.assert_array_equal(found, expected)
    numpy.testing.assert_array_equal(backprop(dY).dataXd, expected_backprop(dY).dataXd)


def test_tokens_without_pieces_are_zeros_and_have_no_gradient():
    X = pieces([0, 2, 0, 0, 1, 0])
    Y, backprop = build_first_piece_v1()(X, True)
    numpy.testing.assert_array_equal(Y[[1, 4]], X.dataXd[[0, 2]])
    assert not Y[[0, 2, 3, 5]].any()
    dX = backprop(numpy.full((6, 4), 7, dtype="f"))
    assert dX.dataXd.tolist() == [[7] * 4, [0] * 4, [7] * 4] and dX.lengths is X.lengths


def test_batches_without_pieces_pass():
    for lengths in ([], [0, 0]):
        Y, backprop = build_first_piece_v1()(pieces(lengths), True)
        assert Y.shape == (len(lengths), 4) and not Y.any() and backprop(Y).dataXd.shape == (0, 4)
