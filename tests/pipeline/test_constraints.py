"""What analyses must keep to at prediction, against enumeration of all analyses."""
import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span

from spacy_bio_crf.pipeline.decoding import RULES
from spacy_bio_crf.pipeline.min_risk import FLOOR
from spacy_bio_crf.pipeline.tracks import KEPT
from spacy_bio_crf.tags import SCHEMES

from ..conftest import ents, make_examples, make_nlp, train
from .demanded import KEYS, Analyses, cached_tagger, cases, every_span, set_conditions, some_spans
from .test_posterior import LABELS, VOCAB, triples


@settings(max_examples=300, deadline=None)
@given(case=cases())
def test_posterior_equals_enumeration(case):
    tagger, doc, called = case
    truth = Analyses(tagger, doc, called)
    if truth.error():
        with pytest.raises(ValueError, match=truth.error()) as error:
            tagger.posterior(doc, **called)
        assert doc.text in str(error.value)
        return
    posterior = tagger.posterior(doc, **called)
    every = every_span(len(doc), LABELS)
    expected = [truth.span_probability(span) for span in every]
    assert posterior.span_probabilities(every) == pytest.approx(expected, abs=1e-4)

    tokens = numpy.zeros((len(doc), len(tagger.tagset)))
    for p, tags in zip(truth.probabilities, truth.paths):
        tokens[truth.tokens, tags] += p
    assert posterior.token_probabilities() == pytest.approx(tokens, abs=1e-4)

    entropy = -sum(p * numpy.log(p) for p in truth.probabilities if p > 0)
    assert posterior.entropy() == pytest.approx(entropy, abs=1e-3)

    ranked = sorted(truth.probabilities, reverse=True)
    alternatives = posterior.alternatives(5)
    assert [a.probability for a in alternatives] == pytest.approx(ranked[:5], abs=1e-4)
    for analysis in alternatives:
        p = truth.probabilities[truth.spans.index(set(triples(analysis.spans)))]
        assert analysis.probability == pytest.approx(p, abs=1e-4)
    assert len({tuple(triples(a.spans)) for a in alternatives}) == len(alternatives)
    assert triples(posterior.best()) == triples(alternatives[0].spans)
    assert posterior.best_probability() == pytest.approx(ranked[0], abs=1e-4)
    assert posterior.margin() == pytest.approx(ranked[0] - sum(ranked[1:2]), abs=1e-4)
    for tags, p in list(zip(truth.paths, truth.probabilities))[-5:]:
        assert posterior.log_probability(numpy.array(tags)) == pytest.approx(numpy.log(p), abs=1e-3)

    group = posterior.candidates(0.05)
    found = dict(zip(triples(group), group.attrs["scores"].tolist()))
    for span, p in zip(every, expected):
        assert abs(p - 0.05) < 1e-4 or (span in found) == (p > 0.05)
    for spans in posterior.sample(3, seed=1):
        assert set(triples(spans)) in truth.spans


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_many_scored_spans_equal_enumeration(data):
    """Overlapping, touching, one inside the other, the same one twice; each beside longer spans that must not score."""
    tagger = cached_tagger(data.draw(st.sampled_from(sorted(SCHEMES))), 0.03, 0)
    set_conditions(tagger)
    doc = Doc(VOCAB, words=["x"] * data.draw(st.sampled_from([5, 4, 6])))
    spans = data.draw(st.lists(st.sampled_from(every_span(len(doc), ("a", "b", ""))), min_size=2, max_size=6))
    scored = [(span, data.draw(st.sampled_from([2.0, -2.0, 5.0]))) for span in spans]
    called = {"scored": scored[1:], "forbidden": spans[:1]}
    truth, every = Analyses(tagger, doc, called), every_span(len(doc), LABELS)
    expected = [truth.span_probability(span) for span in every]
    assert tagger.posterior(doc, **called).span_probabilities(every) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=300, deadline=None)
