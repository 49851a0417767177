"""What is rehearsed: the loss against enumeration of all analyses, for a label that the older model did not know."""
from functools import lru_cache

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example

from spacy_bio_crf.pipeline.objective import forgetting_loss
from spacy_bio_crf.pipeline.settings import CONSTRAINTS
from spacy_bio_crf.tags import SCHEMES, TagSet
from spacy_bio_crf.types import ChainScores

from ..conftest import make_nlp
from .analyses import Rules, legal, score_of

PARTS = ("emissions", "start", "step", "end")


@lru_cache(maxsize=None)
def tagger_of(scheme):
    nlp = make_nlp(scheme=scheme)
    for label in ("a", "b"):
        nlp.get_pipe("bio_crf_tagger").add_label(label)
    return nlp.get_pipe("bio_crf_tagger")


def random_scores(rng, n, tagset):
    k = len(tagset.names)
    shapes = (n, k), k, (k, k), k
    emissions, start, step, end = (rng.normal(size=shape).astype("f") for shape in shapes)
    return ChainScores(emissions, numpy.array([n]), start, step, end, tagset.constraints)


def features(weights, paths, like):
    """The expected number of each feature, in the shape of the scores."""
    counts = {name: numpy.zeros(getattr(like, name).shape) for name in PARTS}
    for weight, path in zip(weights, paths):
        counts["emissions"][numpy.arange(len(path)), path] += weight
        counts["start"][path[0]] += weight
        counts["end"][path[-1]] += weight
        numpy.add.at(counts["step"], (path[:-1], path[1:]), weight)
    return counts


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@settings(max_examples=20, deadline=None)
@given(
    n=st.integers(1, 4),
    seed=st.integers(0, 999),
    order=st.sampled_from([(), ("a", "b"), ("b", "a")]),
    max_length=st.sampled_from([None, 2]),
    boundary=st.integers(0, 3),
)
def test_loss_and_gradient_equal_enumeration(scheme, n, seed, order, max_length, boundary):
    tagger, rules = tagger_of(scheme), Rules(max_length, (), order)
    settings_ = {"sentence_bounded": boundary > 0, "max_span_length": max_length, "label_order": list(order)}
    tagger.cfg["constraints"] = {**CONSTRAINTS, **settings_}
    doc = Doc(tagger.vocab, words=["x"] * n)
    for token in doc:
        token.is_sent_start = token.i in (0, boundary)
    rng = numpy.random.default_rng(seed)
    old, new = (random_scores(rng, n, TagSet(scheme, labels)) for labels in (["a"], ["a", "b"]))
    loss, gradient = forgetting_loss([Example(doc, doc)], old, new, tagger.chain(), tagger.cfg)

    ids = {name: i for i, name in enumerate(tagger.tagset.names)}
    analyses = [
        (spans, [ids[role.tag] for role in roles])
        for spans, roles in legal(scheme, rules, n)
        if boundary == 0 or not any(start < boundary < end for start, end, _ in spans)
    ]
    known = [(spans, path) for spans, path in analyses if all(label == "a" for _, _, label in spans)]
    was, now = (numpy.array([score_of(path, scores) for _, path in known]) for scores in (old, new))
    log_was, log_now = was - numpy.logaddexp.reduce(was), now - numpy.logaddexp.reduce(now)
    inside = numpy.array([[any(s <= t < e for s, e, _ in spans) for t in range(n)] for spans, _ in known])
    found = set(numpy.flatnonzero(numpy.exp(log_was) @ inside > 0.5).tolist())
    scores = numpy.array([score_of(path, new) for _, path in analyses])
    kept = [not any(t in found for s, e, label in spans if label == "b" for t in range(s, e)) for spans, _ in analyses]
    spared = numpy.where(kept, scores, -numpy.inf)
    log_all, log_spared = numpy.logaddexp.reduce(scores), numpy.logaddexp.reduce(spared)

    assert loss == pytest.approx(numpy.exp(log_was) @ (log_was - log_now) + log_all - log_spared, rel=1e-4, abs=1e-5)
    first = features(numpy.exp(log_now) - numpy.exp(log_was), [path for _, path in known], new)
    second = features(numpy.exp(scores - log_all) - numpy.exp(spared - log_spared), [path for _, path in analyses], new)
    for name in PARTS:
        assert getattr(gradient, name) == pytest.approx(first[name] + second[name], abs=1e-5)
