"""A small tagger, a small corpus, and the comparisons that many tests make."""
from typing import List, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config

from ..conftest import SMALL_MODEL

FACTORY = "bio_crf_tagger"

SMALL = {"model": SMALL_MODEL}

LISTENING = """
    [nlp]
    lang = "en"
    pipeline = ["tok2vec","tagger","bio_crf_tagger"]

    [components]

    [components.tagger]
    factory = "tagger"

    [components.tagger.model]
    @architectures = "spacy.Tagger.v2"
    nO = null

    [components.tagger.model.tok2vec]
    @architectures = "spacy.Tok2VecListener.v1"
    width = ${components.tok2vec.model.encode.width}

    [components.bio_crf_tagger]
    factory = "bio_crf_tagger"

    [components.bio_crf_tagger.model]
    @architectures = "spacy_bio_crf.BioCrfTagger.v1"

    [components.bio_crf_tagger.model.tok2vec]
    @architectures = "spacy.Tok2VecListener.v1"
    width = ${components.tok2vec.model.encode.width}

    [components.tok2vec]
    factory = "tok2vec"

    [components.tok2vec.model]
    @architectures = "spacy.Tok2Vec.v2"

    [components.tok2vec.model.embed]
    @architectures = "spacy.MultiHashEmbed.v1"
    width = ${components.tok2vec.model.encode.width}
    rows = [500, 250, 250, 250]
    attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
    include_static_vectors = false

    [components.tok2vec.model.encode]
    @architectures = "spacy.MaxoutWindowEncoder.v2"
    width = 32
    depth = 2
    window_size = 1
    maxout_pieces = 3
"""

TRAIN_DATA = [
    ("Who is Shaka Khan?", {"entities": [(7, 17, "PERSON")]}),
    ("I like London and Berlin.", {"entities": [(7, 13, "LOC"), (18, 24, "LOC")]}),
]


def listening_config(*pipeline: str) -> Config:
    """The config of a shared tok2vec and components that listen to it."""
    config = Config().from_str(LISTENING)
    config["nlp"]["pipeline"] = list(pipeline)
    config["components"] = {name: config["components"][name] for name in pipeline}
    return config


def make_examples(nlp: Language, data=TRAIN_DATA) -> List[Example]:
    return [Example.from_dict(nlp.make_doc(text), annotations) for text, annotations in data]


def train(nlp: Language, examples: List[Example], steps: int = 50, learn_rate: float = 0.01, **kwargs) -> dict:
    """Initialize and overfit; returns the losses of the last step."""
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = learn_rate
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses, **kwargs)
    return losses


def ents(doc: Doc) -> List[Tuple[str, str]]:
    return [(ent.text, ent.label_) for ent in doc.ents]


def iobs(doc: Doc) -> List[str]:
    return [token.ent_iob_ for token in doc]


def types(doc: Doc) -> List[str]:
    return [token.ent_type_ for token in doc]
