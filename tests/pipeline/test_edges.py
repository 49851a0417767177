"""Edge features: scores of label pairs, against enumeration of all analyses that looks them up step by step."""
import numpy
import pytest
from spacy.tokens import Span
from spacy.training import Example

from spacy_bio_crf import crf
from spacy_bio_crf.learning.batches import add, take, zeros
from spacy_bio_crf.model.tokens import in_chain
from spacy_bio_crf.model.window_features import get_edge_shim
from spacy_bio_crf.pipeline.objective import forgetting_loss
from spacy_bio_crf.tags import SCHEMES, TagSet
from spacy_bio_crf.types import ChainScores

from ..conftest import make_nlp
from ..linear import JOINT, LINEAR
from .analyses import Rules, legal, score_of

# What each output scores: the labels before and now, or that the span of a label goes on. Saved models depend on it.
OUTPUTS = [("O", "O"), ("a", "O"), ("a", "a"), ("O", "a"), "a"]
OUTPUTS += [("b", "O"), ("b", "a"), ("b", "b"), ("a", "b"), ("O", "b"), "b"]
WORDS = ["x", "y", " ", "x", "z"]  # one of them is not in the chain


def with_edges(model, edge_templates=("bias", "lower", "lower[-1]"), **features):
    return {**model, "features": {**model["features"], "edge_templates": list(edge_templates), **features}}


def steps_of(spans, n):
    """The output that each token's step takes. Shape: N, E"""
    taken = numpy.zeros((n, len(OUTPUTS)))
    labels = ["O"] * n
    for start, end, label in spans:
        labels[start:end] = [label] * (end - start)
    for t in range(1, n):
        goes_on = any(start < t < end for start, end, _ in spans)
        taken[t, OUTPUTS.index(labels[t] if goes_on else (labels[t - 1], labels[t]))] = 1
    return taken


class Enumeration:
    """All analyses of a document: their paths, the steps they take, and their scores."""

    def __init__(self, scheme, names, n, scores, edges, rules=Rules()):
        self.spans = [spans for spans, _ in legal(scheme, rules, n)]
        self.paths = [[names.index(role.tag) for role in roles] for _, roles in legal(scheme, rules, n)]
        self.steps = numpy.array([steps_of(spans, n) for spans in self.spans])
        self.without = numpy.array([score_of(path, scores) for path in self.paths])
        self.score = self.without + self.of_edges(edges)

    def of_edges(self, edges):
        return (self.steps * edges).sum(axis=(1, 2))


def make_random(scheme, model=LINEAR, seed=0, **config):
    """A tagger with random weights of everything, and a document."""
    nlp = make_nlp(model=with_edges(model), scheme=scheme, **config)
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = spacy_doc(nlp)
    nlp.initialize(lambda: [Example(doc, doc)])
    rng = numpy.random.default_rng(seed)
    tagger.model.begin_update([doc])
    for shim in tagger.model.get_ref("features").shims:
        shim.table.values = rng.normal(size=shim.table.values.shape).astype("f")
    layer = tagger.model.get_ref("crf")
    for name in ("start", "step", "end"):
        layer.set_param(name, rng.normal(size=layer.get_param(name).shape).astype("f"))
    return nlp, tagger, doc


def spacy_doc(nlp, ents=((0, 1, "a"), (1, 4, "b"))):
    doc = nlp.make_doc("x y  x z")
    assert [token.text for token in doc] == WORDS
    doc.set_ents([Span(doc, *ent) for ent in ents], default="outside")
    return doc


def features_of(tagger, doc):
    """The rows of the edge features of each token."""
    shim = get_edge_shim(tagger.model)
    return shim.table.rows(shim.featurizer([doc], [in_chain(doc)])[0])


def edges_of(rows, values):
    return numpy.array([values[row[row >= 0]].sum(axis=0) for row in rows])


def enumerate_analyses(tagger, doc, rules=Rules()):
    scores = tagger.model.predict([doc])
    edges = edges_of(features_of(tagger, doc), get_edge_shim(tagger.model).table.values)
    return Enumeration(tagger.cfg["scheme"], tagger.tagset.names, len(scores.emissions), scores, edges, rules)


def in_doc(doc, spans):
    """Spans of tokens in the chain as spans of the document."""
    tokens = numpy.flatnonzero(in_chain(doc)).tolist()
    return [(tokens[start], tokens[end - 1] + 1, label) for start, end, label in spans]


