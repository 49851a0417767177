"""sklearn-crfsuite as in its tutorial on CoNLL 2002 (https://sklearn-crfsuite.readthedocs.io): its settings, and its
features less those of POS tags."""
import time
from importlib.metadata import version
from typing import Any, Dict, List

from corpora import Parts
from sklearn_crfsuite import CRF
from spacy.tokens import Doc
from spans import Spans, score, speed

from spacy_bio_crf.tags import parse_tags

Features = Dict[str, Any]


def train_crfsuite(parts: Parts, seed: int) -> Dict[str, Dict[str, Any]]:
    """Train and score it. There is nothing random in it, and it has no use for the dev part."""
    begin = time.process_time()
    features = [features_of(doc) for doc in parts.train]
    tags = [tags_of(doc) for doc in parts.train]
    crf = CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True)
    since = time.process_time()
    crf.fit(features, tags)
    seconds = time.process_time() - since
    dev_f = score(parts.dev, predict(crf, parts.dev))["f"]
    total = time.process_time() - begin
    figures = {
        **score(parts.test, predict(crf, parts.test)),
        "dev_f": dev_f,
        "words_per_s": speed(parts.test, lambda: predict(crf, parts.test)),
        "train_s": round(seconds, 1),
        "total_s": round(total, 1),
        "steps": len(crf.training_log_.iterations),
        "library": f"sklearn-crfsuite {version('sklearn-crfsuite')}",
    }
    return {"crfsuite": figures}


def predict(crf: CRF, docs: List[Doc]) -> List[Spans]:
    tags = crf.predict([features_of(doc) for doc in docs])
    return [set(map(tuple, parse_tags(list(row), "BIO", repair="begin"))) for row in tags]


def tags_of(doc: Doc) -> List[str]:
    """BIO tags; missing ones are "O"."""
    return [f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O" for token in doc]


def features_of(doc: Doc) -> List[Features]:
    words = [token.text for token in doc]
    return [features_at(words, i) for i in range(len(words))]


def features_at(words: List[str], i: int) -> Features:
    word = words[i]
    features = {
        "bias": 1.0,
        "word.lower()": word.lower(),
        "word[-3:]": word[-3:],
        "word[-2:]": word[-2:],
        "word.isupper()": word.isupper(),
        "word.istitle()": word.istitle(),
        "word.isdigit()": word.isdigit(),
    }
    features.update(neighbour("-1", words[i - 1]) if i > 0 else {"BOS": True})
    features.update(neighbour("+1", words[i + 1]) if i + 1 < len(words) else {"EOS": True})
    return features


def neighbour(place: str, word: str) -> Features:
    return {
        f"{place}:word.lower()": word.lower(),
        f"{place}:word.istitle()": word.istitle(),
        f"{place}:word.isupper()": word.isupper(),
    }
