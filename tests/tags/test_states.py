"""The automaton of tags and rules, against enumeration: each rule is stated once more here, over spans."""
from itertools import product

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.tags import SCHEMES, AtMostOne, InOrder, MaxLength, States, TagSet, Tracks, parse_tags
from spacy_bio_crf.tags.states import MAX_STATES

from .strategies import schemes

LABELS = ("a", "b")
label_ids = st.integers(0, len(LABELS) - 1)


def keeps(rule, spans):
    """Whether spans, as rows of start, end and label id in order, keep a rule."""
    labels = [label for _, _, label in spans]
    if isinstance(rule, MaxLength):
        return all(end - start <= rule.limits.get(label, end) for start, end, label in spans)
    if isinstance(rule, AtMostOne):
        return all(labels.count(label) <= 1 for label in rule.labels)
    ranks = [rule.labels.index(label) for label in labels if label in rule.labels]
    return ranks == sorted(ranks)


rules = st.lists(
    st.one_of(
        st.dictionaries(label_ids, st.integers(1, 3)).map(MaxLength),
        st.lists(label_ids, unique=True).map(lambda labels: AtMostOne(tuple(labels))),
        st.permutations(range(len(LABELS))).map(lambda labels: InOrder(tuple(labels))),
    ),
    max_size=3,
)


@st.composite
def automata(draw):
    tagset = TagSet(draw(schemes), LABELS, draw(st.sets(st.sampled_from(LABELS))))
    return States(tagset, draw(rules))


def legal_paths(states, length):
    """Every legal sequence of states, walked along the constraints."""
    start, step, end = states.constraints
    paths = [(q,) for q in numpy.flatnonzero(start).tolist()]
    for _ in range(length - 1):
        paths = [(*path, q) for path in paths for q in numpy.flatnonzero(step[path[-1]]).tolist()]
    return [path for path in paths if end[path[-1]]]


def right_sequences(tagset, rules, length):
    """Every sequence of tags that the strict parser accepts, without disabled labels, that keeps all rules."""
    for tags in product(range(len(tagset)), repeat=length):
        try:
            spans = parse_tags([tagset.names[tag] for tag in tags], tagset.scheme.name)
        except ValueError:
            continue
        rows = [(start, end, tagset.labels.index(label)) for start, end, label in spans]
        if not any(label in tagset.disabled for _, _, label in spans) and all(keeps(rule, rows) for rule in rules):
            yield tags


@given(automata(), st.integers(1, 4))
def test_legal_paths_are_the_legal_tags_that_keep_the_rules_each_once(states, length):
    found = [tuple(states.tags[list(path)].tolist()) for path in legal_paths(states, length)]
    assert sorted(found) == sorted(right_sequences(states.tagset, states.rules, length))


@given(automata(), st.integers(1, 4))
def test_what_is_said_of_a_state_holds_on_every_path(states, length):
    for path in legal_paths(states, length):
        spans = states.spans(numpy.array(path), numpy.array([length])).tolist()
        inside = {token for start, end, _ in spans for token in range(start + 1, end)}
        labels = {token: label for start, end, label in spans for token in range(start, end)}
        last = {end - 1 for _, end, _ in spans}
        for token, state in enumerate(path):
            assert states.continues[state] == (token in inside)
            assert states.label_ids[state] == labels.get(token, -1)
            assert token not in labels or (states.may_close if token in last else states.may_go_on)[state]
            if token:
                assert states.joins[path[token - 1], state] == (token in inside)


@given(automata())
def test_no_state_and_no_promise_is_idle(states):
    """Every state lies on a legal path, and where it may go on or close, one does so."""
    start, step, end = states.constraints
    reached, leaving = start.copy(), end.copy()
    for _ in range(len(states)):
        reached |= step[reached].any(axis=0)
        leaving |= step[:, leaving].any(axis=1)
    assert reached.all() and leaving.all()
    assert (states.may_go_on == (step & states.continues).any(axis=1)).all()
    assert (states.may_close == (end | (step & ~states.continues).any(axis=1))).all()
    assert (states.label_ids[states.may_go_on] >= 0).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_states_are_the_open_tags_where_tags_tell_whether_they_continue(scheme):
    states = States(TagSet(scheme, ["a", "b"], ["a"]))
    open_tags = [0, *(i for i in range(len(states.tagset)) if states.tagset.label_ids[i] == 1)]
    assert sorted(set(states.tags.tolist())) == open_tags
    assert (len(states) == len(open_tags)) == (scheme not in ("IO", "IOB1"))
    assert not states.of_labels([0]).any() and (states.of_labels([1]) == (states.tags > 0)).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everything_is_outside_where_all_labels_are_disabled(scheme):
    rules = [MaxLength({0: 2}), AtMostOne((0, 1)), InOrder((0, 1)), Tracks(((0,), (0, 1)))]
    states = States(TagSet(scheme, LABELS, LABELS), rules)
    assert states.tags.tolist() == [0] and states.constraints.step.all() and not states.may_go_on.any()


@given(schemes, st.lists(st.lists(label_ids, unique=True).map(tuple), max_size=2), st.integers(1, 3))
def test_tracks_forbid_no_tags(scheme, labels, length):
    tagset = TagSet(scheme, LABELS)
    states = States(tagset, [Tracks(tuple(labels))])
    found = {tuple(states.tags[list(path)].tolist()) for path in legal_paths(states, length)}
    assert found == set(right_sequences(tagset, (), length))


def test_too_many_states_are_refused():
    labels = [str(i) for i in range(10)]
    with pytest.raises(ValueError, match=f"E110.*{MAX_STATES}"):
        States(TagSet("BIO", labels), [AtMostOne(tuple(range(10)))])
    assert len(States(TagSet("BIO", labels), [AtMostOne(tuple(range(5)))])) < MAX_STATES
