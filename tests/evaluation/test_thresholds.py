"""Thresholds: as good as the best of all, tried one by one."""
from itertools import product

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from spacy_bio_crf.evaluation import Counts, Objective, Outcomes, best_threshold, best_thresholds, kept_counts, of_label, total

from .strategies import outcomes

OBJECTIVES = st.one_of(
    st.builds(Objective, st.just("f"), beta=st.sampled_from([0.5, 1.0, 2.0])),
    st.builds(Objective, st.sampled_from(["precision", "recall"]), st.sampled_from([0.3, 0.5, 0.75, 1.0])),
)


def all_cuts(found):
    """One threshold for each set of spans that a threshold in [0, 1] can keep."""
    values = sorted({*found.probability.tolist(), 0.0})
    return values if values[-1] == 1 else [*values, 1.0]


def goal(counts, objective):
    """The measure to be as great as can be, given that the demand is met."""
    if objective.measure == "f":
        return counts.f_score(objective.beta)
    precision = counts.precision if counts.kept else 1.0
    demanded, wanted = (precision, counts.recall) if objective.measure == "precision" else (counts.recall, precision)
    return wanted if demanded >= objective.at_least else demanded - 10


@given(outcomes(), OBJECTIVES)
def test_no_threshold_is_better(found, objective):
    reached = goal(total(kept_counts(found, best_threshold(found, objective))), objective)
    assert reached == max(goal(total(kept_counts(found, cut)), objective) for cut in all_cuts(found))


@given(outcomes(max_size=8), st.sampled_from([0.5, 1.0, 2.0]))
def test_no_combination_of_thresholds_has_a_better_f(found, beta):
    thresholds = best_thresholds(found, Objective("f", beta=beta))
    labels = sorted(set(found.labels))
    cuts = [all_cuts(of_label(found, label)) for label in labels]
    best = max(total(kept_counts(found, 0.0, dict(zip(labels, cut)))).f_score(beta) for cut in product(*cuts))
    assert total(kept_counts(found, 0.0, thresholds)).f_score(beta) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_no_pair_of_thresholds_has_a_better_f(seed):
    generator = numpy.random.default_rng(seed)
    p = generator.random(60).round(2)
    labels = numpy.where(numpy.arange(60) < 40, "A", "B").astype(object)
    correct = generator.random(60) < p ** numpy.where(labels == "A", 4, 0.5)
    found = Outcomes(p, correct, labels, {"A": 50, "B": 20})
    cuts = product(*(all_cuts(of_label(found, label)) for label in "AB"))
    best = max(total(kept_counts(found, 0.0, dict(zip("AB", pair)))).f_score() for pair in cuts)
    assert total(kept_counts(found, 0.0, best_thresholds(found))).f_score() == pytest.approx(best)


@given(outcomes(), st.sampled_from(["precision", "recall"]))
def test_a_demand_is_made_of_each_label(found, measure):
    objective = Objective(measure, 0.5)
    for label, threshold in best_thresholds(found, objective).items():
        assert threshold == best_threshold(of_label(found, label), objective)


def test_f_of_all_labels_is_not_the_sum_of_their_best():
    """B alone is best kept whole, though its spans are mostly wrong; with A beside it, it is best dropped."""
    p = numpy.array([0.9] * 10 + [0.6] * 10)
    correct = numpy.array([True] * 10 + [True] * 3 + [False] * 7)
    found = Outcomes(p, correct, numpy.array(["A"] * 10 + ["B"] * 10, dtype=object), {"A": 10, "B": 3})
    thresholds = best_thresholds(found)
    assert best_threshold(of_label(found, "B")) == 0.0
    assert thresholds["A"] == 0.0 and thresholds["B"] > 0.6
    assert total(kept_counts(found, 0.0, thresholds)).f_score() == pytest.approx(20 / 23)


@given(outcomes(probabilities=st.integers(1, 10**6).map(lambda n: n / 10**6)))
def test_a_threshold_lies_between_probabilities(found):
    threshold = best_threshold(found)
    assert threshold == 0 or (0 < threshold < 1 and numpy.abs(found.probability - threshold).min() > 0)


def test_a_threshold_is_short():
    found = Outcomes(numpy.array([0.41, 0.83, 0.97]), numpy.array([False, True, True]), numpy.array(["A"] * 3), {"A": 2})
    assert best_threshold(found) == 0.6


def test_a_label_without_a_right_span_is_dropped_where_precision_is_demanded():
    found = Outcomes(numpy.array([0.4, 0.8]), numpy.array([False, False]), numpy.array(["A"] * 2), {"A": 1})
    thresholds = best_thresholds(found, Objective("precision", 0.9))
    assert kept_counts(found, 0.0, thresholds)["A"].kept == 0


def test_no_spans():
    nothing = Outcomes(numpy.zeros(0), numpy.zeros(0, dtype=bool), numpy.zeros(0, dtype=object), {"A": 2})
    assert best_threshold(nothing) == 0.0 and best_thresholds(nothing) == {}
    assert kept_counts(nothing) == {"A": Counts(0, 0, 2)}


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20), st.sampled_from([0.5, 1.0, 2.0]))
def test_measures_are_scikit_learns(right, wrong, missed, beta):
    gold = [True] * right + [False] * wrong + [True] * missed
    kept = [True] * right + [True] * wrong + [False] * missed
    p, r, f, _ = precision_recall_fscore_support(gold, kept, beta=beta, average="binary")
    counts = Counts(right, right + wrong, right + missed)
    assert (counts.precision, counts.recall, counts.f_score(beta)) == pytest.approx((p, r, f))


def test_nothing_kept_and_no_gold():
    assert (Counts(0, 0, 0).precision, Counts(0, 0, 0).recall, Counts(0, 0, 0).f_score()) == (0, 0, 0)
