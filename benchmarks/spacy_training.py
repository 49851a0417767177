"""Pipelines trained by a config as `spacy train` does it, from docs in memory.

The loop is spaCy's own: its batches, in its order, and its updates. Here stand the evaluations, so that one training
can be scored both with its raw and with its averaged weights: averages do not change what is trained. Each of the two
keeps its best pipeline by F1 on the dev part, and stops by its own patience.

All models multiply with NumPy's BLAS: the same numbers up to rounding, and up to twice the speed (docs/DESIGN.md).
"""
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import numpy
from corpora import Parts
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import create_train_batches, train_while_improving
from spacy.util import fix_random_seed, load_config, load_model_from_config, registry
from spans import PASSES, Spans, plain, score, spans_of, speed
from thinc.api import Config, Optimizer

from spacy_bio_crf.fast import speed_up

CONFIGS = Path(__file__).parents[1] / "configs"
SPANS_KEY = "sc"
LENGTHS = 95  # percentile of the lengths of training spans that `spancat` can still find


class Best:
    """The best of the evaluations of one kind of weights."""

    def __init__(self, patience: int):
        self.patience = patience
        self.f, self.step, self.pipeline = -1.0, 0, b""
        self.figures: Dict[str, Any] = {}  # when it stopped

    def see(self, nlp: Language, f: float, step: int) -> None:
        if f >= self.f:  # of equals, `spacy train` keeps the last, and counts its patience from the first
            self.pipeline = nlp.to_bytes()
        if f > self.f:
            self.f, self.step = f, step

    def out_of_patience(self, step: int) -> bool:
        return bool(self.patience) and step - self.step >= self.patience


def train_ner(parts: Parts, seed: int) -> Dict[str, Dict[str, Any]]:
    """spaCy's `ner` with the config that `spacy init config --pipeline ner --optimize efficiency` writes."""
    config = init_config(lang=parts.lang, pipeline=["ner"], optimize="efficiency")
    config["training"]["optimizer"]["use_averages"] = True
    return train(config, parts, seed, {"ner": False, "ner averaged": True})


def train_spancat(parts: Parts, seed: int) -> Dict[str, Dict[str, Any]]:
    """spaCy's `spancat` with the config that `spacy init config` writes, and n-grams as long as training spans are."""
    config = init_config(lang=parts.lang, pipeline=["spancat"], optimize="efficiency")
    longest = int(numpy.percentile([len(ent) for doc in parts.train for ent in doc.ents], LENGTHS))
    suggester = {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": longest}
    config["components"]["spancat"]["suggester"] = suggester
    for doc in parts.train:
        doc.spans[SPANS_KEY] = list(doc.ents)
    return train(config, parts, seed, {"spancat": False})


def train_config(name: str, parts: Parts, seed: int) -> Dict[str, Dict[str, Any]]:
    """A config of this repository."""
    config = load_config(CONFIGS / f"{name}.cfg", overrides={"nlp.lang": parts.lang}, interpolate=False)
    averaged = config["training"]["optimizer"].get("use_averages", False)
    return train(config, parts, seed, {name: averaged})


def train(config: Config, parts: Parts, seed: int, rows: Dict[str, bool]) -> Dict[str, Dict[str, Any]]:
    """Train a pipeline, and score it on the test part.

    config (Config): The config. Its corpora are not read.
    parts (Parts): The corpus.
    seed (int): Takes the place of the config's.
    rows (Dict[str, bool]): The rows that the training fills, and whether a row has averaged weights.
    RETURNS (Dict[str, Dict[str, Any]]): The figures of each row.
    """
    begin = time.process_time()
    nlp, optimizer, steps, patience = start(config, parts, seed)
    best = {row: Best(patience) for row in rows}
    left, seconds, info = dict(best), 0.0, {}
    while left:
        since = time.process_time()
        done = next(steps, None)
        seconds += time.process_time() - since
        if done:
            _, info, evaluate = done
        for row in list(left):
            if done and evaluate is not None:
                with nlp.use_params(optimizer.averages if rows[row] else {}):
                    left[row].see(nlp, score(parts.dev, predict(nlp, parts.dev))["f"], info["step"])
            if not done or left[row].out_of_patience(info["step"]):
                times = {"train_s": round(seconds, 1), "total_s": round(time.process_time() - begin, 1)}
                left.pop(row).figures = {**times, "epochs": info["epoch"] + 1, "steps": info["step"] + 1}
    return {row: {**test(nlp, parts, best[row]), **best[row].figures} for row in rows}


def start(config: Config, parts: Parts, seed: int) -> Tuple[Language, Optimizer, Iterator[tuple], int]:
    """The pipeline, its optimizer, the steps of `spacy train` with evaluations left to the caller, and the patience."""
    config["training"]["seed"] = seed
    fix_random_seed(seed)
    nlp = load_model_from_config(config, auto_fill=True)
    training = registry.resolve(nlp.config.interpolate()["training"], schema=ConfigSchemaTraining)
    optimizer = training["optimizer"]
    examples = [Example(plain(nlp, doc), doc) for doc in parts.train]
    nlp._link_components()
    nlp.initialize(lambda: examples, sgd=optimizer)
    for _, pipe in nlp.pipeline:
        speed_up(pipe.model)
    fix_random_seed(seed)  # as `spacy train` does once more before the first batch
    steps = train_while_improving(
        nlp,
        optimizer,
        create_train_batches(nlp, lambda _: examples, training["batcher"], training["max_epochs"]),
        evaluate=lambda: (0.0, {}),
        dropout=training["dropout"],
        eval_frequency=training["eval_frequency"],
        accumulate_gradient=training["accumulate_gradient"],
        patience=0,
        max_steps=training["max_steps"],
        exclude=training["frozen_components"],
        annotating_components=training["annotating_components"],
        before_update=training["before_update"],
    )
    return nlp, optimizer, steps, training["patience"]


def predict(nlp: Language, docs: List[Doc]) -> Iterator[Spans]:
    for doc in nlp.pipe(plain(nlp, doc) for doc in docs):
        yield spans_of(doc.spans[SPANS_KEY] if nlp.has_pipe("spancat") else doc.ents)


def test(nlp: Language, parts: Parts, best: Best) -> Dict[str, Any]:
    """Score the best pipeline on the test part, and measure its speed."""
    nlp.from_bytes(best.pipeline)
    figures = score(parts.test, predict(nlp, parts.test))
    return {**figures, "dev_f": best.f, "best_step": best.step, "words_per_s": measure(nlp, parts.test)}


def measure(nlp: Language, docs: List[Doc]) -> int:
    unseen = [[plain(nlp, doc) for doc in docs] for _ in range(PASSES)]  # entities of one pass would stand in the next
    return speed(docs, lambda: list(nlp.pipe(unseen.pop())))
