"""Example -> the gold lattice: missing, misaligned, whitespace, forbidden."""
import gc

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from spacy_bio_crf.pipeline import candidates
from spacy_bio_crf.pipeline.chains import Chain
from spacy_bio_crf.pipeline.gold import gold_lattice
from spacy_bio_crf.pipeline.learner import AT_ONCE
from spacy_bio_crf.tags import States, TagSet

from ..conftest import make_nlp


@pytest.fixture
def vocab():
    return spacy.blank("en").vocab


def read(eg, tagset, key=None, **settings):
    """The gold of a chain over these tags."""
    chain = Chain("", key, key is None, False, tagset, States(tagset), numpy.arange(len(tagset)))
    return gold_lattice(eg, chain, **settings)


def names(tagset, allowed):
    """Names of the allowed tags of each token; "*" for all."""
    return ["*" if row.all() else "|".join(numpy.array(tagset.names)[row]) for row in allowed]


def example(vocab, words, ents=(), missing=()):
    reference = Doc(vocab, words=words)
    reference.set_ents([Span(reference, *ent) for ent in ents], missing=[reference[i : i + 1] for i in missing])
    return Example(Doc(vocab, words=words), reference)


def test_complete_gold_is_one_tag_a_token(vocab):
    eg = example(vocab, ["New", "York", "or", "Rome"], ents=[(0, 2, "LOC"), (3, 4, "LOC")])
    tagset = TagSet("BIOES", ["LOC"])
    allowed, forbidden, *_ = read(eg, tagset)
    assert names(tagset, allowed) == ["B-LOC", "E-LOC", "O", "S-LOC"] and not forbidden


def test_missing_tokens_are_free_but_do_not_prolong_a_known_span(vocab):
    eg = example(vocab, ["Rome", "a", "b", "c"], ents=[(0, 1, "LOC")], missing=[1, 2])
    tagset = TagSet("BIO", ["LOC"])
    allowed, *_ = read(eg, tagset)
    assert names(tagset, allowed) == ["B-LOC", "O|B-LOC", "*", "O"]


def test_no_annotation_at_all_is_missing(vocab):
    eg = Example(Doc(vocab, words=["a", "b"]), Doc(vocab, words=["a", "b"]))
    assert read(eg, TagSet("BIO", ["LOC"]))[0].all()
    assert read(eg, TagSet("BIO", ["LOC"]), "key")[0].all()


def test_misaligned_entity_is_missing(vocab):
    spaces = [True, False, True, False]
    reference = Doc(vocab, words=["a", "NewYork", "-based", "b"], spaces=spaces, ents=["O", "B-LOC", "O", "O"])
    eg = Example(Doc(vocab, words=["a", "NewYork-based", "b"]), reference)
    tagset = TagSet("BIO", ["LOC"])
    gold = read(eg, tagset)
    assert names(tagset, gold.allowed) == ["O", "*", "O"] and gold.lost == [(1, 2, "LOC")]


def test_misaligned_group_span_is_missing(vocab):
    reference = Doc(vocab, words=["a", "NewYork", "-based", "b"], spaces=[True, False, True, False])
    reference.spans["key"] = SpanGroup(reference, spans=[Span(reference, 1, 2, "LOC"), Span(reference, 3, 4, "LOC")])
    eg = Example(Doc(vocab, words=["a", "NewYork-based", "b"]), reference)
    tagset = TagSet("BIO", ["LOC"])
    gold = read(eg, tagset, "key")
    assert names(tagset, gold.allowed) == ["O", "*", "B-LOC"] and gold.lost == [(1, 2, "LOC")]


def test_whitespace_inside_a_span_is_not_in_the_chain(vocab):
    eg = example(vocab, ["\n", "New", " ", "York", "\n", "x"], ents=[(1, 4, "LOC")])
    tagset = TagSet("BIO", ["LOC"])
    assert names(tagset, read(eg, tagset)[0]) == ["B-LOC", "I-LOC", "O"]


@pytest.mark.parametrize("span", [(0, 4, "LOC"), (1, 5, "LOC"), (4, 5, "LOC")])
def test_span_that_begins_or_ends_on_whitespace_is_reported_and_missing(vocab, span):
    eg = example(vocab, ["\n", "New", " ", "York", "\n", "x"], ents=[span])
    gold = read(eg, TagSet("BIO", ["LOC"]))
    inside = ["*", "*"] if span != (4, 5, "LOC") else ["O", "O"]
    assert gold.lost == [span] and names(TagSet("BIO", ["LOC"]), gold.allowed) == [*inside, "O"]


def test_unknown_label_is_outside(vocab):
    eg = example(vocab, ["a", "b"], ents=[(0, 1, "OTHER")])
    tagset = TagSet("BIO", ["LOC"])
    gold = read(eg, tagset)
    assert names(tagset, gold.allowed) == ["O", "O"] and gold.foreign == {"OTHER"}


