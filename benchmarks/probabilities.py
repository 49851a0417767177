"""How far to trust the scores of predicted spans: exact probabilities beside three other kinds of score.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/probabilities.py

It reads training/NAME/{bio_crf,ner}/model-best, pipelines with one component each, and corpus/NAME/{dev,test}.spacy. Scores
are measured on the test part, as they are and calibrated on the dev part. Two figures say how far an error is from what can
be had. "By chance" is that of an ideal, where the right spans are drawn by the calibrated probabilities themselves: its mean,
and what 95 % of the draws stay below. "On the other half" calibrates each half of the test part on the other: the error that
is left when the two parts are alike.
"""
import json
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional

import numpy
import spacy
import typer
from rich.console import Console
from rich.progress import track
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Corpus
from spacy.util import minibatch

from spacy_bio_crf import crf
from spacy_bio_crf.evaluation import (
    FITS,
    Outcomes,
    apply_calibration,
    average_precision,
    collect_outcomes,
    expected_calibration_error,
    scored_spans,
)
from spacy_bio_crf.types import ChainScores, Floats1d, Floats2d, Ints1d, Ints2d

DEFAULT = "platt"  # what `bio-crf calibrate` fits unless told otherwise
CORPORA = ["bc5cdr", "wikigold", "snips", "usaddress"]
BEAM = {"beam_width": 16, "beam_density": 0.0001}
LEAST = 0.01  # probability of the spans of the rows "all likely spans"
DEV_SPANS = [50, 100, 200, 400, 800, 1600, 3200, 6400]
DRAWS = 200  # of right spans, for the error by chance
SPLITS = 20  # of the test part in halves, and of spans from the dev part

EXACT = "exact probability"
EXACT_ALL = "exact, all likely spans"
SOFTMAX = "mean token softmax"
PREFIX = "softmaxed prefix Viterbi"
BEAM_NER = "beam_ner"
BEAM_NER_ALL = "beam_ner, all likely spans"

console = Console(stderr=True)


def main(
    names: Optional[List[str]] = typer.Argument(None, help=f"Names of corpora; by default {', '.join(CORPORA)}"),
    training: Path = typer.Option(Path("training"), help="Folder of the trained pipelines"),
    corpus: Path = typer.Option(Path("corpus"), help="Folder of the corpora"),
    as_json: bool = typer.Option(False, "--json", help="Print JSON"),
):
    figures = {name: measure(training / name, corpus / name) for name in names or CORPORA}
    about = {
        "command": f"python {' '.join(sys.argv)}",
        "date": str(date.today()),
        "versions": {name: version(name) for name in ("spacy-bio-crf", "spacy", "thinc", "numpy", "scikit-learn")},
    }
    if as_json:
        print(json.dumps({**about, "figures": figures}, indent=2))
    else:
        print(report(figures, about))


def measure(pipelines: Path, corpus: Path) -> Dict[str, Dict[str, Any]]:
    """Figures of one corpus, for each kind of score whose pipeline is there and finds spans."""
    figures: Dict[str, Dict[str, Any]] = {}
    for model, (load, annotate, kinds) in PIPELINES.items():
        path = pipelines / model / "model-best"
        missing = [str(p) for p in (path, corpus / "dev.spacy", corpus / "test.spacy") if not p.exists()]
        if missing:
            console.print(f"Skipped {', '.join(kinds)} on {corpus.name}: there is no {', '.join(missing)}")
            continue
        nlp = load(path)
        dev, test = (outcomes(nlp, corpus / f"{part}.spacy", annotate, kinds) for part in ("dev", "test"))
        figures.update({kind: compare(dev[kind], test[kind]) for kind in kinds if len(dev[kind]) and len(test[kind])})
    return figures


def compare(dev: Outcomes, test: Outcomes) -> Dict[str, Any]:
    """Figures of one kind of score on the test part, as it is and calibrated on the dev part."""
    scores = {kind: calibrated(fit, dev, test.probability) for kind, fit in FITS.items()}
    errors = {kind: expected_calibration_error(score, test.correct) for kind, score in scores.items()}
    return {
        "spans": {"dev": len(dev), "test": len(test), "gold": test.n_gold},
        "right": {"dev": float(dev.correct.mean()), "test": float(test.correct.mean())},
        "ap": average_precision(test.probability, test.correct, test.n_gold),
        "error": {"raw": expected_calibration_error(test.probability, test.correct), **errors},
        "by_chance": error_by_chance(scores[DEFAULT]),
        "on_the_other_half": error_on_the_other_half(test),
        "by_dev_spans": error_by_dev_spans(dev, test),
    }


