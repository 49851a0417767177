"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_annotates_on_update.py (MIT)."""
import pytest
from spacy.lang.en import English
from spacy.language import Language
from spacy.training import Example
from spacy.training.loop import train as train_loop
from spacy.util import load_model_from_config, registry
from thinc.api import Config

from .util import FACTORY, SMALL, make_examples

CONFIG = """
    [nlp]
    lang = "en"
    pipeline = ["bio_crf_tagger","spacy_suite_needs_ents"]

    [components]

    [components.bio_crf_tagger]
    factory = "bio_crf_tagger"

    [components.spacy_suite_needs_ents]
    factory = "spacy_suite_needs_ents"

    [training]
    dev_corpus = "corpora.dev"
    train_corpus = "corpora.train"
    annotating_components = ["bio_crf_tagger"]
    max_steps = 2

    [corpora]

    [corpora.dev]
    @readers = "spacy_suite_labelled.v1"

    [corpora.train]
    @readers = "spacy_suite_labelled.v1"
"""


@Language.factory("spacy_suite_needs_ents")
class NeedsEnts:
    """Fails on a document whose entities are not set, in prediction and in training."""

    def __init__(self, nlp, name):
        self.name = name

    def __call__(self, doc):
        if not doc.has_annotation("ENT_IOB"):
            raise ValueError("No entities")
        return doc

    def update(self, examples, *, drop=0.0, sgd=None, losses=None):
        for example in examples:
            self(example.predicted)
        return {}


@registry.readers("spacy_suite_labelled.v1")
def create_labelled_corpus():
    return lambda nlp: make_examples(nlp)


def test_annotates_on_update():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("A")
    nlp.add_pipe("spacy_suite_needs_ents")
    nlp.initialize()
    nlp("This is a sentence.")
    examples = [Example(nlp.make_doc(text), nlp(text)) for text in ("a a", "b b", "c c")]
    assert not any(example.predicted.has_annotation("ENT_IOB") for example in examples)
    with pytest.raises(ValueError, match="No entities"):
        nlp.update(examples)
    nlp.update(examples, annotates=[FACTORY])


def test_annotating_components_from_config():
    nlp = load_model_from_config(Config().from_str(CONFIG), auto_fill=True, validate=True)
    assert nlp.config["training"]["annotating_components"] == [FACTORY]
    nlp.initialize(lambda: make_examples(nlp))
    train_loop(nlp)
    nlp.config["training"]["annotating_components"] = []
    with pytest.raises(ValueError, match="No entities"):
        train_loop(nlp)
