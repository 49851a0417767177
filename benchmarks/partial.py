"""Learning from partial annotation: `bio_crf_tagger` and spaCy's `ner`, told that tokens are missing, or that they are "O".

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/partial.py /path/to/corpora

It trains with configs/compared/bio_crf.cfg and configs/compared/ner.cfg, the same encoder, epochs and batches for every row, and scores exact
spans on the test part. The dev part is scored about once an epoch; what is scored on the test part is the pipeline with the
best F1 there, and, beside it, the one after the last epoch. Dev and test parts are fully annotated.

dsner_ec_zh (Yang et al. 2018): 1,097 sentences annotated by hand, and 2,560 by a dictionary, which is silent on all other
characters. wikigold: documents dealt 70 : 10 : 20 by seed 0, and a random half of the training entities hidden.

Each run is a line of OUTPUT/NAME.jsonl, and a run that is there is not repeated, so that a stopped benchmark goes on.
"""
import os
import statistics
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import spacy
import typer
from runs import about, complete, read_lines
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_nlp

from spacy_bio_crf.corpus import ColumnFormat, read_columns, split_docs

CONFIGS = Path(__file__).parents[1] / "configs" / "compared"
ENTITY_RATIO = "bio_crf_tagger, entity ratio"  # Effland and Collins (2021), told the ratio of the complete annotation
PIPELINES = {"bio_crf_tagger": CONFIGS / "bio_crf.cfg", "ner": CONFIGS / "ner.cfg", ENTITY_RATIO: CONFIGS / "bio_crf.cfg"}
PARTS = {"model-best": "best on dev", "model-last": "last epoch"}
SHARES = (0.7, 0.1, 0.2)  # of the documents of wikigold, as in projects/ner
HIDDEN = 0.5  # share of wikigold's training entities
SEED = 0  # of the split and of the hidden entities, whatever the seed of a run


class Parts(NamedTuple):
    """A corpus, with its training part as different annotators would leave it."""

    train: Dict[str, List[Doc]]
    dev: List[Doc]
    test: List[Doc]
    ratio: float = 0.0  # of tokens inside entities, where annotation is complete


class Run(NamedTuple):
    corpus: str
    annotation: str
    pipeline: str
    seed: int
    epochs: int
    batch_words: int


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders dsner_ec_zh and wikigold"),
    names: Optional[List[str]] = typer.Argument(None, help="Names of corpora; by default both"),
    output: Path = typer.Option(Path("metrics/partial"), help="Folder of the results"),
    seeds: int = typer.Option(3, help="Runs of each row"),
    epochs: int = typer.Option(20, help="Epochs of a run"),
    batch_words: int = typer.Option(250, help="Words of a batch"),
    pipelines: List[str] = typer.Option(list(PIPELINES), "--pipeline", help="What to train; may be repeated"),
    annotations: Optional[List[str]] = typer.Option(None, "--annotation", help="What to train on, by default all; may be repeated"),
    only_print: bool = typer.Option(False, "--print", help="Print the tables of what is there, and train nothing"),
):
    output.mkdir(parents=True, exist_ok=True)
    for name in names or list(CORPORA):
        path = output / f"{name}.jsonl"
        if not only_print:
            parts = CORPORA[name](corpora / name)
            rows = [(pipeline, annotation) for pipeline in pipelines for annotation in annotations or parts.train]
            rows = [(pipeline, annotation) for pipeline, annotation in rows if annotation in parts.train]
            runs = [Run(name, what, who, seed, epochs, batch_words) for seed in range(seeds) for who, what in rows]
            complete(path, runs, lambda run: train_run(run, parts), tell)
        lines = [line for line in read_lines(path) if (line["epochs"], line["batch_words"]) == (epochs, batch_words)]
        print(f"## {name}\n\n{table_of(lines)}\n")
    print(about())


def train_run(run: Run, parts: Parts) -> Dict[str, Any]:
    """The figures of a run."""
    settings = {"learning": {"entity_ratio": {"ratio": parts.ratio}}} if run.pipeline == ENTITY_RATIO else {}
    return train_and_score(run, parts, settings)


def tell(run: Run, figures: Dict[str, Any]) -> str:
    scores = ", ".join(f"{what} {figures[part]['f']:.3f}" for part, what in PARTS.items())
    return f"{run.pipeline}, {run.annotation}, seed {run.seed}: {scores}"


