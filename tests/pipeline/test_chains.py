"""Several chains in one component: each against enumeration of its own tag sequences, and what they write together."""
from itertools import product

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.tags import SCHEMES

from ..conftest import ents, make_nlp, train

VOCAB = spacy.blank("en").vocab
LABELS = [("one", "A"), ("two", "C"), ("one", "B"), ("two", "A")]  # so that the outputs of a chain lie apart
ARRANGEMENTS = {
    "a group each": {"chains": {"one": {"spans_key": "one"}, "two": {"spans_key": "two"}}},
    "one group": {
        "chains": {"one": {"spans_key": "all", "labels": ["A", "B"]}, "two": {"spans_key": "all", "labels": ["C"]}}
    },
    "a chain per label": {"chain_per_label": True, "set_ents": False, "spans_key": "all"},
    "entities": {"chains": {"one": {"set_ents": True}, "two": {"spans_key": "two"}}},
}


def random_tagger(arrangement, scheme, seed, labels=LABELS, **config):
    """A tagger whose emissions and transitions are random."""
    nlp = make_nlp(scheme=scheme, **ARRANGEMENTS[arrangement], **config)
    tagger = nlp.get_pipe("bio_crf_tagger")
    for chain, label in labels:
        if arrangement == "a chain per label":
            tagger.add_label(label)
        elif (arrangement, chain, label) != ("one group", "two", "A"):
            tagger.add_label(label, chain)
    nlp.initialize()
    rng = numpy.random.default_rng(seed)
    for node in (tagger.model.get_ref("crf"), tagger.model.get_ref("output_layer")):
        for name in node.param_names:
            node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    return tagger


class Enumeration:
    """Every legal tag sequence of one chain over one document, with its score."""

    def __init__(self, tagger, chain, doc):
        self.scores = tagger.model.predict([doc])
        self.tagset, self.columns = chain.tagset, chain.columns
        start, step, end = chain.tagset.constraints
        self.paths = [
            path
            for path in product(range(len(chain.tagset)), repeat=len(doc))
            if not path or (start[path[0]] and end[path[-1]] and all(step[i, j] for i, j in zip(path, path[1:])))
        ]
        self.spans = [self.read(path) for path in self.paths]
        self.weights = numpy.array([self.score(path) for path in self.paths], dtype="d")
        self.probabilities = self.normal(self.weights)

    def read(self, path):
        rows = self.tagset.spans(numpy.array(path, dtype="i")).tolist()
        return {(start, end, self.tagset.labels[label]) for start, end, label in rows}

    def score(self, path):
        s, outputs = self.scores, self.columns[list(path)]
        if not path:
            return 0.0
        emissions = sum(float(s.emissions[t, k]) for t, k in enumerate(outputs))
        steps = sum(float(s.step[i, j]) for i, j in zip(outputs, outputs[1:]))
        return emissions + steps + float(s.start[outputs[0]]) + float(s.end[outputs[-1]])

    @staticmethod
    def normal(weights):
        return numpy.exp(weights - numpy.logaddexp.reduce(weights))

    def loss(self, gold):
        """The negative log-likelihood of what is annotated (None: nothing), and its gradient over all outputs."""
        fits = numpy.array([gold is None or spans == gold for spans in self.spans])
        target = numpy.zeros(len(fits))
        target[fits] = self.normal(self.weights[fits])
        gradient = [numpy.zeros(numpy.shape(array)) for array in arrays_of(self.scores)]
        emissions, start, step, end = gradient
        for path, p in zip(self.paths, self.probabilities - target):
            outputs = self.columns[list(path)]
            emissions[numpy.arange(len(path)), outputs] += p
            for i, j in zip(outputs, outputs[1:]):
                step[i, j] += p
            if path:
                start[outputs[0]] += p
                end[outputs[-1]] += p
        return numpy.logaddexp.reduce(self.weights) - numpy.logaddexp.reduce(self.weights[fits]), gradient

    def best(self):
        """The spans of the best sequence, with the probability of each."""
        best = self.spans[int(numpy.argmax(self.weights))]
        return {span: sum(p for p, spans in zip(self.probabilities, self.spans) if span in spans) for span in best}


def arrays_of(scores):
    return scores.emissions, scores.start, scores.step, scores.end


@st.composite
def cases(draw, arrangements=tuple(ARRANGEMENTS)):
    arrangement = draw(st.sampled_from(arrangements))
    tagger = random_tagger(arrangement, draw(st.sampled_from(sorted(SCHEMES))), draw(st.integers(0, 99)))
    return tagger, [Doc(VOCAB, words=list(words)) for words in draw(st.lists(st.text("xyz", max_size=3), max_size=2))]


def triples(spans):
    return [(span.start, span.end, span.label_) for span in spans]


