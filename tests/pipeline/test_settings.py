"""Settings in groups: what they may be, and one clear error for what they may not."""
import pytest

from spacy_bio_crf.pipeline.settings import (
    CHAIN,
    CONSTRAINTS,
    ENTITY_RATIO,
    LEARNING,
    check_chains,
    check_learning,
    check_settings,
)

from ..conftest import make_nlp

GOOD = {
    "sentence_bounded": [True, False],
    "max_span_length": [None, 1, 30, {}, {"A": 1}],
    "at_most_one": [[], ["A"], ("A", "B")],
    "label_order": [[], ["A", "B"]],
    "disabled_labels": [[], ["A"]],
    "required_key": [None, "k"],
    "forbidden_key": [None, "k"],
    "allowed_key": [None, "k"],
    "span_scores": [{}, {"k": -2}, {"k": 0.5}],
    "candidates_key": [None, "k"],
    "missed_cost": [0, 0.0, 3.5],
    "spurious_cost": [0, 0.0, 3.5],
    "label_weights": [{}, {"A": 0, "B": 2.5}],
    "label_smoothing": [0, 0.1, 0.99],
    "entity_ratio": [None, {}, {"ratio": 0.2}],
    "spans_key": [None, "k"],
    "set_ents": [True, False],
    "labels": [None, ["A"], ["A", "B"]],
    "threshold": [None, 0, 0.5, 1.0],
    "thresholds": [None, {}, {"A": 0.5}],
    "calibration": [None, {"kind": "temperature", "temperature": 2.0}],
    "ratio": [0, 0.5, 1],
    "margin": [0, 0.5],
    "weight": [0, 10.0],
}
BAD = {
    "sentence_bounded": [1, None, "true"],
    "max_span_length": [0, -1, 1.5, True, "3", [3], {"A": 0}, {"A": None}, {1: 1}],
    "at_most_one": [None, "A", [1], {"A": 1}],
    "label_order": [None, "AB", [None]],
    "disabled_labels": [None, "A", [1]],
    "required_key": [1, ["k"], False],
    "forbidden_key": [1, ["k"]],
    "allowed_key": [1, ["k"]],
    "span_scores": [None, 1.0, ["k"], {"k": None}, {"k": "1"}, {"k": True}, {"k": float("inf")}, {"k": float("nan")}],
    "candidates_key": [1, ["k"]],
    "missed_cost": [-0.1, None, "1", True, float("nan"), float("inf")],
    "spurious_cost": [-0.1, None, "1", True, float("nan"), float("inf")],
    "label_weights": [None, 1.0, ["A"], {"A": -1}, {"A": None}],
    "label_smoothing": [1, 1.5, -0.1, None, True],
    "entity_ratio": [0.15, [0.15], {"ratio": None}],
    "spans_key": [1, ["k"]],
    "set_ents": [1, None, "true"],
    "labels": ["A", [1], {"A": 1}, [], ["A", "A"]],
    "threshold": ["0.5", True, float("nan"), [0.5], 1.1, -0.1],
    "thresholds": [0.5, ["A"], {"A": None}],
    "calibration": ["platt", 1.0, ["platt"]],
    "ratio": [-0.1, 1.1, None],
    "margin": [-0.1, None],
    "weight": [-0.1, None],
}
GROUPS = {"constraints": CONSTRAINTS, "learning": LEARNING, "chains.x": CHAIN, "learning.entity_ratio": ENTITY_RATIO}
SETTINGS = [(where, key) for where, defaults in GROUPS.items() for key in defaults]


@pytest.mark.parametrize("where, key", SETTINGS)
def test_every_setting_is_checked(where, key):
    defaults = GROUPS[where]
    assert check_settings("me", where, {}, defaults) == defaults
    for value in GOOD[key]:
        assert check_settings("me", where, {key: value}, defaults) == {**defaults, key: value}
    for value in BAD[key]:
        with pytest.raises(ValueError, match=rf"E413.*'me'.*{where}\.{key} to be .*, but got") as error:
            check_settings("me", where, {key: value}, defaults)
        assert repr(value) in str(error.value)


@pytest.mark.parametrize("where", list(GROUPS))
def test_unknown_settings_are_refused(where):
    known = next(iter(GROUPS[where]))
    with pytest.raises(ValueError, match=rf"E412.*'me'.*{where} has no setting 'max_length'.*{known}"):
        check_settings("me", where, {"max_length": 3}, GROUPS[where])


