"""spacy_crfsuite: its training as `python -m spacy_crfsuite.train` does it, its component as its README adds it."""
from pathlib import Path
from typing import Any, Dict, List

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy_crfsuite import CRFEntityExtractor, CRFExtractor
from spacy_crfsuite.tokenizer import SpacyTokenizer
from spans import plain

from .timing import measure_pipeline

ITERATIONS = 20  # the default is 1,000 at most


def measure(name: str, labelled: List[Doc], train: List[Doc], test: List[Doc]) -> Dict[str, Any]:
    return measure_pipeline(CrfsuiteComponent(), train, test)


class CrfsuiteComponent:
    def __init__(self):
        self.nlp: Language = spacy.blank("xx")
        self.extractor = CRFExtractor()

    def unannotated(self, docs: List[Doc]) -> List[Doc]:
        return [plain(self.nlp, doc) for doc in docs]

    def train(self, docs: List[Doc]) -> int:
        """Features and the iterations over them: words x iterations."""
        self.extractor = CRFExtractor({"max_iter": ITERATIONS})
        tokenizer = SpacyTokenizer(self.nlp)
        self.extractor.train([self.tokens_of(doc, tokenizer) for doc in docs])
        return sum(map(len, docs)) * len(self.extractor.ent_tagger.training_log_.iterations)

    def tokens_of(self, doc: Doc, tokenizer: SpacyTokenizer) -> List[Any]:
        entities = [{"start": ent.start_char, "end": ent.end_char, "entity": ent.label_} for ent in doc.ents]
        message = {"doc": doc, "text": doc.text, "entities": entities}
        tokenizer.tokenize(message, attribute="doc")
        featurizer = self.extractor.featurizer
        return featurizer(message, featurizer.apply_bilou_schema(message))

    def predict(self, docs: List[Doc]) -> None:
        for _ in self.nlp.pipe(docs):
            pass

    def save(self, path: Path) -> None:
        self.extractor.to_disk(path)

    def load(self, path: Path) -> None:
        self.nlp = spacy.blank("xx")
        self.nlp.add_pipe("ner_crf", config={"path": str(path)})


@Language.factory("ner_crf")
def make_ner_crf(nlp: Language, name: str, path: str) -> CRFEntityExtractor:
    return CRFEntityExtractor(nlp, crf_extractor=CRFExtractor().from_disk(path))
