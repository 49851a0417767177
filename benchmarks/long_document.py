"""One long document: time and peak memory of the component, beside those of its model alone, and of spaCy's `ner`.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/long_document.py
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/long_document.py --tokens 100000 --width 96 --depth 4 --ner

Every figure is of a process of its own. "model" runs the encoder, the hidden layer and the emissions, forward for prediction, forward
and backward for training; "component" does what `nlp.pipe` and `nlp.update` do. What the second needs beyond the first is what the
chain and the writing of spans need. "ner" is spaCy's component over the same encoder.
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
TASKS = ["nothing", "predict: model", "predict: component", "train: model", "train: component"]
NER = ["predict: ner", "train: ner"]
MEBIBYTE = 2**20


def main(
    tokens: int = typer.Option(1_000_000, help="Tokens of the document"),
    width: int = typer.Option(32, help="Width of the encoder"),
    depth: int = typer.Option(2, help="Layers of the encoder"),
    ner: bool = typer.Option(False, "--ner", help="Run spaCy's `ner` too, which takes 40 KB a token"),
    task: str = typer.Option("", hidden=True),
):
    if task:
        print(json.dumps(run(task, tokens, width, depth)))
        return
    tasks = TASKS + NER * ner
    figures = {task: measure(task, tokens, width, depth) for task in tasks}
    rows = [["task", "seconds", "peak MiB", "MiB beyond the model", "bytes a token beyond the model"], ["---"] + ["---:"] * 4]
    for task in tasks:
        beside = task.replace("component", "model")
        more = figures[task]["peak"] - figures[beside]["peak"]
        beyond = [f"{more / MEBIBYTE:.0f}", f"{more / tokens:.0f}"] if beside != task else ["", ""]
        rows.append([task, f"{figures[task]['seconds']:.2f}", f"{figures[task]['peak'] / MEBIBYTE:.0f}", *beyond])
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    versions = ", ".join(f"{package} {version(package)}" for package in ("spacy-bio-crf", "spacy", "thinc", "numpy"))
    print(f"\n{date.today()}, {tokens:,} tokens, width {width}, depth {depth}, {versions}. Command: `python {' '.join(sys.argv)}`")


def measure(task: str, tokens: int, width: int, depth: int) -> Dict[str, float]:
    sizes = ["--tokens", str(tokens), "--width", str(width), "--depth", str(depth)]
    command = [sys.executable, __file__, "--task", task, *sizes]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(task: str, tokens: int, width: int, depth: int) -> Dict[str, float]:
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    tok2vec = {"@architectures": "spacy.HashEmbedCNN.v2", "pretrained_vectors": None, "width": width, "depth": depth}
    tok2vec.update({"embed_size": 2000, "window_size": 1, "maxout_pieces": 2, "subword_features": False})
    tagger = nlp.add_pipe("ner" if task in NER else "bio_crf_tagger", config={"model": {"tok2vec": tok2vec}})
    for label in LABELS:
        tagger.add_label(label)
    nlp.initialize()
    example = make_example(nlp, tokens)
    doc = example.predicted
    start = time.process_time()
    if task == "predict: model":
        tagger.model.predict([doc])
    elif task in ("predict: component", "predict: ner"):
        tagger(doc)
    elif task == "train: model":
        scores, backprop = tagger.model.begin_update([doc])
        backprop(scores)
    elif task in ("train: component", "train: ner"):
        tagger.update([example], sgd=None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.process_time() - start, "peak": peak}


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
