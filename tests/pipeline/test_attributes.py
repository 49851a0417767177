"""What an annotation covers and is worth: kept wherever the document goes, refused where it makes no sense, and heeded."""
import pickle
from functools import lru_cache

import numpy
import pytest
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.augment import create_lower_casing_augmenter

from spacy_bio_crf.attributes import token_weights
from spacy_bio_crf.pipeline.settings import LEARNING

from ..conftest import make_nlp


@lru_cache(maxsize=None)
def nlp():
    nlp = make_nlp(incorrect_spans_key="wrong")
    for label in ("LOC", "PER"):
        nlp.get_pipe("bio_crf_tagger").add_label(label)
    nlp.initialize()
    return nlp


def annotated(words, ents=(), missing=()):
    doc = Doc(nlp().vocab, words=words)
    doc.set_ents([Span(doc, *ent) for ent in ents], missing=[doc[i : i + 1] for i in missing])
    return doc


def loss_of(reference, **learning):
    tagger = nlp().get_pipe("bio_crf_tagger")
    tagger.cfg["learning"] = {**LEARNING, **learning}
    example = Example(Doc(reference.vocab, words=[token.text for token in reference]), reference)
    scores = tagger.model.predict([example.predicted])
    rng = numpy.random.default_rng(3)
    scores.emissions = rng.normal(size=scores.emissions.shape).astype("f")
    return tagger.get_loss([example], scores)


def through_docbin(doc):
    return next(DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(doc.vocab))


WAYS = {
    "DocBin": through_docbin,
    "bytes": lambda doc: Doc(doc.vocab).from_bytes(doc.to_bytes()),
    "copy": lambda doc: doc.copy(),
    "pickle": lambda doc: pickle.loads(pickle.dumps(doc)),
}


@pytest.mark.parametrize("way", WAYS)
def test_attributes_travel_with_the_document(way):
    doc = annotated(["a", "b", "c"])
    doc._.annotated_labels = ("LOC",)
    doc._.learning_weight = numpy.float32(0.5)
    doc[1]._.learning_weight = 2
    other = WAYS[way](doc)
    other[0]._.learning_weight = 3.0  # of this copy alone
    assert other._.annotated_labels == ["LOC"] and other._.learning_weight == 0.5
    assert token_weights(other) == [3.0, 2.0, 0.5] and token_weights(doc) == [0.5, 2.0, 0.5]


def test_what_is_not_set():
    doc = annotated(["a"])
    assert doc._.annotated_labels is None and doc._.learning_weight == doc[0]._.learning_weight == 1.0
    assert token_weights(doc) is None
    doc._.annotated_labels = ["LOC"]
    doc._.annotated_labels = None
    assert doc._.annotated_labels is None


def test_weights_of_tokens_stay_when_others_are_merged():
    doc = annotated(["a", "b", "c", "d"])
    doc[3]._.learning_weight = 0.25
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert token_weights(doc) == [1.0, 1.0, 0.25]


@pytest.mark.parametrize("value", ["LOC", [1]])
def test_labels_that_are_no_list_of_labels(value):
    with pytest.raises(ValueError, match="E706.*a b"):
        annotated(["a", "b"])._.annotated_labels = value


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1", None])
def test_weights_that_are_none(value):
    doc = annotated(["a", "b"])
    for target in (doc, doc[0]):
        with pytest.raises(ValueError, match="E707.*a b"):
            target._.learning_weight = value


SETTINGS = [{}, {"missed_cost": 2.0, "spurious_cost": 1.0}, {"label_smoothing": 0.2, "missed_cost": 1.0}]


@pytest.mark.parametrize("learning", SETTINGS)
def test_weight_of_a_document_multiplies_its_loss(learning):
    doc = annotated(["a", "b", "c"], ents=[(0, 2, "LOC")])
    doc.spans["wrong"] = [Span(doc, 1, 3, "PER")]
    loss, gradient = loss_of(doc, **learning)
    for weight in (0.0, 0.5, 3.0):
        doc._.learning_weight = weight
        weighted, d_weighted = loss_of(doc, **learning)
        assert weighted == pytest.approx(weight * loss)
        assert d_weighted.emissions == pytest.approx(weight * gradient.emissions, abs=1e-5)


@pytest.mark.parametrize("token", [1, 2])
@pytest.mark.parametrize("learning", SETTINGS)
def test_token_of_weight_0_is_a_missing_one_and_the_weight_of_a_missing_one_is_nothing(learning, token):
    """Right after an entity too: where that ends is said of the entity."""
    missing = annotated(["a", "b", "c"], ents=[(0, 1, "LOC")], missing=[token])
    without = annotated(["a", "b", "c"], ents=[(0, 1, "LOC")])
    heavy = missing.copy()
    without[token]._.learning_weight = 0.0
    heavy[token]._.learning_weight = 7.0
    loss, gradient = loss_of(missing, **learning)
    for doc in (without, heavy):
        other, d_other = loss_of(doc, **learning)
        assert other == pytest.approx(loss) and d_other.emissions == pytest.approx(gradient.emissions, abs=1e-5)


@pytest.mark.parametrize("learning", SETTINGS)
def test_entity_of_weight_0_says_nothing_of_missing_neighbours(learning):
    doc = annotated(["a", "b", "c"], ents=[(1, 2, "LOC")], missing=[0, 2])
    doc[1]._.learning_weight = 0.0
    loss, gradient = loss_of(doc, **learning)
    assert loss == 0.0 and not gradient.emissions.any()


def test_wrong_span_has_the_lowest_weight_of_its_tokens():
    doc = annotated(["a", "b", "c"], missing=[0, 1, 2])
    doc.spans["wrong"] = [Span(doc, 0, 2, "PER")]
    loss, gradient = loss_of(doc)
    doc[0]._.learning_weight, doc[1]._.learning_weight, doc[2]._.learning_weight = 2.0, 0.5, 0.0
    weighted, d_weighted = loss_of(doc)
    assert weighted == pytest.approx(0.5 * loss) and loss > 0
    assert d_weighted.emissions == pytest.approx(0.5 * gradient.emissions, abs=1e-6)


def test_entity_ratio_leaves_out_documents_of_weight_0():
    tagger = nlp().get_pipe("bio_crf_tagger")
    tagger.cfg["learning"] = {**LEARNING, "entity_ratio": {"ratio": 1.0, "margin": 0.0, "weight": 10.0}}
    docs = [annotated(["a", "b"], missing=[0, 1]), annotated(["a", "b", "c"], missing=[0, 1, 2])]
    examples = [Example(Doc(doc.vocab, words=[token.text for token in doc]), doc) for doc in docs]
    scores = tagger.model.predict([example.predicted for example in examples])
    scores.emissions = numpy.random.default_rng(3).normal(size=scores.emissions.shape).astype("f")
    loss, gradient = tagger.get_loss(examples[1:], scores.sequence(slice(2, 5)))
    docs[0]._.learning_weight = 0.0
    both, d_both = tagger.get_loss(examples, scores)
    assert both == pytest.approx(loss) and loss > 0
    assert not d_both.emissions[:2].any() and d_both.emissions[2:] == pytest.approx(gradient.emissions)


def test_attributes_that_an_augmenter_has_lost():
    doc = annotated(["I", "like", "Rome"])
    doc._.annotated_labels = ["LOC"]
    augment = create_lower_casing_augmenter(1.0)
    (lower,) = augment(nlp(), Example(Doc(doc.vocab, words=[token.text for token in doc]), doc))
    with pytest.raises(ValueError, match="E709"):
        loss_of(lower.reference)
