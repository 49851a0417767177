"""The distribution over analyses, against enumeration of all of them."""
from itertools import product

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_bio_crf.pipeline.conditions import find_conditions, preset_tokens
from spacy_bio_crf.pipeline.decoding import RULES
from spacy_bio_crf.pipeline.demands import Demands
from spacy_bio_crf.pipeline.lift import lift
from spacy_bio_crf.pipeline.min_risk import FLOOR, expected_spans
from spacy_bio_crf.tags import SCHEMES

from ..conftest import make_nlp

LABELS = ("a", "b")
VOCAB = spacy.blank("en").vocab


def random_tagger(scheme, scale, seed, labels=LABELS, **config):
    """A tagger whose emissions and transitions are random, of a size."""
    nlp = make_nlp(scheme=scheme, **config)
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label in labels:
        tagger.add_label(label)
    nlp.initialize()
    rng = numpy.random.default_rng(seed)
    for node in (tagger.model.get_ref("crf"), tagger.model.get_ref("output_layer")):
        for name in node.param_names:
            node.set_param(name, (scale * rng.normal(size=node.get_param(name).shape)).astype("f"))
    return tagger


def conditions(tagger, doc):
    """The states of the only chain, and those that what is preset leaves to each token."""
    states, allowed, _ = find_conditions(
        [doc], tagger.chain(), tagger.cfg["constraints"], [Demands()], [preset_tokens(doc)]
    )
    return states, allowed


class Enumeration:
    """Every legal analysis of a document that agrees with what is preset, with its probability."""

    def __init__(self, tagger, doc):
        scores = tagger.model.predict([doc])
        states, allowed = conditions(tagger, doc)
        start, step, end = states.constraints
        self.tokens = [token.i for token in doc if not token.is_space]
        self.paths, weights = [], []
        for path in product(range(len(states)), repeat=len(scores.emissions)):
            if allowed is not None and not allowed[numpy.arange(len(path)), path].all():
                continue
            if path and not (start[path[0]] and end[path[-1]] and all(step[a, b] for a, b in zip(path, path[1:]))):
                continue
            tags = states.tags[list(path)]
            weight = sum(row[tag] for row, tag in zip(scores.emissions.astype("d"), tags))
            if path:
                weight += scores.start[tags[0]] + scores.end[tags[-1]]
            weights.append(weight + sum(scores.step[a, b] for a, b in zip(tags, tags[1:])))
            self.paths.append(tuple(tags.tolist()))
        weights = numpy.array(weights, dtype="d")
        self.probabilities = numpy.exp(weights - numpy.logaddexp.reduce(weights))
        self.spans = [self.read(tagger.tagset, tags) for tags in self.paths]

    def read(self, tagset, tags):
        rows = tagset.spans(numpy.array(tags, dtype="i")).tolist()
        return {(self.tokens[start], self.tokens[end - 1] + 1, tagset.labels[label]) for start, end, label in rows}

    def span_probability(self, span):
        return sum(p for p, spans in zip(self.probabilities, self.spans) if span in spans)


@st.composite
def cases(draw):
    """A tagger and a document of up to 4 tokens, some of them whitespace, preset or blocked."""
    scheme = draw(st.sampled_from(sorted(SCHEMES)))
    tagger = random_tagger(scheme, draw(st.sampled_from([0.3, 1.0, 100.0])), draw(st.integers(0, 99)))
    doc = Doc(VOCAB, words=draw(st.lists(st.sampled_from(["x", "y", "z", " "]), max_size=4)))
    at = draw(st.integers(0, max(len(doc) - 1, 0)))
    preset = draw(st.sampled_from(["nothing", "a", "unknown", "blocked"]))
    if len(doc) and preset == "blocked":
        doc.set_ents([], blocked=[doc[at : at + 1]], default="missing")
    elif len(doc) and preset != "nothing" and not doc[at].is_space:
        doc.set_ents([Span(doc, at, at + 1, label=preset)], default="missing")
    return tagger, doc


