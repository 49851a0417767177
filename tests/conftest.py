"""What several rooms' tests need: a small model, and examples."""
import pytest
import spacy
from spacy.training import Example

SMALL_MODEL = {
    "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 2,
        "embed_size": 500,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    },
}

SENTENCES = [
    ("Who is Shaka Khan?", [(7, 17, "PERSON")]),
    ("I like London and Berlin.", [(7, 13, "LOC"), (18, 24, "LOC")]),
    ("Shaka Khan lives in New York.", [(0, 10, "PERSON"), (20, 28, "LOC")]),
    ("Nobody is here.", []),
]


def make_examples(nlp, sentences=SENTENCES):
    return [Example.from_dict(nlp.make_doc(text), {"entities": spans}) for text, spans in sentences]


def make_nlp(name="bio_crf_tagger", **config):
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("bio_crf_tagger", name=name, config={"model": SMALL_MODEL, **config})
    return nlp


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def train(nlp, examples, steps=40, **kwargs):
    optimizer = nlp.initialize(lambda: examples)
    losses = {}
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses, **kwargs)
    return losses


@pytest.fixture(scope="session")
def trained():
    """A pipeline that knows SENTENCES by heart. Tests must not change it."""
    nlp = make_nlp(spans_key="found")
    train(nlp, make_examples(nlp))
    return nlp
