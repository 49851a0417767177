"""One document of a million tokens: time and peak memory of the component, beside those of its model alone.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/long_document.py

Every figure is of a process of its own. "model" runs the encoder, the hidden layer and the emissions, forward for prediction, forward
and backward for training; "component" does what `nlp.pipe` and `nlp.update` do. What the second needs beyond the first is what the
chain and the writing of spans need.
"""
import json
import resource
import subprocess
import sys
import time
from datetime import date
from importlib.metadata import version
from typing import Dict, List

import numpy
import spacy
import typer
from spacy.tokens import Doc, Span
from spacy.training import Example

LABELS = ("PER", "LOC", "ORG", "MISC")
TASKS = ("nothing", "predict: model", "predict: component", "train: model", "train: component")
MEBIBYTE = 2**20


def main(
    tokens: int = typer.Option(1_000_000, help="Tokens of the document"),
    width: int = typer.Option(32, help="Width of the encoder"),
    task: str = typer.Option("", hidden=True),
):
    if task:
        print(json.dumps(run(task, tokens, width)))
        return
    figures = {task: measure(task, tokens, width) for task in TASKS}
    rows = [["task", "seconds", "peak MiB", "MiB beyond the model", "bytes a token beyond the model"], ["---"] + ["---:"] * 4]
    for task in TASKS:
        beside = task.replace("component", "model")
        more = figures[task]["peak"] - figures[beside]["peak"]
        beyond = [f"{more / MEBIBYTE:.0f}", f"{more / tokens:.0f}"] if beside != task else ["", ""]
        rows.append([task, f"{figures[task]['seconds']:.1f}", f"{figures[task]['peak'] / MEBIBYTE:.0f}", *beyond])
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    versions = ", ".join(f"{package} {version(package)}" for package in ("spacy-bio-crf", "spacy", "thinc", "numpy"))
    print(f"\n{date.today()}, {tokens:,} tokens, width {width}, {versions}. Command: `python {' '.join(sys.argv)}`")


def measure(task: str, tokens: int, width: int) -> Dict[str, float]:
    command = [sys.executable, __file__, "--task", task, "--tokens", str(tokens), "--width", str(width)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(task: str, tokens: int, width: int) -> Dict[str, float]:
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    tok2vec = {"@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None, "width": width, "depth": 2}
    tok2vec.update({"embed_size": 2000, "window_size": 1, "maxout_pieces": 2, "subword_features": False})
    tagger = nlp.add_pipe("bio_crf_tagger", config={"model": {"tok2vec": tok2vec}})
    for label in LABELS:
        tagger.add_label(label)
    nlp.initialize()
    example = make_example(nlp, tokens)
    doc = example.predicted
    start = time.perf_counter()
    if task == "predict: model":
        tagger.model.predict([doc])
    elif task == "predict: component":
        tagger(doc)
    elif task == "train: model":
        scores, backprop = tagger.model.begin_update([doc])
        backprop(scores)
    elif task == "train: component":
        tagger.update([example], sgd=None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.perf_counter() - start, "peak": peak}


def make_example(nlp: spacy.Language, tokens: int) -> Example:
    """Words by their frequency rank, and an entity on every tenth token."""
    rng = numpy.random.default_rng(0)
    words: List[str] = [f"w{rank % 50_000}" for rank in rng.zipf(1.2, size=tokens).tolist()]
    predicted, reference = (Doc(nlp.vocab, words=words) for _ in range(2))
    starts = range(0, tokens - 2, 10)
    reference.set_ents([Span(reference, i, i + 2, LABELS[i // 10 % len(LABELS)]) for i in starts], default="outside")
    return Example(predicted, reference)


if __name__ == "__main__":
    typer.run(main)