@given(case=cases(by_call=False), rule=st.sampled_from(RULES))
def test_decoding_is_the_best_of_all(case, rule):
    tagger, doc, _ = case
    truth, constraints = Analyses(tagger, doc), tagger.cfg["constraints"]
    tagger.cfg["decode"] = rule
    ordered = [label for label in constraints["label_order"] if label in truth.labels]
    counted = set(constraints["at_most_one"]) & set(truth.labels) or len(ordered) > 1
    error = truth.error() or ("E421" if rule == "expected_f" and counted else None)
    if error:
        with pytest.raises(ValueError, match=error):
            tagger.predict([doc])
        return
    ((decoding,),) = tagger.predict([doc])
    names = [tagger.tagset.labels[label] for label in decoding.spans[:, 2]]
    chosen = [truth.in_doc((*row, name)) for row, name in zip(decoding.spans[:, :2].tolist(), names)]
    assert tagger.tagset.spans(decoding.tags).tolist() == decoding.spans.tolist()
    assert decoding.probabilities == pytest.approx([truth.span_probability(span) for span in chosen], abs=1e-4)
    chosen = set(chosen)
    assert chosen in truth.spans

    def risk(spans):
        return sum(p * len(spans ^ true) for p, true in zip(truth.probabilities, truth.spans))

    def ratio(spans):
        gold = sum(p * len(spans) for p, spans in zip(truth.probabilities, truth.spans))
        return 2 * sum(map(truth.span_probability, spans)) / (len(spans) + gold) if spans else 0.0

    if rule == "viterbi":
        assert truth.probabilities[truth.spans.index(chosen)] == pytest.approx(max(truth.probabilities), abs=1e-4)
    elif rule == "marginal":
        assert risk(chosen) == pytest.approx(min(map(risk, truth.spans)), abs=1e-4)
    else:
        rivals = [spans for spans in truth.spans if all(truth.span_probability(span) > FLOOR for span in spans)]
        assert ratio(chosen) >= max(map(ratio, rivals)) - 1e-3

    before = [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents]
    settled = {t.i for t in doc if t.ent_iob in (1, 3)}
    after = [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in tagger(doc).ents]
    new = {span for span in chosen if not settled & set(range(*span[:2]))}
    assert set(after) == set(before) | {(*span, "", "") for span in new}


@st.composite
def required_places(draw):
    """A tagger to which many labels are alike, so that none is more likely than not, and the likeliest ones of two places
    may not be legal together; and a document that is full of required spans, many of any label."""
    labels = draw(st.sampled_from(["abcd", "abc"]))
    tagger = cached_tagger(draw(st.sampled_from(sorted(SCHEMES))), draw(st.sampled_from([0.01, 0.1])), 1, tuple(labels))
    rules = {}
    for name in ("at_most_one", "label_order") if draw(st.booleans()) else ():
        rules[name] = draw(st.sampled_from([[], labels, labels[:2]]))
    if draw(st.booleans()):
        rules["max_span_length"] = draw(st.dictionaries(st.sampled_from(labels), st.just(1)))
    set_conditions(tagger, **{name: list(some) if isinstance(some, str) else some for name, some in rules.items()})
    doc = Doc(VOCAB, words=draw(st.sampled_from(["xxx", "xxxx", "xx x", "xyx", "x y"])))
    position, required = 0, []
    while position < len(doc):
        end = draw(st.integers(position + 1, len(doc)))
        if draw(st.integers(0, 4)) and not doc[position].is_space and not doc[end - 1].is_space:
            required.append((position, end, draw(st.sampled_from(["", "", labels[0]]))))
        position = end
    doc.spans["must"] = [Span(doc, *span) for span in required]
    doc.spans["plus"] = [Span(doc, *span) for span in draw(some_spans(doc, 2, tuple(labels)))]
    return tagger, doc


@settings(max_examples=200, deadline=None)
@given(case=required_places())
def test_required_spans_are_found_whatever_the_rule_and_the_threshold(case):
    tagger, doc = case
    truth, constraints = Analyses(tagger, doc), tagger.cfg["constraints"]
    if truth.error():
        return
    places = {span[:2] for span in truth.demands["required"]}
    chances = {span: truth.span_probability(span) for spans in truth.spans for span in spans}

    def found(**config):
        tagger.cfg.update(config)
        ((decoding,),) = tagger.predict([doc])
        assert tagger.tagset.spans(decoding.tags).tolist() == decoding.spans.tolist()
        return {truth.in_doc((i, j, tagger.tagset.labels[label])) for i, j, label in decoding.spans.tolist()}

    def risk(spans):
        return sum(1 - 2 * chances[span] for span in spans)  # less what every set costs: the expected number of spans

    def ratio(spans):
        return 2 * sum(map(chances.get, spans)) / (len(spans) + sum(chances.values()))

    counted = constraints["at_most_one"] or len(constraints["label_order"]) > 1
    for rule in RULES[:2] if counted else RULES:
        chosen = found(decode=rule, threshold=0.0, calibration=None)
        assert chosen in truth.spans
        if rule == "marginal":
            assert risk(chosen) == pytest.approx(min(map(risk, truth.spans)), abs=1e-4)
        elif rule == "expected_f":
            rivals = [spans for spans in truth.spans if all(chances[one] > FLOOR or one[:2] in places for one in spans)]
            assert ratio(chosen) >= max(map(ratio, rivals)) - 1e-3
        if all(abs(chances[span] - 0.5) > 1e-4 for span in chosen):
            assert found(threshold=0.5) == {span for span in chosen if span[:2] in places or chances[span] >= 0.5}
        doubtful = {"kind": "platt", "a": 0.01, "b": -3.0}  # not even what is certain comes up to 1/2
        assert found(threshold=0.5, calibration=doubtful) == {span for span in chosen if span[:2] in places}
    tagger.cfg.update(threshold=0.0, calibration=None)