def triples(spans):
    return [(span.start, span.end, span.label_) for span in spans]


@pytest.mark.parametrize("max_length", [None, 2])
@pytest.mark.parametrize("model", [LINEAR, JOINT])
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_distribution_equals_enumeration(scheme, model, max_length):
    nlp, tagger, doc = make_random(scheme, model, constraints={"max_span_length": max_length})
    doc.set_ents([])
    every = enumerate_analyses(tagger, doc, Rules(max_length))
    asked = [(start, end, label) for start, end in ((0, 1), (0, 2), (1, 4), (3, 5), (0, 5)) for label in "ab"]
    demands = {"forbidden": [(1, 4, "b"), (3, 4, "a")]}, {"required": [(3, 5, "a")]}, {"scored": [((0, 2, "b"), 2.5)]}
    for demand in ({}, *demands):
        score = every.score.copy()
        for i, spans in enumerate(every.spans):
            found = in_doc(doc, spans)
            score[i] += sum(2.5 for span, _ in demand.get("scored", ()) if span in found)
            if set(demand.get("forbidden", ())) & set(found) or not set(demand.get("required", ())) <= set(found):
                score[i] = -numpy.inf
        log_z = numpy.logaddexp.reduce(score)
        p = numpy.exp(score - log_z)
        posterior = tagger.posterior(doc, **demand)
        assert crf.log_partition(posterior.scores, posterior.allowed)[0] == pytest.approx(log_z, abs=1e-4)
        order = numpy.argsort(-p)
        for i, analysis in zip(order, posterior.alternatives(4)):
            assert triples(analysis.spans) == in_doc(doc, every.spans[i])
            assert analysis.probability == pytest.approx(p[i], abs=1e-5)
        assert triples(posterior.best()) == in_doc(doc, every.spans[order[0]])
        expected = [sum(p[i] for i, spans in enumerate(every.spans) if span in in_doc(doc, spans)) for span in asked]
        assert posterior.span_probabilities(asked) == pytest.approx(expected, abs=1e-5)
        of_tags = posterior.token_probabilities()[in_chain(doc)]
        for t, row in enumerate(of_tags):
            expected = [sum(p[i] for i, path in enumerate(every.paths) if path[t] == tag) for tag in range(len(row))]
            assert row == pytest.approx(expected, abs=1e-5)
        entropy = -sum(x * numpy.log(x) for x in p if x > 0)
        assert posterior.entropy() == pytest.approx(entropy, abs=1e-4)
    assert triples(nlp(doc).ents) == in_doc(doc, every.spans[every.score.argmax()])


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_loss_and_gradient_equal_enumeration(scheme):
    """The gradient is that of the rows of features, by finite differences of the enumerated loss."""
    nlp, tagger, doc = make_random(scheme)
    example = Example(nlp.make_doc(doc.text), spacy_doc(nlp))
    gold = ((0, 1, "a"), (1, 3, "b"))
    every, rows = enumerate_analyses(tagger, doc), features_of(tagger, doc)
    table = get_edge_shim(tagger.model).table
    right = numpy.array([spans == gold for spans in every.spans])
    assert right.sum() == 1

    def enumerated(values):
        score = every.without + every.of_edges(edges_of(rows, values))
        return float(numpy.logaddexp.reduce(score) - score[right][0])

    scores, backprop = tagger.model.begin_update([example.predicted])
    loss, gradient = tagger.get_loss([example], scores)
    assert loss == pytest.approx(enumerated(table.values), rel=1e-5)
    table.gradient()
    backprop(gradient)
    touched, found = table.gradient()
    assert set(rows[1:].ravel()) - {-1} == set(touched.tolist())
    for row, slopes in zip(touched, found):
        for output, slope in enumerate(slopes):
            nudge = numpy.zeros(table.values.shape)
            nudge[row, output] = 1e-4
            there, back = (enumerated(table.values + sign * nudge) for sign in (1, -1))
            assert slope == pytest.approx((there - back) / 2e-4, abs=1e-4)


