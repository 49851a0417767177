"""Probabilities of predicted spans: where they stand, what they survive, what thresholds do."""
import numpy
import pytest
import spacy
from spacy.pipeline.functions import merge_entities
from spacy.tokens import Doc, DocBin, Span

from ..conftest import SENTENCES, make_examples, make_nlp, train

TEXT = "Shaka Khan lives in New York."


@pytest.fixture(scope="module")
def nlp():
    """Not trained to the end, so that its probabilities are not all 1."""
    nlp = make_nlp()
    train(nlp, make_examples(nlp), steps=12)
    assert len(nlp(TEXT).ents) > 0
    return nlp


def probabilities(doc):
    return [ent._.probability for ent in doc.ents]


def test_every_predicted_span_has_its_probability(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    for text, _ in SENTENCES:
        doc = nlp(text)
        group = doc.spans["bio_crf_tagger"]
        assert [row[:3] for row in group.attrs["predicted"]] == [[e.start_char, e.end_char, e.label_] for e in doc.ents]
        assert probabilities(doc) == pytest.approx(group.attrs["scores"].tolist())
        expected = tagger.span_probabilities(nlp.make_doc(text), doc.ents)
        assert probabilities(doc) == pytest.approx(expected.tolist(), abs=1e-6)
        assert tagger.span_probabilities(doc, doc.ents).tolist() == expected.tolist()  # own predictions are not preset


@pytest.mark.parametrize(
    "travel",
    [
        lambda nlp, doc: Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        lambda nlp, doc: next(DocBin(docs=[doc]).get_docs(nlp.vocab)),
        lambda nlp, doc: next(DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(spacy.blank("en").vocab)),
        lambda nlp, doc: doc.copy(),
        lambda nlp, doc: Doc(nlp.vocab).from_bytes(merge_entities(doc).to_bytes()),
        lambda nlp, doc: list(nlp.pipe([doc.text, "x"], n_process=2))[0],
    ],
    ids=["bytes", "docbin", "docbin-bytes", "copy", "merged", "n_process"],
)
def test_probabilities_travel_with_the_document(nlp, travel):
    doc = nlp(TEXT)
    there = travel(nlp, doc)
    assert [ent.text for ent in there.ents] == [ent.text for ent in doc.ents]
    assert probabilities(there) == pytest.approx(probabilities(doc), abs=1e-6) and None not in probabilities(there)


def test_preset_spans_have_none_and_condition_the_rest(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp.make_doc(TEXT)
    doc.set_ents([Span(doc, 0, 2, label="ELSE")], default="missing")
    expected = tagger.span_probabilities(doc, [(4, 6, "LOC"), (0, 1, "PERSON")])
    doc = tagger(doc)
    assert doc.ents[0]._.probability is None
    assert expected[1] == 0.0
    assert [e._.probability for e in doc.ents if (e.start, e.end, e.label_) == (4, 6, "LOC")] in (
        [],
        [pytest.approx(expected[0], abs=1e-6)],
    )


def test_predicting_again_keeps_the_probabilities(nlp):
    doc = nlp(TEXT)
    before = probabilities(doc)
    assert probabilities(nlp(doc)) == before and None not in before
    assert doc.spans["bio_crf_tagger"].attrs["scores"].tolist() == before


def test_corrected_entities_are_preset_as_a_whole(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp(TEXT)
    start, end, label = next((e.start, e.end, e.label_) for e in doc.ents)
    wider = Span(doc, start, end + 1, label=label)
    doc.ents = [wider]
    fresh = nlp.make_doc(TEXT)
    fresh.ents = [Span(fresh, start, end + 1, label=label)]
    spans = [(start, end, label), (start, end + 1, label), (4, 6, "LOC")]
    assert tagger.span_probabilities(doc, spans) == pytest.approx(tagger.span_probabilities(fresh, spans), abs=1e-9)
    assert tagger.span_probabilities(doc, spans)[:2].tolist() == [0.0, pytest.approx(1.0)]


def test_each_entity_has_the_probability_of_the_component_that_wrote_it(nlp):
    doc = nlp(TEXT)
    own = probabilities(doc)
    doc.spans["sc"] = list(doc.ents)
    doc.spans["sc"].attrs["scores"] = numpy.full(len(doc.ents), 0.123)
    assert probabilities(doc) == own


def test_candidates_are_cut_by_calibrated_probability(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp.make_doc(TEXT)
    try:
        for calibration in (None, {"kind": "temperature", "temperature": 3.0}, {"kind": "temperature", "temperature": 0.4}):
            tagger.cfg["calibration"] = calibration
            every = tagger.posterior(doc).candidates(1e-4)
            group = tagger.posterior(doc).candidates(0.2)
            expected = [(s.start, s.end, s.label_) for s, p in zip(every, every.attrs["scores"]) if p >= 0.2]
            assert [(s.start, s.end, s.label_) for s in group] == expected and expected
            p = float(min(group.attrs["scores"]))
            assert len(tagger.posterior(doc).candidates(p * (1 - 1e-6))) == len(group)
            assert len(tagger.posterior(doc).candidates(p * (1 + 1e-6))) == len(group) - 1
    finally:
        tagger.cfg["calibration"] = None


def test_rule_is_checked_at_prediction_time(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    try:
        tagger.cfg["decode"] = "expectedf"
        with pytest.raises(ValueError, match="E408.*expectedf"):
            nlp(TEXT)
    finally:
        tagger.cfg["decode"] = "viterbi"


def test_without_scores_there_is_no_group(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    other = spacy.load(tmp_path)
    other.get_pipe("bio_crf_tagger").cfg["scores"] = False
    doc = other(TEXT)
    assert not doc.spans and set(probabilities(doc)) <= {None}


def test_threshold_is_read_at_prediction_time(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp(TEXT)
    before = dict(zip([(e.start, e.end, e.label_) for e in doc.ents], probabilities(doc)))
    cut = float(numpy.mean(list(before.values())))
    old = dict(tagger.cfg)
    try:
        tagger.cfg["threshold"] = cut
        kept = {(e.start, e.end, e.label_) for e in nlp(TEXT).ents}
        assert kept == {span for span, p in before.items() if p >= cut} and len(kept) < len(before)
        tagger.cfg["thresholds"] = {"PERSON": 1.1}
        assert all(e.label_ != "PERSON" for e in nlp(TEXT).ents)
        tagger.cfg["threshold"] = 1.1
        tagger.cfg["thresholds"] = {"PERSON": 0.0}
        assert all(e.label_ == "PERSON" for e in nlp(TEXT).ents)
        tagger.cfg["scores"] = False
        assert all(e.label_ == "PERSON" for e in nlp(TEXT).ents)
    finally:
        tagger.cfg.update(old)


def test_calibration_moves_scores_and_no_span(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp(TEXT)
    try:
        tagger.cfg["calibration"] = {"kind": "temperature", "temperature": 2.0}
        calibrated = nlp(TEXT)
    finally:
        tagger.cfg["calibration"] = None
    assert [e.text for e in calibrated.ents] == [e.text for e in doc.ents]
    raw = numpy.array(probabilities(doc))
    expected = 1 / (1 + numpy.sqrt((1 - raw) / raw))
    assert probabilities(calibrated) == pytest.approx(expected.tolist(), abs=1e-4)


def test_evaluate_tells_how_far_to_trust_the_probabilities(nlp):
    scores = nlp.evaluate(make_examples(nlp))
    docs = [nlp(text) for text, _ in SENTENCES]
    p = numpy.array([x for doc in docs for x in probabilities(doc)])
    right = numpy.array(
        [(e.start_char, e.end_char, e.label_) in gold for doc, (_, gold) in zip(docs, SENTENCES) for e in doc.ents]
    )
    assert scores["ents_brier"] == pytest.approx(float(((p - right) ** 2).mean()), abs=1e-6)
    assert 0 <= scores["ents_ece"] <= 1 and 0 <= scores["ents_ap"] <= 1 and scores["ents_log_loss"] > 0


def test_find_threshold_of_spacy(nlp, tmp_path):
    from spacy.cli.find_threshold import find_threshold
    from spacy.tokens import DocBin

    nlp.to_disk(tmp_path / "model")
    DocBin(docs=[eg.reference for eg in make_examples(nlp)]).to_disk(tmp_path / "dev.spacy")
    best, score, scores = find_threshold(
        str(tmp_path / "model"),
        tmp_path / "dev.spacy",
        pipe_name="bio_crf_tagger",
        threshold_key="threshold",
        scores_key="ents_r",
        n_trials=3,
        silent=True,
    )
    assert len(scores) == 3 and scores[0.0] >= scores[0.5] >= scores[1.0]


def test_unknown_decoding_rule_is_an_error():
    with pytest.raises(ValueError, match="E408.*viterbi, marginal, expected_f"):
        make_nlp(decode="beam")


@pytest.mark.parametrize("settings", [{}, {"set_ents": False, "spans_key": "found"}], ids=["entities", "group"])
def test_predictions_of_labels_that_were_not_annotated_are_not_scored(settings):
    nlp = make_nlp(**settings)
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans["found"] = list(example.reference.ents)
    train(nlp, examples)
    for example in examples:
        kept = [ent for ent in example.reference.ents if ent.label_ == "LOC"]
        example.reference.set_ents(kept)
        example.reference.spans["found"] = kept
    prefix = "spans_found" if settings else "ents"
    assert nlp.evaluate(examples)[f"{prefix}_p"] < 1.0
    for example in examples:
        example.reference._.annotated_labels = ["LOC"]
    scores = nlp.evaluate(examples)
    assert scores[f"{prefix}_p"] == scores[f"{prefix}_r"] == 1.0
    assert set(scores[f"{prefix}_per_type"]) == {"LOC"} and scores[f"{prefix}_log_loss"] < 0.1
    for example in examples:
        example.reference._.annotated_labels = ["PERSON"]  # which has no gold: what is gold of others is not missed
    scores = nlp.evaluate(examples)
    assert scores[f"{prefix}_p"] == 0.0 and set(scores[f"{prefix}_per_type"]) == {"PERSON"}
