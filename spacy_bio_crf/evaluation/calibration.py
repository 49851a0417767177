"""Maps from raw to calibrated probabilities: each is fitted on development data, and stored as a plain JSON dict.

All of them keep the order of probabilities. `platt` has two numbers, a slope and a shift, `temperature` the slope alone;
`isotonic` follows the data with a staircase, and may tie what was apart.
"""
from typing import Any, Callable, Dict, Optional

import numpy

from ..errors import Errors
from ..types import Bools1d, Floats1d
from .extra import import_extra
from .metrics import CLIP

Calibration = Dict[str, Any]

MIN_SLOPE = 0.01  # a map must rise, even where the data would have it fall


def fit_platt(probability: Floats1d, correct: Bools1d) -> Calibration:
    """Fit p' = sigmoid(a * logit(p) + b) to the least log loss. The targets are Platt's: (right + 1) / (right + 2) for each
    of the spans that are right, 1 / (wrong + 2) for the others, so that a and b stay finite. Platt (1999), Probabilistic
    outputs for support vector machines.

    probability (Floats1d): Raw probabilities. Shape: S
    correct (Bools1d): Which spans are right. Shape: S
    RETURNS (Calibration): {"kind": "platt", "a": a, "b": b}, where a is at least 0.01.
    RAISES (ValueError): There are no spans, or a probability is not between 0 and 1.
    """
    logits, targets = _logits(_checked(probability)), _platt_targets(correct)
    ones = numpy.ones_like(logits)
    slope, shift = _logistic_regression(numpy.stack([logits, ones], axis=1), targets)
    if slope < MIN_SLOPE:
        slope = MIN_SLOPE
        (shift,) = _logistic_regression(ones[:, None], targets, offset=slope * logits)
    return {"kind": "platt", "a": float(slope), "b": float(shift)}


def fit_temperature(probability: Floats1d, correct: Bools1d) -> Calibration:
    """Fit p' = sigmoid(logit(p) / T) to the least log loss, against Platt's targets as in `fit_platt`. What was above 1/2
    stays above. Guo et al. (2017), On calibration of modern neural networks.

    probability (Floats1d): Raw probabilities. Shape: S
    correct (Bools1d): Which spans are right. Shape: S
    RETURNS (Calibration): {"kind": "temperature", "temperature": T}, where T is at most 100.
    RAISES (ValueError): There are no spans, or a probability is not between 0 and 1.
    """
    logits = _logits(_checked(probability))
    (slope,) = _logistic_regression(logits[:, None], _platt_targets(correct))
    return {"kind": "temperature", "temperature": float(1 / max(slope, MIN_SLOPE))}


def fit_isotonic(probability: Floats1d, correct: Bools1d) -> Calibration:
    """Fit the rising staircase of the least squared error, with scikit-learn; lines join its steps. Zadrozny and Elkan
    (2002), Transforming classifier scores into accurate multiclass probability estimates.

    probability (Floats1d): Raw probabilities. Shape: S
    correct (Bools1d): Which spans are right. Shape: S
    RETURNS (Calibration): {"kind": "isotonic", "x": raw, "y": calibrated}, two lists of knots that begin with 0 and 0.
    RAISES (ValueError): There are no spans, or a probability is not between 0 and 1.
    RAISES (ImportError): scikit-learn is not installed.
    """
    isotonic = import_extra("sklearn.isotonic").IsotonicRegression()
    isotonic.fit(_checked(probability), numpy.asarray(correct, dtype="float64"))
    x, y = isotonic.X_thresholds_, isotonic.y_thresholds_
    above = x > 0  # whatever the data say, the impossible stays so
    return {"kind": "isotonic", "x": [0.0, *x[above].tolist()], "y": [0.0, *y[above].tolist()]}


FITS: Dict[str, Callable[[Floats1d, Bools1d], Calibration]] = {
    "platt": fit_platt,
    "temperature": fit_temperature,
    "isotonic": fit_isotonic,
}


def apply_calibration(calibration: Optional[Calibration], probability: Floats1d) -> Floats1d:
    """Map raw to calibrated probabilities. 0 stays 0.

    calibration (Optional[Calibration]): What one of the `fit_` functions returned; None changes nothing.
    probability (Floats1d): Raw probabilities. Shape: S
    RETURNS (Floats1d): Calibrated probabilities, between 0 and 1. Shape: S
    RAISES (ValueError): An unknown kind of calibration.
    """
    if calibration is None:
        return probability
    kind = calibration.get("kind")
    if kind == "platt":
        return _scaled(probability, calibration["a"], calibration["b"])
    if kind == "temperature":
        return _scaled(probability, 1 / calibration["temperature"], 0.0)
    if kind == "isotonic":
        return numpy.interp(probability, calibration["x"], calibration["y"])
    raise ValueError(Errors.E614.format(kind=kind, known=", ".join(FITS)))


def _scaled(probability: Floats1d, slope: float, shift: float) -> Floats1d:
    probability = numpy.asarray(probability, dtype="float64")
    logits = slope * _logits(probability) + shift
    return numpy.where(probability == 0, 0.0, _sigmoid(logits))


def _checked(probability: Floats1d) -> Floats1d:
    probability = numpy.asarray(probability, dtype="float64")
    if not len(probability):
        raise ValueError(Errors.E612)
    wrong = ~((probability >= 0) & (probability <= 1))
    if wrong.any():
        raise ValueError(Errors.E613.format(value=probability[wrong][0]))
    return probability


def _platt_targets(correct: Bools1d) -> Floats1d:
    right = numpy.count_nonzero(correct)
    wrong = len(correct) - right
    return numpy.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))


def _logits(probability: Floats1d) -> Floats1d:
    """1 is clipped too: arithmetic rounds to it, and an overtrained model does so often."""
    clipped = numpy.clip(probability, CLIP, 1 - CLIP)
    return numpy.log(clipped) - numpy.log1p(-clipped)


def _sigmoid(logits: Floats1d) -> Floats1d:
    return numpy.exp(-numpy.logaddexp(0, -logits))


def _logistic_regression(features: Any, targets: Floats1d, offset: Any = 0.0) -> Floats1d:
    """Weights of the least log loss, by Newton's method from (1, 0). Steps that overshoot are halved: the loss is convex.

    features (Floats2d): Shape: S, F
    targets (Floats1d): Shape: S
    offset (Union[float, Floats1d]): Added to the logits.
    RETURNS (Floats1d): Shape: F
    """

    def loss(weights: Floats1d) -> float:
        logits = features @ weights + offset
        return numpy.mean(numpy.logaddexp(0, logits) - targets * logits)

    weights = numpy.eye(features.shape[1])[0]
    for _ in range(100):
        fitted = _sigmoid(features @ weights + offset)
        gradient = features.T @ (fitted - targets)
        curvature = (features.T * (fitted * (1 - fitted))) @ features
        step = numpy.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while loss(weights - step) > loss(weights) and numpy.abs(step).max() > 1e-12:
            step = step / 2
        weights = weights - step
        if numpy.abs(step).max() < 1e-10:
            break
    return weights
