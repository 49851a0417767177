"""A Linear layer sped up, beside Thinc's, for any number of inputs, outputs and rows."""
import numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thinc.api import Linear

from spacy_bio_crf.fast import linear, speed_up


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n_rows=st.integers(0, 90), n_inputs=st.integers(1, 70), n_outputs=st.integers(1, 40), seed=st.integers(0, 99))
def test_predictions_and_gradients_are_the_same(target, n_rows, n_inputs, n_outputs, seed):
    rng = numpy.random.default_rng(seed)
    slow, fast = (Linear(n_outputs, n_inputs).initialize() for _ in range(2))
    for name, shape in [("W", (n_outputs, n_inputs)), ("b", (n_outputs,))]:
        value = rng.normal(size=shape).astype("float32")
        slow.set_param(name, value)
        fast.set_param(name, value.copy())
    assert speed_up(fast)._func is linear.forward
    X, dY = rng.normal(size=(n_rows, n_inputs)).astype("float32"), rng.normal(size=(n_rows, n_outputs)).astype("float32")
    assert numpy.allclose(fast.predict(X), slow.predict(X), rtol=1e-5, atol=1e-5)
    for is_train in (True, False):  # Thinc's layers can go back over a prediction too
        d_fast, d_slow = fast(X, is_train)[1](dY), slow(X, is_train)[1](dY)
        assert numpy.allclose(d_fast, d_slow, rtol=1e-5, atol=1e-5)
        for name in ("W", "b"):
            assert numpy.allclose(fast.get_grad(name), slow.get_grad(name), rtol=1e-4, atol=1e-4)


def test_a_row_is_the_same_whatever_rows_are_beside_it(target):
    model = speed_up(Linear(9, 128).initialize())
    X = numpy.random.default_rng(0).normal(size=(50, 128)).astype("float32")
    together = model.predict(X)
    for i in range(len(X)):
        assert numpy.array_equal(model.predict(X[i : i + 1])[0], together[i])
