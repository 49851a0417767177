"""The parts of a score, against scores of whole paths."""
import numpy
import pytest
from spacy.tokens import Span

from spacy_bio_crf import crf
from spacy_bio_crf.model.window_features import get_shim
from spacy_bio_crf.pipeline.explain import ENCODER, compare, explain, weights
from spacy_bio_crf.pipeline.lift import lift

from ..conftest import SENTENCES, make_examples, make_nlp, train
from ..linear import JOINT, LINEAR

TEXT = "Shaka Khan  likes London and New Berlin."
CHAINS = {"names": {"set_ents": True}, "same": {"spans_key": "same", "labels": ["LOC"]}}


def make(model=LINEAR, steps=6, **config):
    nlp = make_nlp(model=model, **config)
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans["same"] = [ent for ent in example.reference.ents if ent.label_ == "LOC"]
    train(nlp, examples, steps=steps)
    return nlp, nlp.get_pipe("bio_crf_tagger")


@pytest.fixture(scope="module")
def linear():
    """Tests must not change it."""
    return make()


@pytest.mark.parametrize(
    "model, chain, config",
    [
        (LINEAR, None, {}),
        (JOINT, None, {"scheme": "BIOES"}),
        (LINEAR, None, {"scheme": "IO", "constraints": {"max_span_length": 2}}),
        (LINEAR, "same", {"chains": CHAINS}),
    ],
)
def test_parts_add_up_to_the_difference_of_paths(model, chain, config):
    """Each token is given each other tag."""
    nlp, tagger = make(model, **config)
    doc = nlp.make_doc(TEXT)
    one = tagger.chain(chain)
    scores = lift(tagger.model.predict([doc]), one.columns, one.tagset.constraints)
    found = explain(tagger, doc, chain=chain)
    path = numpy.array([one.tagset.names.index(each.tag) for each in found], dtype="i")
    score = crf.path_score(scores, path)[0]
    totals = []
    for at, each in enumerate(found):
        for tag in set(range(len(one.tagset))) - {path[at]}:
            changed = path.copy()
            changed[at] = tag
            comparison = compare(each, one.tagset.names[tag])
            assert comparison.rival == each.tag and comparison.tag == one.tagset.names[tag]
            assert comparison.total == pytest.approx(crf.path_score(scores, changed)[0] - score, abs=1e-4)
            assert comparison.total == pytest.approx(sum(part for _, part in comparison.parts), abs=1e-4)
            totals.append(comparison.total)
    assert numpy.isfinite(totals).any() and numpy.isinf(totals).any() or one.tagset.scheme.name == "IO"


def test_parts_are_named(linear):
    nlp, tagger = linear
    found = explain(tagger, nlp.make_doc("We like\n\nLondon"))
    assert [each.token.text for each in found] == ["We", "like", "London"]  # white space is in no chain
    assert [each.tag for each in found] == ["O", "O", "B-LOC"]
    assert found[0].parts[-2:] == ("tag[-1] = (start)", "tag[+1] = O")
    words = ("lower[-1] = like", "lower = london", "lower[+1] = (end)")
    pair = "lower[-1] + lower = like + london"
    assert found[2].parts == ("bias = 1", *words, "case = title", pair, "tag[-1] = O", "tag[+1] = (end)")
    assert "lower = we" not in found[0].parts  # not met in training
    layer, legal = tagger.model.get_ref("crf"), tagger.tagset.constraints
    after_outside = numpy.where(legal.step[0], layer.get_param("step")[0], -numpy.inf)
    assert found[2].scores[-2].tolist() == after_outside.tolist()
    assert found[2].scores[-1].tolist() == layer.get_param("end").tolist()
    assert numpy.isinf(found[0].scores[-2]).tolist() == (~legal.start).tolist()


def test_the_encoder_is_one_part():
    nlp, tagger = make(JOINT)
    doc = nlp.make_doc(TEXT)
    experts = tagger.model.layers[0]
    expected = experts.attrs["weight"] * experts.layers[0].predict([doc]).dataXd
    found = [each.scores[each.parts.index(ENCODER)] for each in explain(tagger, doc)]
    assert numpy.abs(expected).max() > 0.05
    assert numpy.array(found) == pytest.approx(expected, abs=1e-4)


