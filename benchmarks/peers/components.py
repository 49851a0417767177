"""Components that `spacy train` trains: spaCy's and ours, by the configs of this repository."""
from pathlib import Path
from typing import Any, Dict, List

import numpy
import spacy
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_config, load_model_from_config, registry
from spans import plain
from thinc.api import Config

from spacy_bio_crf.fast import speed_up

from .timing import measure_pipeline

CONFIGS = Path(__file__).parents[2] / "configs"
FAST_NER = "ner, sped up"
SPANS_KEY = "sc"
LENGTHS = 95  # percentile of the lengths of training spans that `spancat` can still find


def measure(name: str, labelled: List[Doc], train: List[Doc], test: List[Doc]) -> Dict[str, Any]:
    return measure_pipeline(Components(name, labelled), train, test)


class Components:
    """A pipeline with the labels of a corpus, not trained: its weights do not change its speed much."""

    def __init__(self, name: str, labelled: List[Doc]):
        self.name = name
        for doc in labelled:
            doc.spans[SPANS_KEY] = list(doc.ents)
        self.nlp = load_model_from_config(config_of(name, labelled), auto_fill=True)
        self.training = registry.resolve(self.nlp.config.interpolate()["training"], schema=ConfigSchemaTraining)
        self.nlp.initialize(lambda: self.examples(labelled), sgd=self.training["optimizer"])
        self.speed_up_ner()

    def speed_up_ner(self) -> None:
        if self.name == FAST_NER:
            speed_up(self.nlp.get_pipe("ner").model)

    def examples(self, docs: List[Doc]) -> List[Example]:
        return [Example(plain(self.nlp, doc), doc) for doc in docs]

    def unannotated(self, docs: List[Doc]) -> List[Doc]:
        return [plain(self.nlp, doc) for doc in docs]

    def train(self, docs: List[Doc]) -> int:
        """The updates of `spacy train`, without its evaluations."""
        for batch in self.training["batcher"](self.examples(docs)):
            self.nlp.update(batch, sgd=self.training["optimizer"], drop=self.training["dropout"])
            self.training["optimizer"].step_schedules()
        return sum(map(len, docs))

    def predict(self, docs: List[Doc]) -> None:
        for _ in self.nlp.pipe(docs):
            pass

    def save(self, path: Path) -> None:
        self.nlp.to_disk(path)

    def load(self, path: Path) -> None:
        self.nlp: Language = spacy.load(path)
        self.speed_up_ner()


def config_of(name: str, docs: List[Doc]) -> Config:
    if name == FAST_NER:
        name = "ner"
    if name not in OTHERS:
        return load_config(next(CONFIGS.rglob(f"{name}.cfg")))
    config = load_config(CONFIGS / "compared" / "ner.cfg")
    config["nlp"]["pipeline"] = [name]
    config["components"] = {name: OTHERS[name](config["components"]["ner"]["model"], docs)}
    return config


def beam_ner(model: Dict[str, Any], docs: List[Doc]) -> Dict[str, Any]:
    return {"factory": "beam_ner", "model": model}


def spancat(model: Dict[str, Any], docs: List[Doc]) -> Dict[str, Any]:
    longest = int(numpy.percentile([len(ent) for doc in docs for ent in doc.ents], LENGTHS))
    return {
        "factory": "spancat",
        "spans_key": SPANS_KEY,
        "suggester": {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": longest},
        "model": {
            "@architectures": "spacy.SpanCategorizer.v1",
            "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 128},
            "scorer": {"@layers": "spacy.LinearLogistic.v1"},
            "tok2vec": model["tok2vec"],
        },
    }


OTHERS = {"beam_ner": beam_ner, "spancat": spancat}