def test_overlapping_gold_is_reported_and_missing(vocab):
    reference = Doc(vocab, words=["a", " ", "b", "c", "d"])
    spans = [Span(reference, 0, 3, "LOC"), Span(reference, 2, 4, "LOC"), Span(reference, 4, 5, "LOC")]
    reference.spans["key"] = SpanGroup(reference, spans=spans)
    tagset = TagSet("BIO", ["LOC"])
    allowed, forbidden, *_ = read(Example(Doc(vocab, words=["a", " ", "b", "c", "d"]), reference), tagset, "key")
    assert forbidden == [(0, 3, "LOC"), (2, 4, "LOC")]
    assert names(tagset, allowed) == ["*", "*", "*", "B-LOC"]


def test_touching_gold_of_one_label_is_reported_in_io(vocab):
    eg = example(vocab, ["a", "b", "c"], ents=[(0, 1, "LOC"), (1, 2, "LOC")])
    tagset = TagSet("IO", ["LOC"])
    allowed, forbidden, *_ = read(eg, tagset)
    assert forbidden == [(0, 1, "LOC"), (1, 2, "LOC")]
    assert allowed.tolist() == [[True] * 3, [True] * 3, [True, False, False]]


WORDS = ["Ann", "\n", "Lee", "saw", "New", "York", "today"]
LOST = {  # settings; spans of the gold; those that are lost
    "begins on whitespace": ({}, [(1, 3, "PER"), (4, 6, "LOC")], [(1, 3, "PER")]),
    "ends on whitespace": ({}, [(0, 2, "PER"), (4, 6, "LOC")], [(0, 2, "PER")]),
    "crosses a boundary": ({"sentence_bounded": True}, [(0, 3, "PER"), (3, 5, "LOC")], [(3, 5, "LOC")]),
    "too long": ({"max_span_length": {"LOC": 1}}, [(0, 3, "PER"), (3, 4, "LOC"), (4, 6, "LOC")], [(4, 6, "LOC")]),
    "second of its label": ({"at_most_one": ["LOC"]}, [(0, 1, "LOC"), (4, 6, "LOC")], [(4, 6, "LOC")]),
    "out of order": ({"label_order": ["PER", "LOC"]}, [(0, 1, "LOC"), (4, 6, "PER")], [(4, 6, "PER")]),
    "touches in IO": ({"scheme": "IO"}, [(0, 1, "PER"), (4, 5, "LOC"), (5, 6, "LOC")], [(4, 5, "LOC"), (5, 6, "LOC")]),
    "overlaps": ({"spans_key": "gold"}, [(0, 1, "PER"), (4, 6, "LOC"), (5, 7, "PER")], [(4, 6, "LOC"), (5, 7, "PER")]),
    "impossible candidate": ({"candidates": [(0, 3, "LOC"), (5, 7, "LOC")]}, [(4, 6, "LOC")], [(5, 7, "LOC")]),
    "unknown candidate": ({"candidates": [(0, 1, "PER"), (0, 1, "ORG")]}, [(4, 6, "LOC")], [(0, 1, "ORG or PER")]),
}


@pytest.mark.parametrize("kind", LOST)
def test_gold_that_is_lost_is_named_once_and_trained_as_missing(kind):
    rules, spans, lost = LOST[kind]
    rules = dict(rules)
    scheme, key, candidates = rules.pop("scheme", "BIO"), rules.pop("spans_key", None), rules.pop("candidates", [])
    config = {"constraints": rules, "learning": {"candidates_key": "candidates"}, "spans_key": key, "set_ents": key is None}
    nlp = make_nlp(scheme=scheme, **config)
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label in ("PER", "LOC"):
        tagger.add_label(label)
    nlp.initialize()

    def make(ents, missing=(), candidates=()):
        reference, predicted = Doc(nlp.vocab, words=WORDS), Doc(nlp.vocab, words=WORDS)
        if key is None or missing:
            missing = [reference[i : i + 1] for i in missing]
            reference.set_ents([Span(reference, *ent) for ent in ents], missing=missing)
        else:
            reference.spans[key] = [Span(reference, *ent) for ent in ents]
        reference.spans["candidates"] = [Span(reference, *span) for span in candidates]
        for token in predicted:
            token.is_sent_start = token.i in (0, 4)
        return Example(predicted, reference)

    example = make(spans, candidates=candidates)
    scores = tagger.model.predict([example.predicted])
    with pytest.warns(UserWarning) as told:
        loss, gradient = tagger.get_loss([example], scores)
        tagger.get_loss([example, example], scores=tagger.model.predict([example.predicted] * 2))
    (message,) = [str(one.message) for one in told]
    assert f"W401] Component 'bio_crf_tagger': {len(lost)} gold span(s)" in message
    assert all(str(span) in message for span in lost)
    assert sum(str(span) in message for span in spans) == sum(span in lost for span in spans)

    tagger.cfg.update(set_ents=True)
    missing = {token for start, end, _ in lost for token in range(start, end)}
    kept = [span for span in spans if span not in lost]
    missing -= {token for start, end, _ in kept for token in range(start, end)}
    known = [span for span in candidates if span not in lost and kind != "unknown candidate"]
    expected, d_expected = tagger.get_loss([make(kept, missing, known)], scores)
    assert loss == pytest.approx(expected) and loss > 0
    assert gradient.emissions == pytest.approx(d_expected.emissions, abs=1e-6)


