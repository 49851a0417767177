"""The corpora of benchmarks/accuracy.py: all systems get the tokens of these docs. Splits are those of projects/.

    python benchmarks/corpora.py /path/to/corpora wnut17

writes the parts of one as corpus/wnut17/{train,dev,test}.spacy, for the other benchmarks and project.yml.
"""
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple

import spacy
import typer
from spacy.tokens import Doc

from spacy_bio_crf.corpus import ColumnFormat, read_columns, read_snips, read_usaddress, save_docs, split_docs
from spacy_bio_crf.corpus.files import find_files

SEED = 0  # of the splits, whatever the seed of a run
TABS = ColumnFormat(separator="\t")


class Parts(NamedTuple):
    lang: str
    train: List[Doc]
    dev: List[Doc]
    test: List[Doc]


def columns(folder: Path, files: List[str], lang: str = "en", format: ColumnFormat = TABS, **settings: str) -> Parts:
    """A file for each part."""
    nlp = spacy.blank(lang)
    return Parts(lang, *(list(read_columns(folder / file, nlp, format, **settings)) for file in files))


def wnut17(corpora: Path) -> Parts:
    return columns(corpora / "wnut17", ["wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"])


def bc5cdr(corpora: Path) -> Parts:
    return columns(corpora / "bc5cdr", ["train.tsv", "devel.tsv", "test.tsv"])


def crossner(corpora: Path, domain: str) -> Parts:
    return columns(corpora / "crossner" / domain, ["train.txt", "dev.txt", "test.txt"])


def uner_da_ddt(corpora: Path) -> Parts:
    files = [f"da_ddt-ud-{part}.iob2" for part in ("train", "dev", "test")]
    format = ColumnFormat(separator="\t", token_column=1, tag_column=2, comment="# ")
    return columns(corpora / "uner_da_ddt", files, "da", format, repair="begin")


def wikigold(corpora: Path, seed: int = SEED) -> Parts:
    file = corpora / "wikigold/CONLL-format/data/wikigold.conll.txt"
    docs = read_columns(file, spacy.blank("en"), ColumnFormat(scheme="IO"))
    return Parts("en", *split_docs(docs, (0.7, 0.1, 0.2), seed))


def snips(corpora: Path) -> Parts:
    nlp = spacy.blank("en")

    def read(pattern: str) -> List[Doc]:
        return list(chain.from_iterable(read_snips(file, nlp) for file in find_files(corpora / "snips", pattern)))

    return Parts("en", *split_docs(read("train_*_full.json"), (0.95, 0.05), SEED), read("validate_*.json"))


def usaddress(corpora: Path) -> Parts:
    nlp, folder = spacy.blank("en"), corpora / "usaddress"
    train, dev = split_docs(read_usaddress(folder / "labeled.xml", nlp), (0.9, 0.1), SEED)
    return Parts("en", train, dev, list(read_usaddress(folder / "measure_performance/test_data/labeled.xml", nlp)))


DOMAINS = ("politics", "science", "music", "literature", "ai")
CORPORA: Dict[str, Callable[[Path], Parts]] = {
    "usaddress": usaddress,
    **{f"crossner_{domain}": partial(crossner, domain=domain) for domain in DOMAINS},
    "wikigold": wikigold,
    "wnut17": wnut17,
    "uner_da_ddt": uner_da_ddt,
    "snips": snips,
    "bc5cdr": bc5cdr,
}


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    name: str = typer.Argument(..., help=f"Name of a corpus: {', '.join(CORPORA)}"),
    output: Path = typer.Option(Path("corpus"), help="Folder for a folder of that name"),
):
    if name not in CORPORA:
        raise typer.BadParameter(f"Expected one of {', '.join(CORPORA)}, but found {name}")
    _, *parts = CORPORA[name](corpora)
    save_docs({output / name / f"{part}.spacy": docs for part, docs in zip(("train", "dev", "test"), parts)})


if __name__ == "__main__":
    typer.run(main)