def calibrated(fit: Callable, dev: Outcomes, probability: Floats1d) -> Floats1d:
    """Shape: S"""
    return apply_calibration(fit(dev.probability, dev.correct), probability)


def error_by_chance(probability: Floats1d) -> Dict[str, float]:
    """Calibration error of probabilities that are true: outcomes are drawn from them. Shape: S"""
    draw = numpy.random.default_rng(0).random
    errors = [expected_calibration_error(probability, draw(len(probability)) < probability) for _ in range(DRAWS)]
    return {"mean": float(numpy.mean(errors)), "95%": float(numpy.quantile(errors, 0.95))}


def error_on_the_other_half(test: Outcomes) -> float:
    """Mean calibration error where each random half of the spans is calibrated on the other one."""
    random, errors = numpy.random.default_rng(0), []
    for _ in range(SPLITS):
        halves = numpy.array_split(random.permutation(len(test)), 2)
        probability = numpy.empty(len(test))
        for here, there in (halves, halves[::-1]):
            probability[here] = calibrated(FITS[DEFAULT], some(test, there), test.probability[here])
        errors.append(expected_calibration_error(probability, test.correct))
    return float(numpy.mean(errors))


def error_by_dev_spans(dev: Outcomes, test: Outcomes) -> Dict[int, float]:
    """Mean calibration error by the number of random dev spans that the calibration sees."""
    random, errors = numpy.random.default_rng(0), {}
    for size in filter(len(dev).__gt__, DEV_SPANS):
        samples = (some(dev, random.choice(len(dev), size, replace=False)) for _ in range(SPLITS))
        scores = (calibrated(FITS[DEFAULT], sample, test.probability) for sample in samples)
        errors[size] = float(numpy.mean([expected_calibration_error(score, test.correct) for score in scores]))
    return errors


def some(outcomes: Outcomes, places: Ints1d) -> Outcomes:
    """Some of the spans, with all of the gold. Shape: up to S"""
    return Outcomes(outcomes.probability[places], outcomes.correct[places], outcomes.labels[places], outcomes.gold)


def outcomes(nlp: Language, path: Path, annotate: Callable, kinds: Iterable[str]) -> Dict[str, Outcomes]:
    """Predict a corpus, with a span group for each kind of score, and compare the groups with the gold entities."""
    examples = list(Corpus(path)(nlp))
    batches = [[eg.predicted for eg in batch] for batch in minibatch(examples, 64)]
    for docs in track(batches, f"{path}: {', '.join(kinds)}", console=console, transient=True):
        annotate(nlp, docs)
    return {kind: collect_outcomes(examples, kind, None) for kind in kinds}


def keep(doc: Doc, kind: str, spans: List[Span], scores: Floats1d) -> None:
    """Write spans with their scores as a group. Shape of the scores: S"""
    scores = numpy.clip(scores, 0.0, 1.0)  # sums of a beam's mass round to more than 1
    doc.spans[kind] = SpanGroup(doc, name=kind, spans=spans, attrs={"scores": scores})


def load_crf(path: Path) -> Language:
    """The CRF, set to what is compared here: all spans of the best path, not calibrated."""
    nlp = spacy.load(path)
    settings = {"scores": True, "decode": "viterbi", "threshold": 0.0, "thresholds": {}, "calibration": None}
    nlp.get_pipe("bio_crf_tagger").cfg.update(settings)
    return nlp


def annotate_crf(nlp: Language, docs: List[Doc]) -> None:
    """The same predicted spans, with three kinds of score; and all likely spans."""
    tagger = nlp.get_pipe("bio_crf_tagger")
    for doc in nlp.pipe(docs):
        predicted, exact = map(list, zip(*scored_spans(doc, tagger.scores_key))) if doc.ents else ([], [])
        posterior = tagger.posterior(doc)
        scores = posterior.scores
        tags, _ = crf.best_path(scores)
        rows = tagger.tagset.spans(tags)
        keep(doc, EXACT, predicted, numpy.array(exact))
        keep(doc, SOFTMAX, predicted, span_means(softmax(scores.emissions), tags, rows))
        keep(doc, PREFIX, predicted, span_means(softmax(prefix_viterbi(scores)), tags, rows))
        likely = posterior.candidates(LEAST)
        keep(doc, EXACT_ALL, list(likely), likely.attrs["scores"])


def prefix_viterbi(scores: ChainScores) -> Floats2d:
    """Score of the best legal path that ends in each tag of each token: the rows of Viterbi's table. Shape: N, K"""
    legal = scores.constraints
    step = numpy.where(legal.step, scores.step, -numpy.inf)
    into = numpy.where(legal.start, scores.start, -numpy.inf)
    table = scores.emissions.astype("float64")
    for row in table:
        row += into
        into = (row[:, None] + step).max(axis=0)
    return table


