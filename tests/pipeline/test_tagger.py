"""The component: what it writes, learns, refuses and reports."""
import warnings

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..conftest import SENTENCES, SMALL_MODEL, ents, make_examples, make_nlp, train

TOK2VEC = SMALL_MODEL["tok2vec"]
LISTENER = {
    "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
    "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"},
}


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
