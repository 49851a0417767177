"""The figures: equal to scikit-learn's where it has them, and to their definitions."""
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from spacy_bio_crf.evaluation import (
    Outcomes,
    average_precision,
    brier_score,
    expected_calibration_error,
    log_loss,
    probability_scores,
    reliability_bins,
)

from .strategies import outcomes


@given(outcomes())
def test_brier_score_and_log_loss_are_scikit_learns(found):
    p, correct = found.probability, found.correct
    assert brier_score(p, correct) == pytest.approx(sklearn_metrics.brier_score_loss(correct, p, pos_label=True))
    clipped = numpy.clip(p, 1e-12, 1 - 1e-12)
    assert log_loss(p, correct) == pytest.approx(sklearn_metrics.log_loss(correct, clipped, labels=[False, True]))


@given(outcomes())
def test_average_precision_is_scikit_learns_times_the_share_found(found):
    right = found.correct.sum()
    if right:
        expected = sklearn_metrics.average_precision_score(found.correct, found.probability) * right / found.n_gold
        assert average_precision(found.probability, found.correct, found.n_gold) == pytest.approx(expected)
    elif found.n_gold:
        assert average_precision(found.probability, found.correct, found.n_gold) == 0


@given(outcomes(probabilities=st.integers(0, 20).map(lambda n: n / 20) | st.floats(0, 1)))
def test_calibration_error_by_its_definition(found):
    p, correct = found.probability, found.correct
    total = 0.0
    for b in range(10):
        mine = (p >= b / 10) & ((p < (b + 1) / 10) | (b == 9))
        if mine.any():
            total += mine.sum() / len(p) * abs(correct[mine].mean() - p[mine].mean())
    assert expected_calibration_error(p, correct) == pytest.approx(total, abs=1e-12)


@given(outcomes())
def test_bins_hold_every_span_once(found):
    bins = reliability_bins(found.probability, found.correct, 7)
    assert bins.count.sum() == len(found)
    assert bins.count @ bins.accuracy == pytest.approx(found.correct.sum())
    assert bins.count @ bins.probability == pytest.approx(found.probability.sum())


def test_bins_are_scikit_learns():
    generator = numpy.random.default_rng(0)
    p = generator.random(500)
    correct = generator.random(500) < p
    accuracy, confidence = calibration_curve(correct, p, n_bins=10)
    bins = reliability_bins(p, correct)
    numpy.testing.assert_allclose(bins.accuracy, accuracy)
    numpy.testing.assert_allclose(bins.probability, confidence)


def test_calibration_error_of_extremes():
    assert expected_calibration_error(numpy.array([1.0, 0.0]), numpy.array([True, False])) == 0
    assert expected_calibration_error(numpy.array([1.0, 0.0]), numpy.array([False, True])) == 1
    assert expected_calibration_error(numpy.full(4, 0.75), numpy.array([True, True, True, False])) == 0


def test_nothing_to_average():
    nothing = Outcomes(numpy.zeros(0), numpy.zeros(0, dtype=bool), numpy.zeros(0, dtype=object), {})
    assert probability_scores(nothing) == {"ece": None, "brier": None, "log_loss": None, "ap": None}
    assert average_precision(nothing.probability, nothing.correct, 3) == 0