def triples(spans):
    return [(span.start, span.end, span.label_) for span in spans]


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_everything_equals_enumeration(case):
    tagger, doc = case
    posterior, truth = tagger.posterior(doc), Enumeration(tagger, doc)
    every = [(i, j, label) for i in range(len(doc)) for j in range(i + 1, len(doc) + 1) for label in LABELS]

    expected = [truth.span_probability(span) for span in every]
    assert tagger.span_probabilities(doc, every) == pytest.approx(expected, abs=1e-5)

    tokens = numpy.zeros((len(doc), len(tagger.tagset)))
    for p, tags in zip(truth.probabilities, truth.paths):
        tokens[truth.tokens, tags] += p
    assert tagger.token_probabilities(doc) == pytest.approx(tokens, abs=1e-5)

    entropy = -sum(p * numpy.log(p) for p in truth.probabilities if p > 0)
    assert posterior.entropy() == pytest.approx(entropy, abs=1e-4)

    ranked = sorted(truth.probabilities, reverse=True)
    alternatives = posterior.alternatives(5)
    assert [a.probability for a in alternatives] == pytest.approx(ranked[:5], abs=1e-5)
    for analysis in alternatives:
        same = [p for p, spans in zip(truth.probabilities, truth.spans) if spans == set(triples(analysis.spans))]
        assert any(analysis.probability == pytest.approx(p, abs=1e-5) for p in same)
    assert posterior.best_probability() == pytest.approx(ranked[0], abs=1e-5)
    assert posterior.margin() == pytest.approx(ranked[0] - sum(ranked[1:2]), abs=1e-5)

    group = posterior.candidates(0.05)
    found = dict(zip(triples(group), group.attrs["scores"].tolist()))
    for span, p in zip(every, expected):
        if abs(p - 0.05) > 1e-6:
            assert (span in found) == (p >= 0.05)
        if span in found:
            assert found[span] == pytest.approx(p, abs=1e-5)

    for spans in posterior.sample(3, seed=1):
        assert set(triples(spans)) in truth.spans


@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_marginal_decoding_has_the_fewest_expected_errors(case):
    tagger, doc = case
    truth = Enumeration(tagger, doc)

    def risk(spans):
        return sum(p * len(spans ^ true) for p, true in zip(truth.probabilities, truth.spans))

    tagger.cfg["decode"] = "marginal"
    ((decoding,),) = tagger.predict([doc])
    chosen = truth.read(tagger.tagset, decoding.tags)
    assert risk(chosen) == pytest.approx(min(map(risk, truth.spans)), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_expected_f_decoding_has_the_best_ratio(case):
    tagger, doc = case
    truth = Enumeration(tagger, doc)
    gold = sum(p * len(spans) for p, spans in zip(truth.probabilities, truth.spans))

    def ratio(spans):
        return 2 * sum(map(truth.span_probability, spans)) / (len(spans) + gold) if spans else 0.0

    states, allowed = conditions(tagger, doc)
    scores = lift(tagger.model.predict([doc]), states.tags, states.constraints)
    assert expected_spans(scores, allowed, states) == pytest.approx(gold, abs=1e-5)
    tagger.cfg["decode"] = "expected_f"
    ((decoding,),) = tagger.predict([doc])
    chosen = truth.read(tagger.tagset, decoding.tags)
    rivals = [spans for spans in truth.spans if all(truth.span_probability(span) > FLOOR for span in spans)]
    assert ratio(chosen) >= max(map(ratio, rivals)) - 1e-4


def test_posteriors_of_a_stream_are_those_of_single_documents():
    tagger = random_tagger("BIO", 0.3, seed=5)
    docs = [Doc(VOCAB, words=text.split()) for text in ("x y z x", "", "z z y", "y")]
    docs[2].set_ents([Span(docs[2], 0, 1, label="a")], default="missing")
    for doc, posterior in zip(docs, tagger.posteriors(iter(docs), batch_size=3)):
        assert posterior.doc is doc
        assert posterior.entropy() == pytest.approx(tagger.posterior(doc).entropy(), abs=1e-5)
        assert posterior.log_probability() == pytest.approx(tagger.posterior(doc).log_probability(), abs=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_batch_equals_documents_one_by_one(rule):
    tagger = random_tagger("BIOES", 0.3, seed=3, decode=rule)
    docs = [Doc(VOCAB, words=text.split()) for text in ("x y z x", "", "z z y", "y", "x x x y y z")]
    batch = tagger.predict(docs)
    for doc, (one,) in zip(docs, batch):
        ((alone,),) = tagger.predict([doc])
        assert one.tags.tolist() == alone.tags.tolist() and one.spans.tolist() == alone.spans.tolist()
        assert one.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
        assert tagger.tagset.spans(one.tags).tolist() == one.spans.tolist()
