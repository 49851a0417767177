"""The ready configs: each trains as `spacy train` does, finds what it has learned, and loads again."""
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, load_model_from_path

from .conftest import SENTENCES

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    nlp = spacy.blank("en")
    docs = []
    for text, spans in SENTENCES:
        doc = nlp.make_doc(text)
        doc.set_ents([doc.char_span(start, end, label) for start, end, label in spans])
        docs.append(doc)
    path = tmp_path_factory.mktemp("corpus") / "docs.spacy"
    DocBin(docs=docs).to_disk(path)
    return path


@pytest.mark.parametrize("name", ["linear", "cnn", "joint", "compared/bio_crf"])
def test_configs_train(name, corpus, tmp_path):
    steps = {"max_epochs": 0, "max_steps": 60, "eval_frequency": 20, "patience": 0}
    overrides = {f"training.{key}": value for key, value in steps.items()}
    paths = {"paths.train": str(corpus), "paths.dev": str(corpus), "nlp.lang": "en"}
    nlp = init_nlp(load_config(CONFIGS / f"{name}.cfg", overrides={**overrides, **paths}))
    with open(tmp_path / "log", "w", encoding="utf8") as log:
        train(nlp, tmp_path, stdout=log, stderr=log)
    loaded = load_model_from_path(tmp_path / "model-best")
    assert loaded.meta["performance"]["ents_f"] == 1
    for text, spans in SENTENCES:
        assert [(ent.start_char, ent.end_char, ent.label_) for ent in loaded(text).ents] == spans