def test_rivals(linear):
    nlp, tagger = linear
    doc = nlp.make_doc(TEXT)
    probabilities = tagger.token_probabilities(doc)
    for each in explain(tagger, doc):
        row = probabilities[each.token.i]
        assert each.probabilities.tolist() == row.tolist()
        second = max((p, tag) for p, tag in zip(row, each.tags) if tag != each.tag)[1]
        comparison = compare(each)
        assert (comparison.tag, comparison.rival) == (each.tag, second)
        assert compare(each, each.tag) == comparison
        differences = [score for _, score in comparison.parts]
        assert differences == sorted(differences, reverse=True)
    with pytest.raises(ValueError, match="E433.*O, B-LOC, I-LOC"):
        compare(each, "B-SHIP")


def test_what_is_added_to_all_tags_makes_no_difference():
    nlp, tagger = make()
    doc = nlp.make_doc(TEXT)
    before = [dict(compare(each, "O").parts) for each in explain(tagger, doc)]
    table = get_shim(tagger.model.get_ref("features")).table
    table.values = table.values + numpy.arange(len(table), dtype="f")[:, None] / 100
    for each, expected in zip(explain(tagger, doc), before):
        assert dict(compare(each, "O").parts) == pytest.approx(expected, abs=1e-4)


def test_predicted_tags_are_those_of_the_component(linear):
    """By its thresholds, and around what is preset; the component's own predictions settle nothing."""
    nlp, tagger = linear

    def tags(doc):
        return [each.tag for each in explain(tagger, doc)]

    doc = nlp.make_doc("I like London")
    found = tags(doc)
    assert found == ["O", "O", "B-LOC"] and tags(nlp("I like London")) == found
    assert max(compare(each).total for each in explain(tagger, nlp("I like London"))) < numpy.inf
    doc.set_ents([Span(doc, 2, 3, "PERSON")], default="missing")
    assert tags(doc) == ["O", "O", "B-PERSON"]
    before = tagger.cfg
    tagger.cfg = {**before, "threshold": 1.0}
    assert tags(nlp.make_doc("I like London")) == ["O", "O", "O"]
    tagger.cfg = before


def test_nothing_to_explain(linear):
    nlp, tagger = linear
    assert explain(tagger, nlp.make_doc("")) == explain(tagger, nlp.make_doc(" \n ")) == []


def test_weights(linear):
    nlp, tagger = linear
    table = get_shim(tagger.model.get_ref("features")).table
    every = weights(tagger, [nlp.make_doc(text) for text, _ in SENTENCES])
    assert every.tags == tagger.tagset.names and every.unnamed == 0
    assert len(every.features) == len(set(every.features)) == table.values.any(axis=1).sum()
    start, step, end = tagger.tagset.constraints
    assert numpy.array_equal(numpy.isfinite(every.start), start)
    assert numpy.array_equal(numpy.isfinite(every.step), step)
    assert numpy.array_equal(every.step[step], tagger.model.get_ref("crf").get_param("step")[step])
    assert numpy.array_equal(numpy.isfinite(every.end), end)
    (place,) = [i for i, text in enumerate(every.features) if text == "lower = london"]
    (london,) = [each for each in explain(tagger, nlp.make_doc("London")) if each.token.text == "London"]
    assert every.scores[place].tolist() == london.scores[london.parts.index("lower = london")].tolist()

    some = weights(tagger, [nlp.make_doc("I like unknown London"), nlp.make_doc("I like")])
    assert 0 < len(some.features) < len(every.features)
    assert len(some.features) + some.unnamed == len(every.features)
    nothing = weights(tagger)
    assert nothing.features == () and nothing.scores.shape == (0, len(every.tags))
    assert nothing.unnamed == len(every.features)


def test_weights_of_one_of_several_chains():
    nlp, tagger = make(JOINT, chains=CHAINS)
    found = weights(tagger, [nlp.make_doc(TEXT)], chain="same")
    assert found.tags == ("O", "B-LOC", "I-LOC") and found.scores.shape[1] == 3 and found.step.shape == (3, 3)
    columns = tagger.chain("same").columns
    assert found.end.tolist() == tagger.model.get_ref("crf").get_param("end")[columns].tolist()


def test_refusals(trained, linear):
    doc = trained.make_doc(TEXT)
    for ask in (lambda tagger: explain(tagger, doc), weights):
        with pytest.raises(ValueError, match="E432"):
            ask(trained.get_pipe("bio_crf_tagger"))
        untrained = make_nlp(model=LINEAR).get_pipe("bio_crf_tagger")
        untrained.add_label("LOC")
        with pytest.raises(ValueError, match="E406"):
            ask(untrained)
    with pytest.raises(ValueError, match="E422"):
        explain(linear[1], doc, chain="nowhere")
