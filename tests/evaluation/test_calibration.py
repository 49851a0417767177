"""Calibration: the best map of its kind, monotone, inside [0, 1], and plain JSON."""
import json
import sys

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from spacy_bio_crf.evaluation import (
    FITS,
    apply_calibration,
    expected_calibration_error,
    fit_isotonic,
    fit_platt,
    fit_temperature,
)

from .strategies import outcomes

MODERATE = st.floats(1e-6, 1 - 1e-6)
MAPS = st.one_of(
    st.builds(lambda t: {"kind": "temperature", "temperature": t}, st.floats(0.2, 20)),
    st.builds(lambda a, b: {"kind": "platt", "a": a, "b": b}, st.floats(0.05, 2), st.floats(-3, 3)),
)


def platt_targets(correct):
    right = correct.sum()
    return numpy.where(correct, (right + 1) / (right + 2), 1 / (len(correct) - right + 2))


def loss(found, calibration):
    p = numpy.clip(apply_calibration(calibration, found.probability), 1e-15, 1 - 1e-15)
    targets = platt_targets(found.correct)
    return -numpy.mean(targets * numpy.log(p) + (1 - targets) * numpy.log1p(-p))


@given(outcomes(probabilities=st.floats(0.05, 0.95)), st.floats(0.05, 50))
def test_no_temperature_fits_better(found, other):
    best = loss(found, fit_temperature(found.probability, found.correct))
    assert best <= loss(found, {"kind": "temperature", "temperature": other}) + 1e-9


@given(outcomes(probabilities=st.floats(0.05, 0.95)), st.floats(0.01, 3), st.floats(-3, 3))
def test_no_slope_and_shift_fit_better(found, a, b):
    best = loss(found, fit_platt(found.probability, found.correct))
    assert best <= loss(found, {"kind": "platt", "a": a, "b": b}) + 1e-9


@given(outcomes(max_size=30))
def test_isotonic_is_scikit_learns(found):
    assume((found.probability > 0).all())
    fitted = IsotonicRegression(out_of_bounds="clip").fit(found.probability, found.correct)
    calibrated = apply_calibration(fit_isotonic(found.probability, found.correct), found.probability)
    numpy.testing.assert_allclose(calibrated, fitted.predict(found.probability), atol=1e-12)


@given(outcomes(max_size=30), st.sampled_from(sorted(FITS)), st.floats(0, 1))
def test_any_fit_is_a_rising_map_of_probabilities_and_plain_json(found, kind, p):
    calibration = FITS[kind](found.probability, found.correct)
    assert json.loads(json.dumps(calibration, allow_nan=False)) == calibration
    ends = apply_calibration(calibration, numpy.array([0.0, p, 1.0]))
    assert ends[0] == 0 and (numpy.diff(ends) >= 0).all() and ends[2] <= 1


@given(MAPS, MODERATE, MODERATE)
def test_order_is_kept(calibration, p, q):
    assume(p < q and abs(numpy.log(p / (1 - p)) - numpy.log(q / (1 - q))) > 1e-9)
    low, high = apply_calibration(calibration, numpy.array([p, q]))
    assert low < high


@given(st.floats(0.2, 20), MODERATE)
def test_temperature_keeps_the_side_of_one_half(temperature, p):
    assume(abs(p - 0.5) > 1e-9)
    (calibrated,) = apply_calibration({"kind": "temperature", "temperature": temperature}, numpy.array([p]))
    assert (calibrated > 0.5) == (p > 0.5)


@pytest.mark.parametrize("kind", FITS)
def test_a_known_distortion_is_undone(kind):
    generator = numpy.random.default_rng(0)
    truth = generator.beta(2, 1, 20_000)
    correct = generator.random(20_000) < truth
    logits = 3 * numpy.log(truth / (1 - truth))
    p = 1 / (1 + numpy.exp(-logits))
    calibration = FITS[kind](p, correct)
    assert expected_calibration_error(p, correct) > 0.05
    assert expected_calibration_error(apply_calibration(calibration, p), correct) < 0.015
    if kind == "temperature":
        assert calibration["temperature"] == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("fit", [fit_platt, fit_temperature])
@pytest.mark.parametrize("correct", [[True] * 20, [False] * 20])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_one_class_alone_leads_to_no_certainty(fit, correct, p):
    (calibrated,) = apply_calibration(fit(numpy.full(20, p), numpy.array(correct)), numpy.array([0.8]))
    assert 0 < calibrated < 1


@pytest.mark.parametrize("fit, p", [(fit_temperature, 0.9), (fit_platt, 0.9), (fit_platt, 1.0)])
def test_of_n_right_spans_one_more_may_be_wrong(fit, p):
    """Platt's targets, which are Laplace's rule of succession."""
    calibration = fit(numpy.full(20, p), numpy.ones(20, dtype=bool))
    assert apply_calibration(calibration, numpy.array([p]))[0] == pytest.approx(21 / 22)


def test_where_data_would_have_the_map_fall_it_is_nearly_flat():
    p, correct = numpy.array([0.2, 0.9, 0.8] * 10), numpy.array([True, False, False] * 10)
    calibrated = apply_calibration(fit_platt(p, correct), p)
    assert calibrated[0] < calibrated[2] < calibrated[1] < calibrated[0] + 0.02
    assert calibrated.mean() == pytest.approx(platt_targets(correct).mean())


def test_shift_meets_the_share_of_correct_spans():
    p, correct = numpy.full(1000, 0.99), numpy.arange(1000) < 700
    assert apply_calibration(fit_platt(p, correct), p)[0] == pytest.approx(0.7, abs=0.01)


def test_none_changes_nothing():
    p = numpy.array([0.0, 0.3, 1.0])
    assert apply_calibration(None, p) is p


def test_unknown_kind():
    with pytest.raises(ValueError, match=r"E614.*'cold'.*platt, temperature, isotonic"):
        apply_calibration({"kind": "cold"}, numpy.array([0.5]))


@pytest.mark.parametrize("fit", FITS.values())
def test_nothing_to_fit(fit):
    with pytest.raises(ValueError, match="E612"):
        fit(numpy.zeros(0), numpy.zeros(0, dtype=bool))


@pytest.mark.parametrize("wrong", [-0.1, 1.5, numpy.nan])
def test_no_probability(wrong):
    with pytest.raises(ValueError, match=rf"E613.*{wrong}"):
        fit_platt(numpy.array([0.5, wrong]), numpy.array([True, False]))


def test_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.isotonic", None)
    with pytest.raises(ImportError, match=r"E615.*sklearn.*spacy-bio-crf\[evaluation\]"):
        fit_isotonic(numpy.array([0.5]), numpy.array([True]))
