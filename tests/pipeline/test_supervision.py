"""What a tagger learns from an annotation, of whatever kind, against enumeration of all analyses."""
import warnings
from dataclasses import replace
from functools import lru_cache

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example

from spacy_bio_crf.pipeline.settings import CONSTRAINTS, LEARNING
from spacy_bio_crf.tags import SCHEMES
from spacy_bio_crf.types import ChainScores

from ..conftest import make_nlp
from .analyses import LABELS, Annotation, Reading, Rules
from .losses import Loss

PARTS = ("emissions", "start", "step", "end")
VOCAB = spacy.blank("en").vocab


@lru_cache(maxsize=None)
def tagger_of(scheme):
    nlp = make_nlp(scheme=scheme, spans_key="gold", incorrect_spans_key="wrong")
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label in LABELS:
        tagger.add_label(label)
    nlp.initialize()
    return tagger


@st.composite
def annotations(draw, as_entities, bounded):
    """Annotated text of up to 4 tokens, cut otherwise in the reference."""
    words = draw(st.lists(st.sampled_from(["x", "y", "yz", " "]), max_size=4))
    text = "".join(words)
    cuts = numpy.cumsum([0, *map(len, words)]).tolist()
    other = set(cuts)
    if draw(st.booleans()):
        fixed = {0, len(text), *(c for c in range(1, len(text)) if " " in text[c - 1 : c + 1])}
        other = {c for c in range(len(text) + 1) if c in fixed or draw(st.booleans())}
    tokens, reference = (list(zip(sorted(c), sorted(c)[1:])) for c in (set(cuts), other))

    def spans(names, most=2):
        places = st.tuples(st.integers(0, max(len(reference) - 1, 0)), st.integers(1, 3), st.sampled_from(names))
        drawn = draw(st.lists(places, max_size=most)) if reference else []
        return [(reference[s][0], reference[min(s + n, len(reference)) - 1][1], label) for s, n, label in drawn]

    gold = spans((*LABELS, "foreign"), 3)
    unsaid = [draw(st.booleans()) for _ in reference] if draw(st.booleans()) else [False] * len(reference)
    if as_entities:
        gold = [one for i, one in enumerate(gold) if not any(o[0] < one[1] and one[0] < o[1] for o in gold[:i])]
        unsaid = [u and not any(s[0] < e and s[1] > b for s in gold) for u, (b, e) in zip(unsaid, reference)]
    elif any(unsaid):
        gold, unsaid = [], [True] * len(reference)
    weight = draw(st.sampled_from([1.0, 1.0, 0.5, 2.0]))
    weights = [draw(st.sampled_from([weight, 0.0, 0.25, 1.5])) if draw(st.booleans()) else weight for _ in reference]
    if draw(st.booleans()):
        weights = [weight] * len(reference)
    right = {(start, end, label) for start, end, name in gold for label in (name, "")}
    return Annotation(
        text=text,
        tokens=tokens,
        reference_tokens=reference,
        unsaid=unsaid,
        weights=weights,
        gold=gold,
        candidates=spans((*LABELS, *LABELS, "", "!a", "!b")),
        wrong=[span for span in spans((*LABELS, "")) if span not in right],
        annotated=draw(st.sampled_from([None, None, (), ("a",), ("b",)])),
        starts=[i for i in range(len(tokens)) if i == 0 or draw(st.booleans())] if bounded else [],
    )


def make_doc(text, tokens):
    words = [text[slice(*token)] for token in tokens]
    return Doc(VOCAB, words=words, spaces=[False] * len(words))


def make_example(annotation, as_entities, bounded):
    predicted = make_doc(annotation.text, annotation.tokens)
    reference = make_doc(annotation.text, annotation.reference_tokens)

    def spans(rows):
        return [reference.char_span(start, end, label) for start, end, label in rows]

    if as_entities and not all(annotation.unsaid):
        missing = [reference[i : i + 1] for i, unsaid in enumerate(annotation.unsaid) if unsaid]
        reference.set_ents(spans(annotation.gold), missing=missing)
    elif not as_entities and not any(annotation.unsaid):
        reference.spans["gold"] = spans(annotation.gold)
    reference.spans["candidates"] = spans(annotation.candidates)
    reference.spans["wrong"] = spans(dict.fromkeys(annotation.wrong))
    if annotation.annotated is not None:
        reference._.annotated_labels = annotation.annotated
    if set(annotation.weights) - {1.0}:
        reference._.learning_weight = annotation.weights[0]
    for token, weight in zip(reference, annotation.weights):
        if token._.learning_weight != weight:
            token._.learning_weight = weight
    if bounded:
        for token in predicted:
            token.is_sent_start = token.i in annotation.starts
    return Example(predicted, reference)


