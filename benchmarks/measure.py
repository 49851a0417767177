"""One process of benchmarks/speed.py: measures one system, and prints its figures as JSON."""
import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import typer
from peers import CHAINS, PIPELINES
from peers.timing import peak_mb
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from turns import first_words

from spacy_bio_crf.crf import cpu


def main(name: str, corpus: Path = typer.Option(None), words: int = typer.Option(10_000)):
    peer = {**PIPELINES, **CHAINS}[name]
    parts = []
    if corpus:
        labelled, test = (read(corpus / f"{part}.spacy") for part in ("train", "test"))
        parts = [labelled, first_words(labelled, words), first_words(test, words)]
    module = import_module(f"peers.{peer.module}")
    before = peak_mb()
    figures = module.measure(name, *parts)
    packages = ["spacy-bio-crf", "spacy", "thinc", "numpy", *(package.split("[")[0] for package in peer.needs.values())]
    versions = {package: version(package) for package in packages}
    machine = {"instruction_set": cpu.instruction_sets()[0], "versions": versions}
    print(json.dumps({**figures, "peak_mb": peak_mb() - before, **machine}))


def read(path: Path) -> list:
    return list(DocBin().from_disk(path).get_docs(Vocab()))


if __name__ == "__main__":
    typer.run(main)