def softmax(rows: Floats2d) -> Floats2d:
    """Shape: N, K"""
    powers = numpy.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def span_means(probabilities: Floats2d, tags: Ints1d, rows: Ints2d) -> Floats1d:
    """Mean, over the tokens of each span, of the probability of the predicted tag.

    probabilities (Floats2d): Shape: N, K
    tags (Ints1d): The predicted tags. Shape: N
    rows (Ints2d): Rows of start, end and label id. Shape: S, 3
    RETURNS (Floats1d): Shape: S
    """
    of_tag = probabilities[numpy.arange(len(tags)), tags]
    return numpy.array([of_tag[start:end].mean() for start, end, _ in rows])


def load_beam(path: Path) -> Language:
    """spaCy's `beam_ner` with the weights of a trained `ner`. With a beam of width 1 it would be that `ner`."""
    nlp = spacy.load(path)
    ner = nlp.get_pipe("ner")
    beam_ner = nlp.add_pipe("beam_ner", config={**BEAM, "model": nlp.get_pipe_config("ner")["model"]})
    beam_ner.from_bytes(ner.to_bytes(exclude=["vocab"]), exclude=["vocab", "cfg"])
    nlp.remove_pipe("ner")
    return nlp


def annotate_beam(nlp: Language, docs: List[Doc]) -> None:
    """The entities of the best parse, with their share of the beam's mass; and all entities of the beam."""
    beam_ner = nlp.get_pipe("beam_ner")
    beams = beam_ner.predict(docs)
    mass = beam_ner.scored_ents(beams)
    beam_ner.set_annotations(docs, beams)
    for doc, of_span in zip(docs, mass):
        scores = [of_span.get((ent.start, ent.end, ent.label_), 0.0) for ent in doc.ents]
        keep(doc, BEAM_NER, list(doc.ents), numpy.array(scores))
        likely = {span: score for span, score in of_span.items() if score >= LEAST}
        spans = [Span(doc, start, end, label=label) for start, end, label in likely]
        keep(doc, BEAM_NER_ALL, spans, numpy.array(list(likely.values())))


PIPELINES = {
    "bio_crf": (load_crf, annotate_crf, (EXACT, SOFTMAX, PREFIX, EXACT_ALL)),
    "ner": (load_beam, annotate_beam, (BEAM_NER, BEAM_NER_ALL)),
}


def report(figures: Dict[str, Dict[str, Dict[str, Any]]], about: Dict[str, Any]) -> str:
    """Three tables in Markdown, and how they were made."""
    exact = {name: of[EXACT] for name, of in figures.items() if EXACT in of}
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    made = f"{about['date']}, {versions}. Command: `{about['command']}`"
    return "\n\n".join([table_of_scores(figures), table_of_limits(exact), table_of_dev_spans(exact), made])


def table_of_scores(figures: Dict[str, Dict[str, Dict[str, Any]]]) -> str:
    """Every kind of score on every corpus."""
    header = ["corpus", "score", "spans", *(f"error, {kind}" for kind in ("raw", *FITS)), "average precision"]
    return table(header, 2, (
        [name, kind, f"{of['spans']['test']:,}", *of["error"].values(), of["ap"]]
        for name, of_corpus in figures.items()
        for kind, of in of_corpus.items()
    ))


def table_of_limits(exact: Dict[str, Dict[str, Any]]) -> str:
    """How near the calibrated errors of exact probabilities are to what can be had."""
    header = ["corpus", "dev spans", "right", "test spans", "right", f"error, {DEFAULT}"]
    header += ["by chance: mean", "95 % below", "on the other half"]
    return table(header, 1, (
        [
            name,
            *(cell for part in ("dev", "test") for cell in (f"{of['spans'][part]:,}", f"{of['right'][part]:.1%}")),
            of["error"][DEFAULT],
            *of["by_chance"].values(),
            of["on_the_other_half"],
        ]
        for name, of in exact.items()
    ))


def table_of_dev_spans(exact: Dict[str, Dict[str, Any]]) -> str:
    """How much annotation calibration needs."""
    rows = ([name, *(of["by_dev_spans"].get(size, "") for size in DEV_SPANS)] for name, of in exact.items())
    return table([f"error, {DEFAULT}, by dev spans", *(f"{size:,}" for size in DEV_SPANS)], 1, rows)


def table(header: List[str], n_words: int, rows: Iterable[List[Any]]) -> str:
    """A table in Markdown, the first columns to the left, the others to the right; floats with three decimals."""
    lines = [header, ["---"] * n_words + ["---:"] * (len(header) - n_words)]
    lines += [[f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    typer.run(main)
