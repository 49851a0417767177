"""The component: what it writes, learns, refuses and reports."""
import warnings

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.pipeline.guards import FORMAT

from ..conftest import SENTENCES, SMALL_MODEL, make_examples, make_nlp, train

TOK2VEC = SMALL_MODEL["tok2vec"]
LISTENER = {
    "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
    "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"},
}


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_learns_by_heart_and_writes_ents_and_group(trained):
    for text, spans in SENTENCES:
        doc = trained(text)
        expected = [(start, end, label) for start, end, label in spans]
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == expected
        assert [(s.start_char, s.end_char, s.label_) for s in doc.spans["found"]] == expected
        assert doc.has_annotation("ENT_IOB", require_complete=True)


def test_empty_and_whitespace_docs(trained):
    for doc in trained.pipe(["", "\n\n", "I like London and Berlin.", ""]):
        assert all(not ent.text.isspace() for ent in doc.ents)
    assert list(trained.pipe([])) == []


def test_batch_equals_single_documents_in_any_order(trained):
    texts = [text for text, _ in SENTENCES] + ["", "\n", "London", "Shaka \n Khan"]
    single = [ents(trained(text)) for text in texts]
    assert [ents(doc) for doc in trained.pipe(texts)] == single
    assert [ents(doc) for doc in trained.pipe(texts[::-1], batch_size=3)] == single[::-1]


def test_span_runs_across_whitespace_but_never_ends_on_it(trained):
    doc = trained(Doc(trained.vocab, words=["Shaka", "\n", "Khan", " ", "lives", "in", " ", "New", "York", " ", "."]))
    assert [(ent.start, ent.end) for ent in doc.ents] == [(0, 3), (7, 9)]


@pytest.mark.parametrize("scheme", ["BIO", "BIOES", "BILUO", "BMES", "IOB1", "IO"])
def test_every_scheme_learns(scheme):
    nlp = make_nlp(scheme=scheme)
    train(nlp, make_examples(nlp))
    assert nlp.evaluate(make_examples(nlp))["ents_f"] == 1.0


@pytest.mark.parametrize("scheme", ["BIO", "IO"])
def test_preset_entities_stand_and_the_rest_is_decoded_given_them(scheme):
    nlp = make_nlp(scheme=scheme)
    train(nlp, make_examples(nlp))
    doc = nlp.make_doc("Shaka Khan lives in New York.")
    preset = [Span(doc, 0, 1, label="PERSON", kb_id="Q1", span_id="id1"), Span(doc, 5, 6, label="ELSE")]
    doc.set_ents(preset, default="missing")
    before = [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents]
    doc = nlp.get_pipe("bio_crf_tagger")(doc)
    assert [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents if e.start in (0, 5)] == before
    assert doc.has_annotation("ENT_IOB", require_complete=True)


def test_decoding_is_conditional_on_what_is_preset(trained):
    """The path itself holds the preset tags, so that the rest is the best given them."""
    tagger = trained.get_pipe("bio_crf_tagger")
    doc = trained.make_doc("Who is Shaka Khan?")

    def path():
        return [tagger.tagset.names[tag] for tag in tagger.predict([trained.make_doc("I"), doc])[1].tags]

    assert path() == ["O", "O", "B-PERSON", "I-PERSON", "O"]
    doc.set_ents([], blocked=[doc[2:3]], default="missing")
    assert path()[2] == "O" and path()[3] != "I-PERSON"
    doc.set_ents([Span(doc, 1, 3, label="LOC")], default="missing")
    assert path()[1:3] == ["B-LOC", "I-LOC"] and path()[3] != "I-LOC"
    doc.set_ents([Span(doc, 1, 3, label="ELSE")], default="missing")
    assert path()[1:3] == ["O", "O"] and path()[3] != "I-PERSON"


