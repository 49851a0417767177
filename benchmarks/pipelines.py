"""Words per second of training and prediction: `bio_crf_tagger` beside spaCy's `ner`: over the same encoder (bio_crf), with
window features in its place (linear), and with both (joint).

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/pipelines.py corpus/bc5cdr/train.spacy corpus/bc5cdr/test.spacy

All pipelines run in one process, in turns; the figures are medians, and their ratio is what carries over to other machines.
"""
import json
import statistics
import sys
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Dict, List

import spacy
import typer
from rich.console import Console
from rich.markdown import Markdown
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import minibatch

CONFIGS = Path(__file__).parents[1] / "configs"
PIPELINES = {name: CONFIGS / f"{name}.cfg" for name in ("ner", "bio_crf", "linear", "joint")}


def main(
    train: Path = typer.Argument(..., help="Training corpus, a .spacy file"),
    test: Path = typer.Argument(..., help="Corpus to predict, a .spacy file"),
    words: int = typer.Option(20_000, help="Words of a turn"),
    turns: int = typer.Option(5, help="Turns of each pipeline; the first is a warm-up and does not count"),
    as_json: bool = typer.Option(False, "--json", help="Print JSON"),
):
    pipelines = {name: load(path, train) for name, path in PIPELINES.items()}
    rates: Dict[str, Dict[str, List[float]]] = {name: {"training": [], "prediction": []} for name in pipelines}
    for turn in range(turns):
        for name, nlp in pipelines.items():
            rates[name]["training"].append(training_rate(nlp, take(train, nlp, words)))
            rates[name]["prediction"].append(prediction_rate(nlp, take(test, nlp, words)))
    medians = {name: {task: statistics.median(r[1:]) for task, r in of.items()} for name, of in rates.items()}
    if as_json:
        print(json.dumps({"command": sys.argv, "date": str(date.today()), "words_per_second": medians}))
    else:
        Console().print(Markdown(table_of(medians, train, test)))


def load(config: Path, train: Path) -> Language:
    """A pipeline with the labels of the corpus, not trained: its weights do not change its speed much."""
    nlp = spacy.util.load_model_from_config(spacy.util.load_config(config), auto_fill=True)
    docs = list(DocBin().from_disk(train).get_docs(nlp.vocab))
    nlp.initialize(lambda: (Example(unannotated(doc), doc) for doc in docs))
    return nlp


def take(path: Path, nlp: Language, words: int) -> List[Doc]:
    docs, count = [], 0
    for doc in DocBin().from_disk(path).get_docs(nlp.vocab):
        docs.append(doc)
        count += len(doc)
        if count >= words:
            break
    return docs


def unannotated(doc: Doc) -> Doc:
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def training_rate(nlp: Language, docs: List[Doc]) -> float:
    optimizer = nlp.create_optimizer()
    examples = [Example(unannotated(doc), doc) for doc in docs]
    start = time.perf_counter()
    for batch in minibatch(examples, 24):
        nlp.update(batch, sgd=optimizer, drop=0.1)
    return sum(map(len, docs)) / (time.perf_counter() - start)


def prediction_rate(nlp: Language, docs: List[Doc]) -> float:
    fresh = [unannotated(doc) for doc in docs]
    start = time.perf_counter()
    for _ in nlp.pipe(fresh, batch_size=256):
        pass
    return sum(map(len, docs)) / (time.perf_counter() - start)


def table_of(medians: Dict[str, Dict[str, float]], train: Path, test: Path) -> str:
    lines = ["| words/s | training | x ner | prediction | x ner |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, of in medians.items():
        cells = [f"{of[task]:,.0f} | {of[task] / medians['ner'][task]:.2f}" for task in ("training", "prediction")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    versions = ", ".join(f"{name} {version(name)}" for name in ("spacy-bio-crf", "spacy", "thinc", "numpy"))
    return "\n".join([*lines, "", f"{date.today()}, {versions}. Command: `python {' '.join(sys.argv)}`"])


if __name__ == "__main__":
    typer.run(main)
