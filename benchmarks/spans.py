"""Exact spans of docs: what a system found, how good that is, and how fast it was."""
import time
from typing import Callable, Dict, Iterable, List, Set, Tuple

from spacy.language import Language
from spacy.tokens import Doc

PASSES = 3

Spans = Set[Tuple[int, int, str]]


def plain(nlp: Language, doc: Doc) -> Doc:
    """The same tokens without annotation."""
    return Doc(nlp.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def spans_of(spans: Iterable) -> Spans:
    return {(span.start, span.end, span.label_) for span in spans}


def score(docs: List[Doc], predicted: Iterable[Spans]) -> Dict[str, float]:
    """F1, precision and recall of exact spans with their labels. As in spaCy's scorer, a predicted span whose tokens
    were not all annotated is neither right nor wrong."""
    right = found = true = 0
    for doc, spans in zip(docs, predicted):
        gold = spans_of(doc.ents)
        known = {(start, end, label) for start, end, label in spans if all(token.ent_iob for token in doc[start:end])}
        right, found, true = right + len(gold & known), found + len(known), true + len(gold)
    return {"f": 2 * right / max(found + true, 1), "p": right / max(found, 1), "r": right / max(true, 1)}


def speed(docs: List[Doc], predict: Callable[[], None]) -> int:
    """Words a second in the fastest of some passes."""
    seconds = []
    for _ in range(PASSES):
        start = time.process_time()
        predict()
        seconds.append(time.process_time() - start)
    return round(sum(map(len, docs)) / min(seconds))