@pytest.mark.parametrize("rule", RULES)
def test_batch_of_constrained_and_free_documents_equals_them_one_by_one(rule):
    tagger = cached_tagger("IOB1", 0.1, 1)
    set_conditions(tagger, rule, sentence_bounded=True, max_span_length=3)
    docs = [Doc(VOCAB, words=["x", "y", "z", " ", "x"], sent_starts=[True, False, False, True, False]) for _ in range(7)]
    docs[1].spans["must"] = [docs[1][1:3], docs[1][4:5]]
    docs[2].spans["plus"] = [Span(docs[2], 0, 2, "a"), Span(docs[2], 1, 2, "b"), Span(docs[2], 4, 5, "a")]
    docs[3].spans["never"] = [Span(docs[3], i, i + 1, "a") for i in range(3)]
    docs[4].set_ents([Span(docs[4], 0, 2, "b")], blocked=[docs[4][4:5]], default="missing")
    docs[5].spans["only"] = [docs[5][0:2], Span(docs[5], 2, 5, "b")]
    docs[6] = Doc(VOCAB, words=[])
    for doc, (one,) in zip(docs, tagger.predict(docs)):
        ((alone,),) = tagger.predict([doc])
        assert one.tags.tolist() == alone.tags.tolist() and one.spans.tolist() == alone.spans.tolist()
        assert one.probabilities == pytest.approx(alone.probabilities, abs=1e-5)
    for doc, posterior in zip(docs, tagger.posteriors(docs)):
        every = every_span(len(doc), LABELS)
        alone = tagger.posterior(doc).span_probabilities(every)
        assert posterior.span_probabilities(every) == pytest.approx(alone, abs=1e-5)


def test_overlapping_scored_spans_beyond_all_bounds_are_refused():
    tagger = cached_tagger("BIO", 0.1, 1)
    set_conditions(tagger)
    doc = Doc(VOCAB, words=["x"] * 400)
    doc.spans["plus"] = [Span(doc, i, 400, "a") for i in range(400)]
    with pytest.raises(ValueError, match="E110.*Scored"):
        tagger.predict([doc])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("score", [1e39, -10_001, float("inf"), float("nan")])
def test_scores_are_bounded(score):
    tagger = cached_tagger("BIO", 0.1, 1)
    set_conditions(tagger)
    doc = Doc(VOCAB, words=["x", "y"])
    with pytest.raises(ValueError, match="E420.*-10,000 to 10,000"):
        tagger.posterior(doc, scored=[((0, 1, "a"), score)])
    posterior = tagger.posterior(doc, scored=[((0, 1, "a"), 10_000), ((1, 2, "a"), -10_000)])
    assert posterior.span_probabilities([(0, 1, "a"), (1, 2, "a")]) == pytest.approx([1, 0])


def test_states_with_tracks_are_kept_and_grow():
    """Batches with other labels do not each make their own, nor keep all of them for ever."""
    tagger = cached_tagger("BIO", 0.1, 1)
    set_conditions(tagger)
    states = tagger.chain().states
    states.tracked.clear()
    doc = Doc(VOCAB, words=["x"] * 12)
    for n in range(1, 12):
        for label in LABELS:
            doc.spans["plus"] = [Span(doc, i, 12, label) for i in range(n)]
            tagger.predict([doc])
        grown = states.tracked[n]
        assert len(grown) > len(states)
        doc.spans["plus"] = [Span(doc, i, 12, LABELS[i % 2]) for i in range(n)]
        tagger.predict([doc])
        assert states.tracked[n] is grown
    assert len(states.tracked) == KEPT


