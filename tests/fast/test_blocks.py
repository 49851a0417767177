"""Maxout >> LayerNorm >> dropout as nodes of any model: what is sped up, and what stays with Thinc."""
import numpy
import pytest
from thinc.api import Dropout, HashEmbed, LayerNorm, Linear, Maxout, Model, chain, clone, expand_window, list2ragged
from thinc.api import ragged2list, residual, with_array

from spacy_bio_crf.fast import speed_up
from spacy_bio_crf.fast.nodes import in_turn

from .twins import assert_close, assert_same, both_ways, make_docs, make_twins, make_vectors, take_gradients

BLOCKS = {
    "maxout": lambda: Maxout(64, 32, 3),
    "maxout, norm": lambda: Maxout(64, 32, 2, normalize=True),
    "maxout, dropout": lambda: Maxout(64, 32, 2, dropout=0.2),
    "maxout, norm, dropout": lambda: Maxout(64, 32, 3, normalize=True, dropout=0.2),
    "nested": lambda: chain(Maxout(64, 32, 2), chain(LayerNorm(64), Dropout(0.2))),
    "in a chain": lambda: chain(Linear(32, 32), Maxout(64, 32, 2, normalize=True), Linear(5, 64)),
    "twice": lambda: chain(Maxout(48, 32, 2, normalize=True), Maxout(64, 48, 3)),
}
STAY = {
    "width of results": lambda: Maxout(40, 32, 3, normalize=True),
    "width of inputs": lambda: Maxout(32, 40, 3, normalize=True),
    "pieces": lambda: Maxout(32, 32, 4, normalize=True),
    "one piece": lambda: Maxout(32, 32, 1),
}


def inputs_of(model, n_rows=21):
    return make_vectors(n_rows, width=in_turn(model)[0].get_dim("nI"))[0]


@pytest.mark.parametrize("dropout", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("name", [*BLOCKS, *STAY])
def test_blocks_are_the_same(name, dropout):
    model = {**BLOCKS, **STAY}[name]()
    X = inputs_of(model)
    assert_same(*make_twins(model, X), X, dropout)


@pytest.mark.parametrize("name", ["maxout", "maxout, norm", "twice"])
def test_arrays_may_have_any_layout(name):
    model = BLOCKS[name]()
    X = inputs_of(model)
    slow, fast = make_twins(model, X)
    columns = numpy.asfortranarray(X)
    assert_close(fast.predict(columns), slow.predict(X))
    expected, back = slow.begin_update(X)
    _, fast_back = fast.begin_update(columns.astype("float64"))
    dY = make_vectors(len(X), width=expected.shape[1], seed=1)[0]
    assert_close(fast_back(numpy.asfortranarray(dY)), back(dY))
    assert_close(take_gradients(fast), take_gradients(slow))
    for node in fast.walk():
        for parameter in node.param_names:
            node.set_param(parameter, numpy.asfortranarray(node.get_param(parameter)))
    assert_close(fast.predict(X), slow.predict(X))


def test_arrays_of_the_wrong_shape_are_refused():
    X = make_vectors(9, width=32)[0]
    _, fast = make_twins(BLOCKS["maxout, norm"](), X)
    with pytest.raises(ValueError, match=r"E201.*X .*\(9, 32\).*\(9, 31\)"):
        fast.predict(X[:, 1:])
    _, backprop = fast.begin_update(X)
    for rows in (8, 10):
        with pytest.raises(ValueError, match=r"E201.*dY .*\(9, 64\).*\(%d, 64\)" % rows):
            backprop(numpy.zeros((rows, 64), dtype="float32"))
    fast.layers[0].set_param("b", numpy.zeros((64, 1), dtype="float32"))
    with pytest.raises(ValueError, match=r"E201.*b .*\(64, 2\)"):
        fast.predict(X)


@pytest.mark.parametrize("name", BLOCKS)
def test_predictions_can_go_back_as_in_thinc(name):
    """The passes of Thinc's layers that are not in training have a backward pass, too."""
    model = BLOCKS[name]()
    X = inputs_of(model)
    results = []
    for twin in make_twins(model, X):
        Y, backprop = twin(X, is_train=False)
        dX = backprop(numpy.linspace(-1, 1, Y.size, dtype="float32").reshape(Y.shape))
        results.append((Y, dX, take_gradients(twin)))
    assert_close(*reversed(results))


def test_dropout_that_is_not_enabled_does_nothing():
    X = inputs_of(BLOCKS["maxout, dropout"]())
    slow, fast = make_twins(BLOCKS["maxout, dropout"](), X)
    for model in (slow, fast):
        model.layers[-1].attrs["is_enabled"] = False
    assert_same(slow, fast, X, dropout=0.5)
    assert_close(both_ways(fast, X, dropout=0.5)[0], fast.predict(X))


def test_without_enough_padding_documents_see_each_other_as_ever():
    """Only the blocks inside are sped up."""
    Xs = make_vectors(3, 0, 5, 1, width=32)
    cnn = residual(chain(expand_window(1), Maxout(32, 96, 2, normalize=True, dropout=0.0)))
    slow, fast = make_twins(with_array(clone(cnn, 3), pad=1), Xs)
    assert fast._func is slow._func and fast.layers[0]._func is slow.layers[0]._func
    assert_same(slow, fast, Xs, dropout=0.2)


def test_residuals_need_windows_as_wide_as_results():
    """What Thinc broadcasts, it broadcasts still."""
    Xs = make_vectors(3, 5, width=16)
    cnn = residual(chain(expand_window(0), Maxout(32, 16, 2)))
    slow, fast = make_twins(with_array(cnn, pad=1), None)
    for model in (slow, fast):
        with pytest.raises(ValueError, match="broadcast"):
            model.predict(Xs)


def keys_of(numbers):
    """A layer that gives documents keys of some form."""

    def forward(model, docs, is_train):
        return [numbers(doc) for doc in docs], lambda d_keys: []

    return Model("keys", forward)


@pytest.mark.parametrize("dtype", ["uint64", "int64", "int32"])
@pytest.mark.parametrize("column", [None, 0])
def test_tables_take_keys_of_any_form(dtype, column):
    """One key a token, or columns of them; whole numbers of any kind."""
    docs = make_docs(6, 0, 4, 4)
    keys = keys_of(lambda doc: (numpy.arange(len(doc)) % 3).astype(dtype).reshape((-1,) if column is None else (-1, 1)))
    table = with_array(HashEmbed(32, 50, column=column, dropout=0.0))
    mix = with_array(Maxout(32, 32, 3, normalize=True, dropout=0.0))
    slow, fast = make_twins(chain(keys, list2ragged(), table, mix, ragged2list()), docs[:1])
    assert_same(slow, fast, docs, dropout=0.3)


def test_a_model_that_changes_or_shares_nodes_goes_on_in_thinc():
    X = make_vectors(7, width=32)[0]
    shared = Maxout(32, 32, 2)
    slow, fast = make_twins(chain(chain(shared, LayerNorm(32)), chain(shared, Linear(32, 32))), X)
    assert_same(slow, fast, X)
    speed_up(fast.layers[0].layers[0])
    assert_same(slow, fast, X)

    Xs = [X]
    cnn = residual(chain(expand_window(1), Maxout(32, 96, 2, normalize=True)))
    slow, fast = make_twins(with_array(clone(cnn, 2), pad=2), Xs)
    for model in (slow, fast):
        model.layers[0].layers[1] = Linear(32, 32).initialize()
        model.layers[0].layers[1].set_param("W", numpy.eye(32, dtype="float32"))
    assert_same(slow, fast, Xs)