def test_defaults_stay_as_they_were():
    given = check_learning("me", {"entity_ratio": {"ratio": 0.2}})
    assert given["entity_ratio"] == {**ENTITY_RATIO, "ratio": 0.2}
    given["label_weights"] = {"A": 1.0}
    assert LEARNING["entity_ratio"] is None and LEARNING["label_weights"] == {}
    assert check_chains("me", {"x": {"spans_key": "k"}}) == {"x": {**CHAIN, "spans_key": "k"}}


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"learning": {"entity_ratio": {"share": 0.1}}}, "E412.*learning.entity_ratio.*'share'.*ratio, margin, weight"),
        ({"learning": {"entity_ratio": {"ratio": 2}}}, "E413.*learning.entity_ratio.ratio"),
        ({"learning": {"label_weights": {"A": 2.0}}}, "E414"),
        ({"chains": {"x": {"spans_key": "k", "label": ["A"]}}}, r"E412.*chains\.x has no setting 'label'"),
        ({"chains": {"x": {"spans_key": 3}}}, r"E413.*chains\.x\.spans_key"),
        ({"chains": {"x": {"spans_key": "k", "calibration": {"kind": "magic"}}}}, "E614.*magic"),
        ({"chains": {"x": {"spans_key": "k"}, "y": {}}}, "E401.*chain y"),
        ({"chains": {"x": {"set_ents": True}, "z": {"set_ents": True}}}, "E415.*x, z"),
        ({"chains": {"x": {"spans_key": "k"}, "z": {"spans_key": "k"}}}, r'E426.*x and z.*doc.spans\["k"\]'),
        ({"chains": {"x": {"spans_key": "k", "labels": ["A"]}, "z": {"spans_key": "k"}}}, "E426"),
        (
            {"chains": {"x": {"spans_key": "k", "labels": ["A", "B"]}, "z": {"spans_key": "k", "labels": ["C", "B"]}}},
            "E426",
        ),
        ({"chains": {"x": {"set_ents": True}}, "spans_key": "k"}, "E424"),
        ({"chains": {"x": {"set_ents": True}}, "chain_per_label": True}, "E424"),
        ({"chains": {"x": {"set_ents": True}}, "chain_per_label": True, "set_ents": False}, "E424"),
        ({"chain_per_label": True, "spans_key": "k"}, "E424"),  # set_ents is true by default
        ({"chain_per_label": True, "set_ents": False}, "E401"),
        ({"constraints": {"max_length": 3}}, "E412.*constraints.*max_length"),
        ({"constraints": {"span_scores": {"k": "high"}}}, "E413.*constraints.span_scores"),
    ],
)
def test_component_refuses_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        make_nlp("me", **settings)


def test_chains_that_stand_side_by_side():
    chains = {
        "x": {"set_ents": True, "spans_key": "k", "labels": ["A"]},
        "y": {"spans_key": "k", "labels": ["B"]},
        "z": {"spans_key": "l"},
        "alone": {"spans_key": "m"},
    }
    assert list(check_chains("me", chains)) == list(chains)


def two_chains():
    nlp = make_nlp("me", chains={"x": {"spans_key": "k"}, "y": {"spans_key": "l", "labels": ["C"]}})
    tagger = nlp.get_pipe("me")
    tagger.add_label("A", "x")
    tagger.add_label("B", "y")
    return nlp, tagger


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda tagger, doc: tagger.posterior(doc), "E422.*'me'.*None.*x, y"),
        (lambda tagger, doc: tagger.posterior(doc, chain="z"), "E422.*'z'.*x, y"),
        (lambda tagger, doc: tagger.span_probabilities(doc, [(0, 1, "A")]), "E422"),
        (lambda tagger, doc: tagger.token_probabilities(doc), "E422"),
        (lambda tagger, doc: tagger.tagset, "E422"),
        (lambda tagger, doc: tagger.scores_key, "E422"),
        (lambda tagger, doc: tagger.add_label("D"), "E423.*'D'.*None.*x, y"),
        (lambda tagger, doc: tagger.add_label("D", "z"), "E423.*'D'.*'z'.*x, y"),
    ],
)
def test_chain_that_is_not_clear(ask, message):
    nlp, tagger = two_chains()
    nlp.initialize()
    with pytest.raises(ValueError, match=message):
        ask(tagger, nlp.make_doc("a b"))


def test_labels_find_the_chain_that_is_to_have_them():
    _, tagger = two_chains()
    tagger.add_label("C")
    assert tagger.label_data == {"x": ("A",), "y": ("B", "C")}
    assert tagger.chain("y").tagset.labels == ("B", "C")