@settings(max_examples=60, deadline=None)
@given(case=cases(), data=st.data())
def test_loss_and_gradients_are_those_of_each_chain_alone(case, data):
    tagger, docs = case
    examples, loss = [], 0.0
    scores = tagger.model.predict(docs) if docs else None
    gradient = [numpy.zeros(numpy.shape(array)) for array in arrays_of(scores)] if docs else []
    for number, doc in enumerate(docs):
        groups = {}
        for key in sorted({chain.gold_key or "" for chain in tagger.chains}):
            annotated = data.draw(st.booleans())
            for chain in tagger.chains:
                if (chain.gold_key or "") == key:
                    truth = Enumeration(tagger, chain, doc)
                    gold = data.draw(st.sampled_from(truth.spans)) if annotated else None
                    if annotated:
                        groups.setdefault(key, []).extend(gold)
                    one, alone = truth.loss(gold)
                    loss += one
                    gradient[0][scores.rows_of_sequences()[number]] += alone[0]
                    for mine, its in zip(gradient[1:], alone[1:]):
                        mine += its
        reference = doc.copy()
        for key, gold in groups.items():
            spans = [Span(reference, *span) for span in gold]
            if key:
                reference.spans[key] = spans
            else:
                reference.set_ents(spans)
        examples.append(Example(doc, reference))
    if examples:
        found, d_scores = tagger.get_loss(examples, scores)
        assert found == pytest.approx(loss, abs=1e-4)
        for mine, expected in zip(arrays_of(d_scores), gradient):
            assert mine == pytest.approx(expected, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_predictions_are_the_best_sequences_of_each_chain_in_the_order_of_the_document(case):
    tagger, docs = case
    best = [[(chain, Enumeration(tagger, chain, doc).best()) for chain in tagger.chains] for doc in docs]
    for doc, of_chains in zip(tagger.pipe(docs), best):
        for key in {chain.spans_key for chain in tagger.chains} - {None}:
            expected = [(span, p) for chain, found in of_chains if chain.spans_key == key for span, p in found.items()]
            expected.sort()
            assert triples(doc.spans[key]) == [span for span, _ in expected]
            probabilities = [p for _, p in expected]
            assert doc.spans[key].attrs["scores"].tolist() == pytest.approx(probabilities, abs=1e-5)
            if key == "all":  # else a span may be found in several groups
                assert [span._.probability for span in doc.spans[key]] == pytest.approx(probabilities, abs=1e-5)
        for chain, found in of_chains:
            if chain.set_ents:
                assert triples(doc.ents) == sorted(found)


NESTED = [
    (
        "Shaka Khan lives in New York.",
        [(0, 10, "PERSON"), (0, 16, "SUBJECT"), (11, 19, "VERB"), (17, 28, "WHERE"), (20, 28, "LOC")],
    ),
    ("I like London and Berlin.", [(7, 13, "LOC"), (18, 24, "LOC"), (0, 6, "SUBJECT")]),
    ("Nobody is here.", [(0, 6, "PERSON"), (0, 6, "SUBJECT"), (10, 14, "WHERE")]),
    ("Who?", []),
]
NAMES = ("LOC", "PERSON")


def nested_examples(nlp):
    """Names as entities, and groups of all spans, of those that are no names, and of subjects."""
    examples = []
    for text, spans in NESTED:
        reference = nlp.make_doc(text)
        reference.spans["all"] = [reference.char_span(*span) for span in spans]
        reference.spans["rest"] = [span for span in reference.spans["all"] if span.label_ not in NAMES]
        reference.spans["subjects"] = [span for span in reference.spans["all"] if span.label_ == "SUBJECT"]
        reference.set_ents([span for span in reference.spans["all"] if span.label_ in NAMES])
        examples.append(Example(nlp.make_doc(text), reference))
    return examples


def found(doc, key):
    return [(span.start_char, span.end_char, span.label_) for span in doc.spans[key]]


def test_spans_of_several_labels_may_overlap_and_nest():
    nlp = make_nlp(chain_per_label=True, set_ents=False, spans_key="all")
    train(nlp, nested_examples(nlp), steps=60)
    for text, spans in NESTED:
        assert found(nlp(text), "all") == sorted(spans)
    scores = nlp.evaluate(nested_examples(nlp))
    assert scores["spans_all_f"] == 1.0 and 0 <= scores["spans_all_ece"] < 0.2


@pytest.fixture(scope="module")
def layered():
    """Names are entities, subjects a layer over them. Tests must not change it."""
    nlp = make_nlp(chains={"names": {"set_ents": True}, "subjects": {"spans_key": "subjects"}})
    train(nlp, nested_examples(nlp), steps=25)
    return nlp


def test_one_chain_writes_entities_and_one_a_group(layered):
    for text, spans in NESTED:
        doc = layered(text)
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [s for s in spans if s[2] in NAMES]
        assert found(doc, "subjects") == [span for span in spans if span[2] == "SUBJECT"]
        assert doc.has_annotation("ENT_IOB", require_complete=True)
        assert all(span._.probability > 0.5 for span in [*doc.ents, *doc.spans["subjects"]])


def test_presets_condition_the_chain_of_the_entities_alone():
    tagger = random_tagger("entities", "BIO", seed=1)
    doc, preset = Doc(VOCAB, words=["x", "y", "z"]), Doc(VOCAB, words=["x", "y", "z"])
    preset.set_ents([Span(preset, 0, 2, label="A")], default="missing")
    free, bound = (tagger.token_probabilities(one, chain="one") for one in (doc, preset))
    assert numpy.abs(free - bound).max() > 0.1
    assert tagger.span_probabilities(preset, [(0, 2, "A")], chain="one").tolist() == [pytest.approx(1.0)]
    free, bound = (tagger.token_probabilities(one, chain="two") for one in (doc, preset))
    assert numpy.array_equal(free, bound)
    expected = triples(tagger(doc).spans["two"])
    tagger(preset)
    assert ("x y", "A") in ents(preset) and triples(preset.spans["two"]) == expected != []


def test_required_spans_concern_the_chains_that_have_their_label():
    tagger = random_tagger("entities", "BIO", seed=1, constraints={"required_key": "must"})
    doc = Doc(VOCAB, words=["x", "y", "z"])
    doc.spans["must"] = [Span(doc, 1, 2, label="B"), Span(doc, 0, 3, label="C")]  # of one chain each
    tagger(doc)
    assert ("y", "B") in ents(doc) and triples(doc.spans["two"]) == [(0, 3, "C")]
    doc.spans["must"] = [Span(doc, 1, 2, label="A")]  # of both
    for chain in ("one", "two"):
        assert tagger.span_probabilities(doc, [(1, 2, "A")], chain=chain).tolist() == [pytest.approx(1.0)]
    doc.spans["must"] = [Span(doc, 1, 2, label="of none")]
    with pytest.raises(ValueError, match="E417.*of none"):
        tagger(doc)


def test_group_of_another_component_stays(layered):
    doc = layered.make_doc(NESTED[0][0])
    doc.spans["mine"] = [doc[0:1]]
    assert [span.text for span in layered(doc).spans["mine"]] == ["Shaka"]


def test_threshold_and_calibration_of_one_chain(layered, tmp_path):
    layered.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    text = NESTED[0][0]
    before = nlp(text)
    own = nlp.get_pipe("bio_crf_tagger").cfg["chains"]["subjects"]
    own["calibration"] = {"kind": "temperature", "temperature": 2.0}
    doc = nlp(text)
    assert [e._.probability for e in doc.ents] == [e._.probability for e in before.ents]
    raw = float(before.spans["subjects"].attrs["scores"][0])
    calibrated = 1 / (1 + numpy.sqrt((1 - raw) / raw))
    assert doc.spans["subjects"].attrs["scores"].tolist() == [pytest.approx(calibrated, abs=1e-5)]
    tagger = nlp.get_pipe("bio_crf_tagger")
    assert tagger.span_probabilities(nlp.make_doc(text), [(0, 3, "SUBJECT")], chain="subjects") == pytest.approx(calibrated)
    own["threshold"] = 1.1
    doc = nlp(text)
    assert ents(doc) == ents(before) != [] and found(doc, "subjects") == []
    own["thresholds"] = {"SUBJECT": 0.0}
    assert found(nlp(text), "subjects") == found(before, "subjects")


def test_figures_of_every_chain(layered):
    scores = layered.evaluate(nested_examples(layered))
    assert scores["ents_f"] == scores["spans_subjects_f"] == 1.0
    docs = [layered(text) for text, _ in NESTED]
    groups_of = {"ents": [doc.ents for doc in docs], "spans_subjects": [doc.spans["subjects"] for doc in docs]}
    for prefix, groups in groups_of.items():
        p = numpy.array([span._.probability for group in groups for span in group])
        assert scores[f"{prefix}_brier"] == pytest.approx(float(((1 - p) ** 2).mean()), abs=1e-6)
        assert scores[f"{prefix}_ap"] == 1.0 and scores[f"{prefix}_ece"] > 0 and scores[f"{prefix}_log_loss"] > 0
    layered.get_pipe("bio_crf_tagger").cfg["scores"] = False
    try:
        assert not any(key.endswith("_ece") for key in layered.evaluate(nested_examples(layered)))
    finally:
        layered.get_pipe("bio_crf_tagger").cfg["scores"] = True


def test_score_weights_of_every_chain():
    chains = {"a": {"set_ents": True}, "b": {"spans_key": "x"}, "c": {"spans_key": "y", "labels": ["A"]}}
    chains["d"] = {"spans_key": "y", "labels": ["B"]}
    weights = make_nlp(chains=chains).config["training"]["score_weights"]
    shares = {key: round(weight, 2) for key, weight in weights.items() if weight}
    assert shares == {"ents_f": 0.33, "spans_x_f": 0.33, "spans_y_f": 0.33}
    assert weights["spans_y_p"] == weights["spans_y_r"] == 0.0 and weights["spans_y_per_type"] is None
