"""What probabilities cost: words per second of one trained pipeline, with each option beside no scores.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/score_cost.py bc5cdr wikigold

It reads training/NAME/bio_crf/model-best and corpus/NAME/test.spacy. All options run in one process, in turns, each turn in
another order. Time is that of the processor, which other work on the machine disturbs less; so run it with one thread.
Predictions are timed as `nlp.pipe` over documents that are tokenized already. Questions to `posterior(doc)` are timed apart,
on predicted documents, one by one: each encodes its document anew.
"""
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List

import typer
from spacy.language import Language
from spacy.tokens import Doc
from turns import Options, compare, prediction_rate, take

from spacy_bio_crf.pipeline.posterior import Posterior

CALIBRATION = {"kind": "platt", "a": 0.6, "b": -0.2}  # any will do: its numbers do not change its speed
DEFAULTS = {"scores": True, "decode": "viterbi", "threshold": 0.0, "thresholds": {}, "calibration": None}
OFF = "no scores"
SETTINGS: Dict[str, Dict[str, Any]] = {
    OFF: {"scores": False},
    "scores (the default)": {},
    "scores, calibrated": {"calibration": CALIBRATION},
    "scores, threshold 0.5": {"threshold": 0.5},
    "threshold 0.5, no scores": {"scores": False, "threshold": 0.5},
    "decode = marginal": {"decode": "marginal"},
    "decode = expected_f": {"decode": "expected_f"},
}
QUESTIONS: Dict[str, Callable[[Posterior], Any]] = {
    "posterior(doc)": lambda posterior: None,
    "posterior(doc).entropy()": Posterior.entropy,
    "posterior(doc).token_probabilities()": Posterior.token_probabilities,
    "posterior(doc).candidates(0.05)": lambda posterior: posterior.candidates(0.05),
    "posterior(doc).alternatives(5)": lambda posterior: posterior.alternatives(5),
}


def main(
    names: List[str] = typer.Argument(..., help="Names of corpora"),
    training: Path = typer.Option(Path("training"), help="Folder of the trained pipelines"),
    corpus: Path = typer.Option(Path("corpus"), help="Folder of the corpora"),
    words: int = typer.Option(20_000, help="Words of a turn"),
    turns: int = typer.Option(9, help="Turns of each option, after one that warms up and does not count"),
    as_json: bool = typer.Option(False, "--json", help="Print JSON"),
):
    compare(names, training, corpus, turns, as_json, lambda nlp, path: make_options(nlp, take(path, nlp, words)), OFF, "option")


def make_options(nlp: Language, docs: List[Doc]) -> Options:
    predicted = list(nlp.pipe(unannotated(doc) for doc in docs))

    def predict(settings: Dict[str, Any]) -> float:
        return prediction_rate(nlp, [unannotated(doc) for doc in docs], **{**DEFAULTS, **settings})

    return {
        **{name: partial(predict, settings) for name, settings in SETTINGS.items()},
        **{name: partial(question_rate, nlp, predicted, ask) for name, ask in QUESTIONS.items()},
    }


def question_rate(nlp: Language, predicted: List[Doc], ask: Callable[[Posterior], Any]) -> float:
    """Words per second of one question about each document."""
    tagger = nlp.get_pipe("bio_crf_tagger")
    start = time.process_time()
    for doc in predicted:
        ask(tagger.posterior(doc))
    return sum(map(len, predicted)) / (time.process_time() - start)


def unannotated(doc: Doc) -> Doc:
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


if __name__ == "__main__":
    typer.run(main)
