"""Models with edge features: what they learn, how they are saved and explained, and how they take new labels."""
import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.learning.batches import zeros
from spacy_bio_crf.model.window_features import get_edge_shim
from spacy_bio_crf.pipeline.explain import compare, explain

from ..conftest import SENTENCES, ents, make_examples, make_nlp, train
from ..linear import JOINT, LINEAR
from .test_edges import triples, with_edges

TEXT = "Shaka Khan  likes London and New Berlin."


def turns(rng, n):
    """A sequence whose label changes exactly two tokens after each "|", and tells nothing else of its labels."""
    words = rng.choice(["|", "x", "y", "z"], size=n, p=[0.3, 0.3, 0.2, 0.2]).tolist()
    labels = ["a"]
    for t in range(1, n):
        changes = t >= 2 and words[t - 2] == "|"
        labels.append({"a": "b", "b": "a"}[labels[-1]] if changes else labels[-1])
    edges = [0, *(t for t in range(1, n) if labels[t] != labels[t - 1]), n]
    return words, [(start, end, labels[start]) for start, end in zip(edges, edges[1:])]


@pytest.mark.parametrize("edge_templates, learns", [(["bias", "lower[-2]"], True), (["bias"], False), ([], False)])
def test_what_only_edge_features_can_learn(edge_templates, learns):
    """In IO, where no letter tells of a boundary: the templates of emissions see it, and cannot say "the other"."""
    nlp = make_nlp(model=with_edges(LINEAR, edge_templates, templates=["bias", "lower[-2..2]"]), scheme="IO")
    rng = numpy.random.default_rng(0)

    def make():
        words, spans = turns(rng, 12)
        doc = Doc(nlp.vocab, words=words)
        doc.set_ents([Span(doc, *span) for span in spans])
        return Example(Doc(nlp.vocab, words=words), doc)

    train(nlp, [make() for _ in range(40)], steps=80)
    unseen = [make() for _ in range(20)]
    right = [triples(nlp(example.predicted.copy()).ents) == triples(example.reference.ents) for example in unseen]
    assert all(right) if learns else sum(right) < 10


@pytest.fixture(scope="module")
def learned():
    """Tests must not change it."""
    nlp = make_nlp(model=with_edges(JOINT), scheme="BIOES", scores=True)
    train(nlp, make_examples(nlp), steps=8)
    return nlp


def predictions(nlp):
    docs = [nlp(text) for text in (TEXT, *(text for text, _ in SENTENCES))]
    return [[(ent.text, ent.label_, ent._.probability) for ent in doc.ents] for doc in docs]


def test_what_is_saved(learned, tmp_path):
    learned.to_disk(tmp_path)
    assert predictions(spacy.load(tmp_path)) == predictions(learned) != [[]] * 5
    assert get_edge_shim(learned.get_pipe("bio_crf_tagger").model).table.values.any()
    saved = learned.get_pipe("bio_crf_tagger").to_bytes()
    without = make_nlp(model=JOINT, scheme="BIOES").get_pipe("bio_crf_tagger")
    with pytest.raises(ValueError, match="E411"):
        without.from_bytes(saved)
    without = make_nlp(model=JOINT, scheme="BIOES")
    train(without, make_examples(without), steps=1)
    with pytest.raises(ValueError, match="E308.*0 outputs.* make 11"):
        other = make_nlp(model=with_edges(JOINT)).get_pipe("bio_crf_tagger")
        other.from_bytes(without.get_pipe("bio_crf_tagger").to_bytes())


