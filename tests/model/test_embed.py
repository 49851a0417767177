"""Embeddings of the attributes of words."""
import numpy
import pytest
import spacy
from spacy.tokens import Doc

from ..conftest import SENTENCES, make_examples, train

EMBED = {
    "@architectures": "spacy_bio_crf.AttributeEmbed.v1",
    "width": 8,
    "attributes": ["lower", "suffix2", "case"],
    "rows": [100, 50, 20],
}
ENCODE = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 8, "depth": 1, "window_size": 1, "maxout_pieces": 2}


def build(**settings):
    return spacy.registry.resolve({"embed": {**EMBED, **settings}})["embed"]


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    for word in ("London", "Berlin"):
        nlp.vocab.set_vector(word, numpy.full(5, len(word), dtype="float32"))
    return nlp


def test_words_with_the_same_attributes_are_the_same(nlp):
    model = build()
    docs = [Doc(nlp.vocab, words=["walking", "Walking", "talking"]), Doc(nlp.vocab, words=[]), Doc(nlp.vocab, words=["walking"])]
    model.initialize(X=docs)
    (walking, capital, talking), nothing, (again,) = model.predict(docs)
    assert (walking == again).all() and nothing.shape == (0, 8)
    assert (walking != capital).any() and (walking != talking).any()
    alike = build(attributes=["suffix3", "case"], rows=[50, 20])
    alike.initialize(X=docs)
    walking, capital, talking = alike.predict(docs)[0]
    assert (walking == talking).all() and (walking != capital).any()


def test_documents_of_several_vocabularies_in_one_batch(nlp):
    words = ["Oresund", "Kattegat"], ["Skagerrak"]  # in no other test: words are remembered
    model = build()
    docs = [Doc(vocab, words=some) for vocab, some in zip((nlp.vocab, spacy.blank("en").vocab), words)]
    model.initialize(X=docs)
    together = model.predict(docs)
    for doc, vectors in zip(docs, together):
        assert (model.predict([doc])[0] == vectors).all()


def test_static_vectors_make_a_difference(nlp):
    model = build(include_static_vectors=True, attributes=["case"], rows=[20])
    doc = Doc(nlp.vocab, words=["London", "Berlin", "Rome"])
    model.initialize(X=[doc])
    london, berlin, rome = model.predict([doc])[0]
    assert (london == berlin).all() and (london != rome).any()


@pytest.mark.parametrize("vectors", [False, True])
def test_a_tagger_learns_over_it(nlp, vectors):
    tok2vec = {"@architectures": "spacy.Tok2Vec.v2", "embed": {**EMBED, "include_static_vectors": vectors}, "encode": ENCODE}
    model = {"@architectures": "spacy_bio_crf.BioCrfTagger.v1", "tok2vec": tok2vec, "hidden_width": 8}
    spacy.util.fix_random_seed(0)
    nlp.add_pipe("bio_crf_tagger", config={"model": model})
    train(nlp, make_examples(nlp), steps=150)
    loaded = spacy.blank("en", vocab=nlp.vocab)
    loaded.add_pipe("bio_crf_tagger", config={"model": model})
    loaded.from_bytes(nlp.to_bytes())
    for text, spans in SENTENCES:
        for pipeline in (nlp, loaded):
            assert [(ent.start_char, ent.end_char, ent.label_) for ent in pipeline(text).ents] == spans


@pytest.mark.parametrize("settings", [{"rows": [1, 2]}, {"attributes": ["lower", "case", "POS"]}, {"attributes": [], "rows": []}, {"rows": [1, 0, 1]}])
def test_refusals(settings):
    with pytest.raises(ValueError, match="E309"):
        build(**settings)