def random_scores(rng, n, tagset):
    k, e = len(tagset), OUTPUTS.index(tagset.labels[-1]) + 1
    shapes = (n, k), k, (k, k), k, (n, e)
    emissions, start, step, end, edges = (rng.normal(size=shape).astype("f") for shape in shapes)
    edges[0] = 0
    return ChainScores(emissions, numpy.array([n]), start, step, end, tagset.constraints, edges)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_what_is_rehearsed_equals_enumeration(scheme):
    """An older model knew "a" only. The gradient of edges is that of the score of each step."""
    _, tagger, doc = make_random(scheme)
    rng, n = numpy.random.default_rng(1), 4
    old, new = (random_scores(rng, n, TagSet(scheme, labels)) for labels in ("a", "ab"))
    old.emissions[:, 0] += [4, -4, 4, -4]
    loss, gradient = forgetting_loss([Example(doc, doc)], old, new, tagger.chain(), tagger.cfg)
    every = Enumeration(scheme, tagger.tagset.names, n, new, new.edges)
    known = numpy.array([all(label == "a" for _, _, label in spans) for spans in every.spans])
    paths = [path for path, one in zip(every.paths, known) if one]
    was = numpy.array([score_of(path, old) for path in paths]) + every.of_edges(pad(old.edges))[known]
    p, q = softmax(was), softmax(every.score[known])
    inside = numpy.array([[any(s <= t < e for s, e, _ in spans) for t in range(n)] for spans in every.spans])
    found = p @ inside[known] > 0.5
    assert 0 < found.sum() < n
    spared = [not any(found[s:e].any() for s, e, label in spans if label == "b") for spans in every.spans]
    spared = numpy.where(spared, every.score, -numpy.inf)
    second = numpy.logaddexp.reduce(every.score) - numpy.logaddexp.reduce(spared)
    assert loss == pytest.approx(p @ (numpy.log(p) - numpy.log(q)) + second, rel=1e-4)
    slopes = softmax(every.score) - softmax(spared)
    slopes[known] += q - p
    assert gradient.edges[1:] == pytest.approx(numpy.tensordot(slopes, every.steps, 1)[1:], abs=1e-5)


def pad(edges):
    return numpy.pad(edges, ((0, 0), (0, len(OUTPUTS) - edges.shape[1])))


def softmax(score):
    return numpy.exp(score - numpy.logaddexp.reduce(score))


def test_chains_have_pairs_of_their_own():
    chains = {name: {"spans_key": name, "labels": ["a", "b"]} for name in ("one", "two")}
    nlp = make_nlp(model=with_edges(LINEAR), chains=chains, set_ents=False)
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label, chain in (("a", "one"), ("a", "two"), ("b", "two"), ("b", "one")):
        tagger.add_label(label, chain)
    doc = nlp.make_doc("x y  x z")
    nlp.initialize(lambda: [Example(doc, doc)])
    outputs = {"one": [0, 1, 2, 3, 4, *range(16, 22)], "two": list(range(5, 16))}
    rng = numpy.random.default_rng(0)
    tagger.model.begin_update([doc])
    table = get_edge_shim(tagger.model).table
    assert table.width == 22
    table.values = rng.normal(size=table.values.shape).astype("f")
    for chain in tagger.chains:
        scores = tagger.model.predict([doc])
        scores.emissions = scores.emissions[:, chain.columns]
        scores.start, scores.end = scores.start[chain.columns], scores.end[chain.columns]
        scores.step = scores.step[numpy.ix_(chain.columns, chain.columns)]
        edges = edges_of(features_of(tagger, doc), table.values)[:, outputs[chain.name]]
        every = Enumeration("BIO", chain.tagset.names, 4, scores, edges)
        posterior = tagger.posterior(doc, chain=chain.name)
        assert crf.log_partition(posterior.scores)[0] == pytest.approx(numpy.logaddexp.reduce(every.score), abs=1e-4)
        assert triples(posterior.best()) == in_doc(doc, every.spans[every.score.argmax()])


def test_records_with_edges():
    """Those of the chain pass through sums of batches; inference refuses what it would not see."""
    scores = random_scores(numpy.random.default_rng(0), 5, TagSet("BIO", "ab"))
    scores.lengths = numpy.array([2, 3])
    one, rows = take(scores, numpy.array([1]))
    assert numpy.array_equal(one.edges, scores.edges[2:])
    assert numpy.array_equal(one.edges, scores.sequence(slice(2, 5)).edges)
    total = add(add(zeros(scores), 2, scores), 3, one, numpy.array([1]))
    assert numpy.array_equal(total.edges[:2], 2 * scores.edges[:2])
    assert total.edges[2:] == pytest.approx(5 * scores.edges[2:], rel=1e-6)
    with pytest.raises(ValueError, match="E212"):
        crf.log_partition(scores)