def test_new_label_changes_nothing_until_it_is_trained(learned):
    nlp = make_nlp(model=with_edges(JOINT), scheme="BIOES", scores=True)
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.from_bytes(learned.get_pipe("bio_crf_tagger").to_bytes())
    before = predictions(learned)
    tagger.add_label("NEW")
    assert predictions(nlp) == before
    table = get_edge_shim(tagger.model).table
    old = table.values.copy()
    examples = make_examples(nlp, [("Who is new?", [(7, 10, "NEW")])])
    optimizer = nlp.resume_training()
    assert tagger.rehearse(make_examples(nlp))["bio_crf_tagger"] == pytest.approx(0, abs=1e-3)
    tagger._open_labels(examples)
    assert old.shape[1] == 11 and table.width == 19
    assert numpy.array_equal(table.values[:, :11], old) and not table.values[:, 11:].any()
    nlp.rehearse(make_examples(nlp), sgd=optimizer)
    for _ in range(8):
        nlp.update(examples, sgd=optimizer)
    assert ents(nlp("Who is new?")) == [("new", "NEW")]


def test_experts_learn_apart(learned):
    """The encoder's copy of a batch has no scores of edges, and their gradient there reaches neither expert."""
    tagger = learned.get_pipe("bio_crf_tagger")
    docs = [learned.make_doc(text) for text, _ in SENTENCES]
    scores, backprop = tagger.model.begin_update(docs)
    alone, of_alone = tagger.model.get_ref("features").begin_update(docs)
    size, width = len(alone.dataXd), len(scores.start)
    assert len(scores.emissions) == 2 * size and not scores.edges[:size].any()
    assert numpy.array_equal(scores.edges[size:], alone.dataXd[:, width:]) and scores.edges.any()
    table = get_edge_shim(tagger.model).table
    table.gradient()
    encoder = tagger.model.get_ref("output_layer")
    encoder.set_grad("b", numpy.zeros(width, dtype="f"))
    gradient = zeros(scores)
    gradient.emissions[:size] = numpy.arange(width)
    gradient.edges[:size] = 1
    backprop(gradient)
    assert encoder.get_grad("b") == pytest.approx(size * numpy.arange(width))
    assert not table.gradient()[1].any()
    gradient.edges[size:] = 1
    backprop(gradient)
    assert table.gradient()[1].any()


@pytest.mark.parametrize("scheme", ["BIO", "IO"])
def test_parts_of_an_explanation_add_up(scheme):
    nlp = make_nlp(model=with_edges(LINEAR), scheme=scheme)
    train(nlp, make_examples(nlp), steps=6)
    tagger, doc = nlp.get_pipe("bio_crf_tagger"), nlp.make_doc(TEXT)
    found, posterior = explain(tagger, doc), tagger.posterior(doc)
    assert "tag[-1] = O: lower = london" in found[3].parts and "tag[+1] = O: lower = and" in found[3].parts
    path = numpy.array([tagger.tagset.names.index(each.tag) for each in found])
    for at, each in enumerate(found):
        for tag in set(range(len(tagger.tagset))) - {path[at]}:
            changed = path.copy()
            changed[at] = tag
            expected = posterior.log_probability(changed) - posterior.log_probability(path)
            assert compare(each, tagger.tagset.names[tag]).total == pytest.approx(expected, abs=1e-4)


def test_nothing_is_different_without_templates():
    nlp = make_nlp(model=with_edges(LINEAR, []))
    train(nlp, make_examples(nlp), steps=1)
    chain, model = nlp.get_pipe("bio_crf_tagger").chain(), nlp.get_pipe("bio_crf_tagger").model
    assert chain.edges is None and len(chain.states) == len(chain.tagset)
    assert get_edge_shim(model) is None and model.predict([nlp.make_doc(TEXT)]).edges is None


def test_documents_without_steps():
    nlp = make_nlp(model=with_edges(LINEAR))
    train(nlp, make_examples(nlp), steps=2)
    docs = list(nlp.pipe(["", " ", "Who", "\n", "Who is"]))
    assert [len(doc) for doc in docs] == [0, 1, 1, 1, 2]
    edges = nlp.get_pipe("bio_crf_tagger").model.predict(docs).edges
    assert edges.shape == (3, 11) and edges.any(axis=1).tolist() == [False, False, True]
    nlp.update([Example(doc, doc) for doc in docs])