def test_states_with_tracks_do_not_grow_beyond_all_bounds(monkeypatch):
    tagger = cached_tagger("BIO", 0.1, 1)
    set_conditions(tagger)
    tagger.chain().states.tracked.clear()
    doc = Doc(VOCAB, words=["x"] * 3)
    for label in LABELS:
        doc.spans["plus"] = [Span(doc, 0, 2, label), Span(doc, 1, 3, label)]
        tagger.predict([doc])
        needed = 5 + 2 * 6  # tags; on each track, an opening and a going state with three and three phases
        monkeypatch.setattr("spacy_bio_crf.tags.states.MAX_STATES", needed)
        assert len(tagger.chain().states.tracked[2]) == needed


def gazetteer_pipeline(**constraints):
    """A pipeline that knows SENTENCES by heart, with constraints that are not yet met."""
    nlp = make_nlp(constraints=constraints)
    train(nlp, make_examples(nlp))
    return nlp


def test_span_ruler_scores_spans():
    nlp = gazetteer_pipeline(span_scores={"gazetteer": 30.0})
    text = "I like Shaka Khan and Paris Hilton."
    without = ents(nlp(text))
    ruler = nlp.add_pipe("span_ruler", before="bio_crf_tagger", config={"spans_key": "gazetteer"})
    ruler.add_patterns([{"label": "LOC", "pattern": "Shaka Khan"}, {"label": "PERSON", "pattern": [{"LOWER": "hilton"}]}])
    assert ("Shaka Khan", "LOC") not in without and ("Hilton", "PERSON") not in without
    assert {("Shaka Khan", "LOC"), ("Hilton", "PERSON")} <= set(ents(nlp(text)))
    assert [ents(doc) for doc in nlp.pipe([text, "Who?", text])] == [ents(nlp(text)), ents(nlp("Who?")), ents(nlp(text))]
    reloaded = spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert ents(reloaded(text)) == ents(nlp(text))


@pytest.mark.parametrize("matcher", [Matcher, PhraseMatcher])
def test_matches_in_a_span_group_constrain(matcher):
    nlp = gazetteer_pipeline(required_key="must", forbidden_key="never", allowed_key="only")
    tagger = nlp.get_pipe("bio_crf_tagger")
    text = "Shaka Khan lives in New York."
    assert ents(nlp(text)) == [("Shaka Khan", "PERSON"), ("New York", "LOC")]

    def matches(doc, label, words):
        found = matcher(nlp.vocab)
        found.add(label, [[{"ORTH": word} for word in words.split()] if matcher is Matcher else nlp.make_doc(words)])
        return found(doc, as_spans=True)

    doc = nlp.make_doc(text)
    doc.spans["must"] = matches(doc, "LOC", "Khan")
    doc.spans["never"] = matches(doc, "LOC", "New York")
    doc.spans["only"] = matches(doc, "PERSON", "York")
    found = ents(tagger(doc))
    assert ("Khan", "LOC") in found and ("New York", "LOC") not in found
    assert ("York", "PERSON") in found or not any("York" in text for text, _ in found)


def test_demands_of_chains_side_by_side():
    """What is demanded of a label is the business of the chain that has it."""
    chains = {name: {"spans_key": name, "labels": [name]} for name in LABELS}
    nlp = make_nlp(chains=chains, set_ents=False, constraints=KEYS)
    nlp.initialize()
    doc = Doc(nlp.vocab, words=["x", "y", "z"])
    doc.spans["must"] = [Span(doc, 0, 2, "a"), Span(doc, 1, 3, "b")]
    doc = nlp.get_pipe("bio_crf_tagger")(doc)
    assert triples(doc.spans["a"]) == [(0, 2, "a")] and triples(doc.spans["b"]) == [(1, 3, "b")]


def test_required_span_of_a_label_that_no_chain_has():
    chains = {"a": {"spans_key": "as", "labels": ["a"]}, "b": {"spans_key": "bs", "labels": ["b"]}}
    nlp = make_nlp(chains=chains, set_ents=False, constraints={"required_key": "sure"})
    tagger = nlp.get_pipe("bio_crf_tagger")
    for label in ("a", "b"):
        tagger.add_label(label)
    nlp.initialize()
    doc = nlp.make_doc("x y")
    doc.spans["sure"] = [Span(doc, 0, 1, "b")]
    assert [span.label_ for span in tagger(doc).spans["bs"] if span.start == 0] == ["b"]
    doc.spans["sure"] = [Span(doc, 0, 1, "c")]
    with pytest.raises(ValueError, match="E417"):
        tagger(doc)