def test_overwrite_drops_preset_entities():
    nlp = make_nlp(overwrite=True)
    train(nlp, make_examples(nlp))
    doc = nlp.make_doc("I like London and Berlin.")
    doc.set_ents([Span(doc, 0, 3, label="ELSE")], blocked=[doc[4:5]], default="missing")
    assert ents(nlp.get_pipe("bio_crf_tagger")(doc)) == [("London", "LOC"), ("Berlin", "LOC")]


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "IO"])
def test_preset_whitespace_beside_an_entity_of_its_label(scheme):
    nlp = make_nlp(scheme=scheme)
    nlp.get_pipe("bio_crf_tagger").add_label("A")
    nlp.initialize()
    doc = Doc(nlp.vocab, words=["\n", "d", " ", "e"])
    doc.ents = [Span(doc, i, i + 1, label="A") for i in range(4)]
    assert len(nlp.get_pipe("bio_crf_tagger")(doc).ents) == 4


def test_preset_entity_of_a_closed_label(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    nlp.get_pipe("bio_crf_tagger").add_label("NEW")
    nlp.add_pipe("entity_ruler", first=True).add_patterns([{"label": "NEW", "pattern": "I"}])
    assert ents(nlp("I like London and Berlin.")) == [("I", "NEW"), ("London", "LOC"), ("Berlin", "LOC")]


def test_blocked_whitespace_parts_a_span(trained):
    tagger = trained.get_pipe("bio_crf_tagger")
    doc = Doc(trained.vocab, words=["Who", "is", "Shaka", "\n", "Khan", "?"])
    assert tagger.tagset.names[tagger.predict([doc])[0].tags[3]] == "I-PERSON"
    doc.set_ents([], blocked=[doc[3:4]], default="missing")
    assert tagger.tagset.names[tagger.predict([doc])[0].tags[3]] != "I-PERSON"
    doc = tagger(doc)
    assert all(not ent.start <= 3 < ent.end for ent in doc.ents)
    assert doc[3].ent_iob == 3 and not doc[3].ent_type


def test_group_only_leaves_entities_alone_and_learns_the_group():
    nlp = make_nlp(set_ents=False, spans_key="places")
    examples = make_examples(nlp)
    for example in examples:
        reference = example.reference
        reference.spans["places"] = [span for span in reference.ents if span.label_ == "LOC"]
        reference.set_ents([])
    train(nlp, examples)
    doc = nlp.make_doc("I like London and Berlin.")
    doc.set_ents([Span(doc, 0, 2, label="ELSE")], default="missing")
    doc = nlp.get_pipe("bio_crf_tagger")(doc)
    assert ents(doc) == [("I like", "ELSE")] and doc[3].ent_iob == 0
    assert [span.text for span in doc.spans["places"]] == ["London", "Berlin"]
    assert nlp.evaluate(examples)["spans_places_f"] == 1.0


def test_score_weights_follow_what_is_written():
    def weights(*configs):
        nlp = spacy.blank("en")
        for number, config in enumerate(configs):
            nlp.add_pipe("bio_crf_tagger", name=f"crf{number}", config=config)
        return {key: value for key, value in nlp.config["training"]["score_weights"].items() if value}

    assert weights({}) == {"ents_f": 1.0}
    assert weights({"set_ents": False, "spans_key": "sc"}) == {"spans_sc_f": 1.0}
    assert weights({"spans_key": "x"}) == {"ents_f": 1.0}  # the entities are learned, the group repeats them
    assert weights({}, {"set_ents": False, "spans_key": "y"}) == {"ents_f": 0.5, "spans_y_f": 0.5}


def test_scorer_ignores_missing_gold(trained):
    doc = trained.make_doc("I like London and Berlin.")
    doc.set_ents([Span(doc, 2, 3, label="LOC")], missing=[doc[4:5]])
    scores = trained.evaluate([Example(trained.make_doc(doc.text), doc)])
    assert scores["ents_p"] == scores["ents_r"] == 1.0


def test_labels_come_from_examples_or_from_the_call():
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    tagger = nlp.get_pipe("bio_crf_tagger")
    assert tagger.labels == tagger.label_data == ("LOC", "PERSON")
    nlp = make_nlp()
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.initialize(lambda: make_examples(nlp), nlp=nlp, labels=["PERSON", "X"])
    assert tagger.labels == ("PERSON", "X")


def test_new_label_changes_nothing_until_it_is_trained(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    tagger = nlp.get_pipe("bio_crf_tagger")
    texts = ["I like London and Berlin.", "Some unseen words, Khan!"]
    docs = [nlp.make_doc(text) for text in texts]

    def paths():
        return [decoding.tags.tolist() for decoding in tagger.predict(docs)]

    old = paths()
    scores = tagger.model.predict(docs).emissions
    assert tagger.add_label("DAY") == 1 and tagger.add_label("DAY") == 0
    assert paths() == old
    assert numpy.array_equal(scores, tagger.model.predict(docs).emissions[:, : scores.shape[1]])
    bias = tagger.model.get_ref("output_layer").get_param("b")
    bias[scores.shape[1] :] = 1000.0  # closed means closed, whatever the score
    assert paths() == old
    bias[scores.shape[1] :] = 0.0
    examples = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")]), *SENTENCES])
    optimizer = nlp.resume_training()
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).evaluate(make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")])]))["ents_f"] == 1.0


def test_new_label_under_an_optimizer_already_in_use():
    nlp = make_nlp()
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    nlp.update(make_examples(nlp), sgd=optimizer)
    nlp.get_pipe("bio_crf_tagger").add_label("DAY")
    examples = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")]), *SENTENCES])
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0


def test_opening_a_label_keeps_gradients_that_wait(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.add_label("DAY")
    wrong = make_examples(nlp, [("I like London.", [(0, 1, "PERSON")])])
    new = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")])])

    def gradient(*batches):
        tagger.model.get_ref("output_layer").set_grad("W", 0 * tagger.model.get_ref("output_layer").get_param("W"))
        for batch in batches:
            tagger.update(batch, sgd=None)
        return tagger.model.get_ref("output_layer").get_grad("W").copy()

    both = gradient(wrong, new)
    assert numpy.abs(both).sum() > 1.5 * numpy.abs(gradient(new)).sum()


@pytest.mark.parametrize("order", [("tagger", "bio_crf_tagger"), ("bio_crf_tagger", "tagger")])
@pytest.mark.parametrize("annotated", ["tagger", "bio_crf_tagger"])
def test_shared_tok2vec_learns_whoever_listens_last(order, annotated):
    """The trap: only the last listener triggers the backward pass, so one that returns early stops it for all."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": TOK2VEC})
    tagger_model = {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER["tok2vec"]}
    for name in order:
        nlp.add_pipe(name, config={"model": LISTENER if name == "bio_crf_tagger" else tagger_model})
    full = Example.from_dict(nlp.make_doc("I like London"), {"entities": [(7, 13, "LOC")], "tags": ["A", "B", "C"]})
    optimizer = nlp.initialize(lambda: [full])
    gold = {"entities": [(7, 13, "LOC")]} if annotated == "bio_crf_tagger" else {"tags": ["A", "B", "C"]}
    node = next(n for n in nlp.get_pipe("tok2vec").model.walk() if n.has_param("W"))
    before = node.get_param("W").copy()
    for _ in range(3):
        nlp.update([Example.from_dict(nlp.make_doc("I like London"), gold)], sgd=optimizer)
    assert not numpy.array_equal(before, node.get_param("W"))


def test_example_without_gold_costs_and_changes_nothing():
    nlp = make_nlp()
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    optimizer.L2 = 0.0
    tagger = nlp.get_pipe("bio_crf_tagger")
    before = tagger.model.to_bytes()
    losses = nlp.update([Example.from_dict(nlp.make_doc("No gold here"), {})], sgd=optimizer)
    assert losses[tagger.name] == 0.0
    assert tagger.model.to_bytes() == before
    for text in ("", "\n"):
        assert nlp.update([Example.from_dict(nlp.make_doc(text), {})], sgd=optimizer) == {tagger.name: 0.0}


def test_unpredictable_gold_is_reported_before_training():
    nlp = make_nlp(set_ents=False, spans_key="k")
    examples = make_examples(nlp)
    doc = examples[0].reference
    doc.spans["k"] = [Span(doc, 2, 4, "A"), Span(doc, 3, 4, "B")]
    with pytest.warns(UserWarning, match=r"W401.*Shaka Khan"):
        nlp.initialize(lambda: make_examples(nlp) * 5 + examples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        losses = nlp.update(examples)
    assert numpy.isfinite(losses["bio_crf_tagger"])


def test_gold_of_an_unknown_label_is_reported(trained):
    with pytest.warns(UserWarning, match="W402.*'DAY'"):
        trained.update(make_examples(trained, [("I like Monday.", [(7, 13, "DAY")])]), sgd=False)


def test_two_renamed_components_in_one_pipeline():
    nlp = make_nlp(name="first")
    nlp.add_pipe("bio_crf_tagger", name="second", config={"model": SMALL_MODEL, "set_ents": False, "spans_key": "k"})
    nlp.rename_pipe("first", "renamed")
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans["k"] = list(example.reference.ents)
    losses = train(nlp, examples)
    assert set(losses) == {"renamed", "second"}
    doc = nlp("I like London and Berlin.")
    assert [span.text for span in doc.spans["k"]] == [ent.text for ent in doc.ents] == ["London", "Berlin"]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: make_nlp(scheme="BIOX"), "E101.*BIOX"),
        (lambda: make_nlp(set_ents=False), "E401"),
        (lambda: make_nlp().get_pipe("bio_crf_tagger").add_label("A\tB"), "E103"),
        (lambda: make_nlp().get_pipe("bio_crf_tagger").add_label(9), "E187"),
        (lambda: make_nlp()("Not initialized"), "E406"),
        (lambda: make_nlp().initialize(), "E403.*doc.ents"),
        (lambda: make_nlp(set_ents=False, spans_key="k").initialize(), r'E403.*doc.spans\["k"\]'),
    ],
)
def test_bad_settings_get_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_data_is_an_error():
    with pytest.raises(TypeError, match="E930"):
        make_nlp().initialize(lambda: [])


def test_gold_with_a_label_that_no_tag_can_carry_is_an_error():
    nlp = make_nlp()
    examples = make_examples(nlp, [("I like London.", [(7, 13, "A\nB")])])
    with pytest.raises(ValueError, match=r"E103.*A\\nB"):
        nlp.initialize(lambda: examples)


def test_number_of_tags_that_does_not_fit_is_an_error():
    nlp = spacy.blank("en")
    nlp.add_pipe("bio_crf_tagger", config={"model": {**SMALL_MODEL, "nO": 100}})
    with pytest.raises(ValueError, match="E410.*nO = 100.*5 tags"):
        nlp.initialize(lambda: make_examples(nlp))


def test_model_without_a_crf_is_an_error():
    with pytest.raises(ValueError, match="E409"):
        spacy.blank("en").add_pipe("bio_crf_tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": TOK2VEC}})


def test_labels_as_one_string_are_refused():
    nlp = make_nlp()
    with pytest.raises(ValueError, match="E402.*PERSON"):
        nlp.get_pipe("bio_crf_tagger").initialize(lambda: make_examples(nlp), labels="PERSON")


def test_nan_in_the_weights_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    nlp.get_pipe("bio_crf_tagger").model.get_ref("output_layer").get_param("W")[0, 0] = numpy.nan
    with pytest.raises(ValueError, match="E407.*bio_crf_tagger"):
        nlp("I like London.")
    with pytest.raises(ValueError, match="E407.*bio_crf_tagger"):
        nlp.update(make_examples(nlp))


def test_model_of_another_version_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    cfg = tmp_path / "bio_crf_tagger" / "cfg"
    cfg.write_text(cfg.read_text().replace(f'"format":{FORMAT}', f'"format":{FORMAT + 1}'))
    (tmp_path / "bio_crf_tagger" / "model").write_bytes(b"another structure")
    with pytest.raises(ValueError, match="E404.*format 2.*format 1"):
        spacy.load(tmp_path)


def test_damaged_or_other_model_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    config = (tmp_path / "config.cfg").read_text()
    (tmp_path / "config.cfg").write_text(config.replace("hidden_width = 128", "hidden_width = 0"))
    with pytest.raises(ValueError, match="E411.*bio_crf_tagger"):
        spacy.load(tmp_path)


def test_model_that_does_not_fit_its_labels_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    cfg = tmp_path / "bio_crf_tagger" / "cfg"
    cfg.write_text(cfg.read_text().replace('"LOC",', ""))
    with pytest.raises(ValueError, match="E405"):
        spacy.load(tmp_path)