@st.composite
def cases(draw, scheme):
    as_entities, bounded = draw(st.booleans()), draw(st.booleans())
    order = draw(st.sampled_from([(), (), ("a", "b"), ("b", "a")]))
    rules = Rules(draw(st.sampled_from([None, None, 1, 2, 3])), draw(st.sampled_from([(), (), ("a",), ("a", "b")])), order)
    learning = {
        **LEARNING,
        "candidates_key": "candidates",
        "missed_cost": draw(st.sampled_from([0.0, 0.5, 2.0])),
        "spurious_cost": draw(st.sampled_from([0.0, 0.25, 1.0])),
        "label_weights": draw(st.sampled_from([{}, {"a": 3.0}, {"a": 0.0, "b": 0.5}])),
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 0.5])),
        "entity_ratio": draw(st.sampled_from([None, {"ratio": 0.9, "margin": 0.05, "weight": 3.0}])),
    }
    batch = draw(st.lists(annotations(as_entities, bounded), min_size=1, max_size=2))
    return as_entities, bounded, rules, learning, batch, draw(st.sampled_from([0.1, 1.0, 10.0])), draw(st.integers(0, 999))


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_loss_and_gradient_equal_enumeration(scheme, data):
    as_entities, bounded, rules, learning, batch, scale, seed = data.draw(cases(scheme))
    tagger = tagger_of(scheme)
    tagger.cfg.update(set_ents=as_entities, learning=learning)
    tagger.cfg["constraints"] = {
        **CONSTRAINTS,
        "sentence_bounded": bounded,
        "max_span_length": rules.max_length,
        "at_most_one": list(rules.at_most_one),
        "label_order": list(rules.order),
    }
    readings = [Reading(annotation, scheme, rules) for annotation in batch]
    rng = numpy.random.default_rng(seed)
    names = tagger.tagset.names
    n, k = sum(reading.n for reading in readings), len(names)
    emissions, start, step, end = ((scale * rng.normal(size=shape)).astype("f") for shape in ((n, k), k, (k, k), k))
    lengths = numpy.array([reading.n for reading in readings])
    scores = ChainScores(emissions, lengths, start, step, end, tagger.tagset.constraints)

    rows = scores.rows_of_sequences()
    losses = [Loss(reading, scores.sequence(place), names, learning) for reading, place in zip(readings, rows)]
    counted = [loss for loss in losses if any(loss.reading.weights)]
    if learning["entity_ratio"] is not None and counted:
        add_entity_ratio(counted, **learning["entity_ratio"])
    expected = replace(scores, **{name: numpy.zeros(getattr(scores, name).shape) for name in PARTS})
    for loss, place in zip(losses, rows):
        for path, slope in zip(loss.paths, loss.slope):
            if path:
                expected.emissions[numpy.arange(place.start, place.stop), path] += slope
                expected.start[path[0]] += slope
                expected.end[path[-1]] += slope
                numpy.add.at(expected.step, (path[:-1], path[1:]), slope)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of gold that is lost
        loss, gradient = tagger.get_loss([make_example(one, as_entities, bounded) for one in batch], scores)
    assert loss == pytest.approx(sum(one.value for one in losses), rel=1e-5, abs=1e-5)
    for name in PARTS:
        assert getattr(gradient, name) == pytest.approx(getattr(expected, name), abs=2e-5)


def add_entity_ratio(losses, ratio, margin, weight):
    """To the loss of the first document, as it is one of the batch."""
    n = sum(loss.reading.n for loss in losses)
    counts = [[sum(e - s for s, e, _ in spans) for spans, _ in loss.reading.analyses] for loss in losses]
    expected = [loss.expect(numpy.array(count, dtype="d")) for loss, count in zip(losses, counts)]
    excess = sum(mean for mean, _ in expected) / n - ratio
    if abs(excess) > margin:
        losses[0].value += weight * (abs(excess) - margin)
        for loss, (_, slope) in zip(losses, expected):
            loss.slope += weight * numpy.sign(excess) / n * slope


@lru_cache(maxsize=None)
def chains_of(scheme, *labels):
    """A tagger with a chain for each of some labels."""
    chains = {label: {"spans_key": "gold", "labels": [label]} for label in labels}
    nlp = make_nlp(scheme=scheme, set_ents=False, chains=chains, incorrect_spans_key="wrong")
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label in labels:
        tagger.add_label(label)
    nlp.initialize()
    return tagger


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_several_chains_learn_as_each_of_them_alone(scheme, data):
    _, bounded, rules, learning, batch, scale, seed = data.draw(cases(scheme))
    examples = [make_example(one, False, bounded) for one in batch]
    both, alone = chains_of(scheme, *LABELS), [chains_of(scheme, label) for label in LABELS]
    for tagger in (both, *alone):
        tagger.cfg["learning"] = learning
        tagger.cfg["constraints"] = {**CONSTRAINTS, "sentence_bounded": bounded, "max_span_length": rules.max_length}
    lengths = numpy.array([sum(not token.is_space for token in example.predicted) for example in examples], dtype="i")
    rng = numpy.random.default_rng(seed)
    n, k = lengths.sum(), len(both.model.get_ref("crf").get_param("start"))
    emissions, start, step, end = ((scale * rng.normal(size=shape)).astype("f") for shape in ((n, k), k, (k, k), k))
    scores = ChainScores(emissions, lengths, start, step, end, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss, gradient = both.get_loss(examples, scores)
        total = 0.0
        for tagger, chain in zip(alone, both.chains):
            own = chain.columns
            one = ChainScores(emissions[:, own], lengths, start[own], step[numpy.ix_(own, own)], end[own], None)
            part, d_part = tagger.get_loss(examples, one)
            total += part
            assert gradient.emissions[:, own] == pytest.approx(d_part.emissions, abs=1e-5)
            assert gradient.step[numpy.ix_(own, own)] == pytest.approx(d_part.step, abs=1e-5)
            gradient.step[numpy.ix_(own, own)] = 0.0
    assert loss == pytest.approx(total, rel=1e-6, abs=1e-6) and not gradient.step.any()


@pytest.mark.parametrize("method", ["update", "rehearse"])
def test_sentences_are_required_where_no_span_may_cross_them(method):
    nlp = make_nlp(constraints={"sentence_bounded": True})
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.add_label("a")
    nlp.initialize()
    nlp.resume_training()
    doc = Doc(nlp.vocab, words=["x", "y"])
    example = Example(doc, doc.copy())
    with pytest.raises(ValueError, match="E425.*x y"):
        getattr(tagger, method)([example])
    example.predicted[0].is_sent_start, example.predicted[1].is_sent_start = True, False
    assert getattr(tagger, method)([example]) == {"bio_crf_tagger": 0.0}
