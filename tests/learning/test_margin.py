"""Costs of softmax-margin training, and that adding them to the emissions is exact."""
from dataclasses import replace

import numpy
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf import crf
from spacy_bio_crf.learning import margin_costs
from spacy_bio_crf.tags import TagSet

from ..crf import oracle
from .cases import cases, gold_of, some_examples, through

BIO = TagSet("BIO", ["X", "Y"])  # O B-X I-X B-Y I-Y


def cost_of(tag, gold_tags, label_ids, missed, spurious):
    """Of one tag, as it is told in words."""
    if tag in gold_tags:
        return 0.0
    gold_labels = {label_ids[k] for k in gold_tags}
    cost = 0.0 if -1 in gold_labels else min(missed[label] for label in gold_labels)
    if label_ids[tag] >= 0 and label_ids[tag] not in gold_labels:
        cost += spurious[label_ids[tag]]
    return cost


@pytest.mark.parametrize(
    "gold, costs",
    [
        (["O"], [0, 0.5, 0.5, 0.25, 0.25]),
        (["B-X"], [1, 0, 1, 1.25, 1.25]),  # missed X, and spurious where the tag is of another label
        (["B-Y", "I-Y"], [2, 2.5, 2.5, 0, 0]),
        (["B-X", "B-Y"], [1, 0, 1, 0, 1]),  # of two labels, the smaller cost
        (["O", "I-X"], [0, 0, 0, 0.25, 0.25]),  # gold may be outside: nothing can be missed
        (["O", "B-X", "I-X", "B-Y", "I-Y"], [0, 0, 0, 0, 0]),
        ([], [0, 0.5, 0.5, 0.25, 0.25]),  # no path goes there; the costs stay finite, so that the loss can say so
    ],
)
def test_by_hand(gold, costs):
    row = numpy.isin(BIO.names, gold)[None]
    got = margin_costs(row, BIO.label_ids, [1, 2], [0.5, 0.25])
    assert got.dtype == "float32"
    assert_array_equal(got, [costs])


@some_examples
@given(case=cases())
def test_the_loss_with_costs_added(case):
    gold, n_labels = gold_of(case), len(case.tags.labels)
    missed, spurious = case.rng.choice([0.0, 0.5, 3.0], size=(2, n_labels))
    costs = margin_costs(gold, case.tags.label_ids, missed, spurious)
    expected = []
    for _, paths, rows in case.parts(gold):
        tags = [numpy.flatnonzero(row) for row in rows]
        cost = lambda path: sum(cost_of(k, t, case.tags.label_ids, missed, spurious) for k, t in zip(path, tags))
        with_costs = [(score + cost(path), path) for score, path in paths]
        expected.append(oracle.log_z(with_costs) - oracle.log_z(through(paths, rows)))
    scores = replace(case.scores, emissions=case.scores.emissions + costs)
    assert_allclose(crf.loss(scores, gold, case.allowed)[0], expected, rtol=1e-5, atol=1e-6 * max(1.0, case.scale))


@pytest.mark.parametrize("name", ["missed", "spurious"])
@pytest.mark.parametrize("value", [-1.0, numpy.inf])
def test_costs_out_of_range(name, value):
    costs = {"missed": [1.0, 1.0], "spurious": [1.0, 1.0], name: [0.0, value]}
    gold = numpy.ones((1, 5), dtype=bool)
    with pytest.raises(ValueError, match=f"E701] Expected {name} .* but {name}.1. is {value}"):
        margin_costs(gold, BIO.label_ids, **costs)
    with pytest.raises(ValueError, match=f"E201] Expected {name}"):
        margin_costs(gold, BIO.label_ids, **{**costs, name: [1.0]})
