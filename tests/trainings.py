"""Short trainings by a ready config, as `spacy train` does them, on the sentences of conftest.py."""
from pathlib import Path

import spacy
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, load_model_from_path

from .conftest import SENTENCES

CONFIGS = Path(__file__).parents[1] / "configs"
SHORT = {
    "training.max_epochs": 0,
    "training.max_steps": 60,
    "training.eval_frequency": 20,
    "training.patience": 0,
    "nlp.lang": "en",
}


def write_sentences(nlp, path, sentences):
    """Write texts with their entities as a .spacy file."""
    docs = []
    for text, spans in sentences:
        doc = nlp.make_doc(text)
        doc.set_ents([doc.char_span(start, end, label) for start, end, label in spans])
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def write_corpus(path):
    return write_sentences(spacy.blank("en"), path, SENTENCES)


def short_config(name, corpus, settings={}):
    paths = {"paths.train": str(corpus), "paths.dev": str(corpus)}
    return load_config(CONFIGS / f"{name}.cfg", overrides={**SHORT, **paths, **settings})


def train_best(config, folder):
    """Train into a folder, and load the best pipeline."""
    with open(folder / "log", "w", encoding="utf8") as log:
        train(init_nlp(config), folder, stdout=log, stderr=log)
    return load_model_from_path(folder / "model-best")


def finds_all(nlp):
    found = ([(ent.start_char, ent.end_char, ent.label_) for ent in nlp(text).ents] for text, _ in SENTENCES)
    return list(found) == [spans for _, spans in SENTENCES]
