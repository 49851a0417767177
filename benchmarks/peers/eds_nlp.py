"""EDS-NLP's `eds.ner_crf`, built and trained as benchmarks/eds.py does it. Its trainer prepares a doc anew whenever it
comes, so that this is part of training."""
from pathlib import Path
from typing import Any, Dict, List

import edsnlp
import eds
from spacy.tokens import Doc
from spans import plain

from .timing import measure_pipeline

STEPS = 1000  # of the schedule of the learning rate; speed does not depend on it


def measure(name: str, labelled: List[Doc], train: List[Doc], test: List[Doc]) -> Dict[str, Any]:
    return measure_pipeline(EdsPipeline(labelled), train, test)


class EdsPipeline:
    def __init__(self, labelled: List[Doc]):
        for doc in labelled:
            doc.spans[eds.GOLD] = list(doc.ents)
        self.nlp = eds.pipeline(labelled)
        self.optimizer = eds.adam(self.nlp, STEPS)

    def unannotated(self, docs: List[Doc]) -> List[Doc]:
        return [plain(self.nlp, doc) for doc in docs]

    def train(self, docs: List[Doc]) -> int:
        for doc in docs:
            doc.spans[eds.GOLD] = list(doc.ents)
        for start in range(0, len(docs), eds.BATCH):
            prepared = [self.nlp.preprocess(doc, supervision=True) for doc in docs[start : start + eds.BATCH]]
            eds.update(self.nlp, self.optimizer, prepared)
        return sum(map(len, docs))

    def predict(self, docs: List[Doc]) -> None:
        self.nlp.train(False)
        for _ in self.nlp.pipe(docs):
            pass

    def save(self, path: Path) -> None:
        self.nlp.to_disk(path)

    def load(self, path: Path) -> None:
        self.nlp = edsnlp.load(path)