def test_candidates_concern_the_chains_that_have_their_labels(vocab):
    """What may as well be in another chain leaves this one unknown; what cannot be in it says nothing to it."""
    eg = example(vocab, ["a", "b", "c", "d", "e"])
    spans = [(0, 1, "LOC"), (1, 2, "PER"), (1, 2, "LOC"), (2, 3, ""), (3, 4, "!LOC"), (4, 5, "!PER"), (4, 5, "!LOC")]
    eg.reference.spans["candidates"] = [Span(eg.reference, *span) for span in spans]

    def of(*labels):
        tagset = TagSet("BIO", labels)
        chain = Chain("", None, True, True, tagset, States(tagset), numpy.arange(len(tagset)))
        gold = gold_lattice(eg, chain, candidates_key="candidates")
        assert not gold.lost and not gold.foreign
        return names(tagset, gold.allowed)

    assert of("LOC") == ["B-LOC", "O|B-LOC", "*", "O", "O"]
    assert of("PER") == ["O", "*", "*", "O", "O"]
    assert of("LOC", "PER") == ["B-LOC", "B-LOC|B-PER", "O|B-LOC|B-PER", "O|B-PER|I-PER", "O"]


@pytest.mark.parametrize("lost", [False, True])
def test_candidates_are_tested_together_unless_one_of_them_is_lost(vocab, lost, monkeypatch):
    asked, has_path = [], candidates.has_path
    monkeypatch.setattr(candidates, "has_path", lambda lattice: asked.append(lattice) or has_path(lattice))
    eg = example(vocab, ["a", "b", "c", "d"])
    eg.reference.spans["key"] = [Span(eg.reference, i, i + 1, "LOC") for i in range(4)] + [Span(eg.reference, 0, 2, "")][: int(lost)]
    gold = read(eg, TagSet("BIO", ["LOC"]), candidates_key="key")
    assert names(TagSet("BIO", ["LOC"]), gold.allowed) == ["B-LOC"] * 4
    assert gold.lost == [(0, 2, "")][: int(lost)] and len(asked) == (6 if lost else 1)


def test_misaligned_candidate_is_missing(vocab):
    reference = Doc(vocab, words=["a", "NewYork", "-based", "b"], spaces=[True, False, True, False], ents=["O"] * 4)
    reference.spans["candidates"] = [Span(reference, 1, 2, "LOC")]
    eg = Example(Doc(vocab, words=["a", "NewYork-based", "b"]), reference)
    tagset = TagSet("BIO", ["LOC"])
    assert names(tagset, read(eg, tagset, candidates_key="candidates").allowed) == ["O", "*", "O"]


def test_initialize_reads_the_corpus_twice_and_never_holds_it(vocab):
    """Once for the labels of all chains, once for what is lost."""
    chains = {"x": {"set_ents": True}, "y": {"spans_key": "y"}, "z": {"spans_key": "z"}}
    tagger = make_nlp(constraints={"max_span_length": 1}, chains=chains).get_pipe("bio_crf_tagger")
    read, held = [], []

    def alive():
        return sum(type(one) is Example for one in gc.get_objects())

    def stream():
        read.append(0)
        before = alive()
        for i in range(40):
            reference = Doc(vocab, words=["a", "b"])
            reference.set_ents([Span(reference, 0, 1 + i // 39, "A")])
            reference.spans["y"], reference.spans["z"] = [Span(reference, 1, 2, "B")], [Span(reference, 1, 2, "C")]
            example = Example(Doc(vocab, words=["a", "b"]), reference)
            read[-1] += 1
            yield example
        held.append(alive() - before)

    with pytest.warns(UserWarning, match=r"W401.*: 1 gold span.*\(0, 2, 'A'\)"):
        tagger.initialize(stream)
    assert read == [40, 40, 40] and max(held) <= 3 + 2 * AT_ONCE  # the first time, it is spaCy that validates
    assert tagger.labels == ("A", "B", "C")


def test_misaligned_wrong_span_is_named(vocab):
    nlp = make_nlp(incorrect_spans_key="wrong")
    reference = Doc(nlp.vocab, words=["a", "NewYork", "-based", "b"], spaces=[True, False, True, False], ents=["O"] * 3 + ["B-LOC"])
    reference.spans["wrong"] = [Span(reference, 1, 2, "LOC")]
    eg = Example(Doc(nlp.vocab, words=["a", "NewYork-based", "b"]), reference)
    with pytest.warns(UserWarning, match=r"W401.*\(1, 2, 'LOC'\)"):
        nlp.initialize(lambda: [eg])