def train_and_score(run: Run, parts: Parts, component: Dict[str, Any]) -> Dict[str, Any]:
    """Train a pipeline as `spacy train` does, with some settings of its component, and score it on the test part."""
    docs = {"train": parts.train[run.annotation], "dev": parts.dev, "test": parts.test}
    start = time.perf_counter()
    with TemporaryDirectory() as folder, open(os.devnull, "w") as silence:
        paths = {part: Path(folder) / f"{part}.spacy" for part in docs}
        for part, path in paths.items():
            DocBin(docs=docs[part]).to_disk(path)
        settings = {
            "paths.train": str(paths["train"]),
            "paths.dev": str(paths["dev"]),
            "system.seed": run.seed,
            "training.max_epochs": run.epochs,
            "training.batcher.size": run.batch_words,
            "training.eval_frequency": max(1, sum(map(len, docs["train"])) // run.batch_words),
        }
        config = spacy.util.load_config(PIPELINES[run.pipeline], overrides=settings, interpolate=False)
        config["components"][config["nlp"]["pipeline"][0]].update(component)
        train_nlp(init_nlp(config), Path(folder), stdout=silence, stderr=silence)
        figures = {part: scores_of(Path(folder) / part, paths["test"]) for part in PARTS}
    return {**figures, "seconds": round(time.perf_counter() - start, 1)}


def scores_of(model: Path, test: Path) -> Dict[str, float]:
    nlp = spacy.load(model)
    scores = nlp.evaluate(Corpus(test)(nlp))
    return {figure: scores[f"ents_{figure}"] for figure in "prf"}


def dsner_ec_zh(folder: Path) -> Parts:
    """Gold and dictionary; "UNK" in ds_pa is "O" in ds_fa. Tokens are characters."""
    nlp = spacy.blank("xx")
    format = ColumnFormat(separator="\t", missing="UNK")
    files = ("train", "ds_pa", "ds_fa", "dev", "test")
    gold, partial, full, dev, test = (list(read_columns(folder / "EC" / file, nlp, format)) for file in files)
    train = {
        "gold": gold,
        "dictionary, the rest missing": partial,
        "dictionary, the rest O": full,
        "gold and dictionary, its rest missing": gold + partial,
        "gold and dictionary, its rest O": gold + full,
    }
    return Parts(train, dev, test, ratio_of(gold))


def wikigold(folder: Path) -> Parts:
    """All entities, or half of them, with three readings of the rest."""
    docs = read_columns(folder / "CONLL-format/data/wikigold.conll.txt", spacy.blank("en"), ColumnFormat(scheme="IO"))
    train, dev, test = split_docs(docs, SHARES, SEED)
    ratio = ratio_of(train)
    train = {
        "all entities": train,
        "half, hidden ones O": hide(train, default="outside"),
        "half, hidden ones missing": hide(train, default="outside", mark=True),
        "half, all else missing": hide(train, default="missing"),
    }
    return Parts(train, dev, test, ratio)


def ratio_of(docs: List[Doc]) -> float:
    """The share of tokens inside entities."""
    return sum(len(ent) for doc in docs for ent in doc.ents) / sum(map(len, docs))


def hide(docs: List[Doc], *, default: str, mark: bool = False) -> List[Doc]:
    """Take entities away, the same ones in each call. The tokens of hidden ones become `default`, or missing if `mark`;
    those of no entity become `default`."""
    places = [(i, k) for i, doc in enumerate(docs) for k in range(len(doc.ents))]
    hidden = set(Random(SEED).sample(places, round(HIDDEN * len(places))))
    less = [doc.copy() for doc in docs]
    for i, doc in enumerate(less):
        known = [ent for k, ent in enumerate(doc.ents) if (i, k) not in hidden]
        lost = [ent for k, ent in enumerate(doc.ents) if (i, k) in hidden]
        doc.set_ents(known, missing=lost if mark else [], default=default)
    return less


CORPORA: Dict[str, Callable[[Path], Parts]] = {"dsner_ec_zh": dsner_ec_zh, "wikigold": wikigold}


def table_of(lines: List[Dict[str, Any]]) -> str:
    """Means over seeds in percent, and the lowest and the highest F1."""
    rows: Dict[tuple, List[Dict[str, Any]]] = {}
    for line in lines:
        rows.setdefault((line["pipeline"], line["annotation"]), []).append(line)
    header = ["pipeline", "annotation", "runs", "precision", "recall", "F1", "lowest to highest", "F1, last epoch"]
    table = [header, ["---"] * 2 + ["---:"] * (len(header) - 2)]
    for (pipeline, annotation), runs in rows.items():
        best = {figure: [100 * run["model-best"][figure] for run in runs] for figure in "prf"}
        means = [f"{statistics.mean(best[figure]):.1f}" for figure in "prf"]
        spread = f"{min(best['f']):.1f} to {max(best['f']):.1f}" if len(runs) > 1 else "one run"
        last = f"{statistics.mean(100 * run['model-last']['f'] for run in runs):.1f}"
        table.append([pipeline, annotation, str(len(runs)), *means, spread, last])
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


if __name__ == "__main__":
    typer.run(main)
