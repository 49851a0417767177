"""`python -m spacy bio-crf convert`: foreign corpora to `.spacy` or to columns."""
import json
from enum import Enum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Iterable, Iterator, List, Optional

import spacy
from typer import Argument as Arg
from typer import Option as Opt
from rich.console import Console
from rich.progress import track
from spacy.tokens import Doc

from ..corpus import (
    ColumnFormat,
    Report,
    address_docs,
    read_columns,
    read_parts,
    read_snips,
    read_usaddress,
    save_docs,
    split_docs,
)
from ..corpus.files import find_files
from ..corpus.save import SPACY
from ..errors import Errors
from ..tags import REPAIRS, SCHEMES
from .group import bio_crf_cli, clear_errors
from .report import print_report

SEPARATORS = {"tab": "\t", "space": " ", "comma": ","}
SPLIT_NAMES = ("train", "dev", "test")
COLUMNS = (
    ".tsv", ".txt", ".conll",
    ".iob", ".iob1", ".iob2", ".io", ".bio", ".bioes", ".iobes", ".biluo", ".bilou", ".bmes",
)  # fmt: skip


class Format(str, Enum):
    columns = "columns"
    parts = "parts"
    usaddress = "usaddress"
    snips = "snips"
    addresses = "addresses"


@bio_crf_cli.command("convert", no_args_is_help=True)
def convert_cli(
    # fmt: off
    input_path: str = Arg(..., metavar="INPUT", help="A file or a folder; for addresses: train, dev or test"),
    output_path: Path = Arg(..., metavar="OUTPUT", help=f"A .spacy file, or one of columns: {', '.join(COLUMNS)}; with --split a folder"),
    format: Format = Opt(Format.columns, "--format", "-f", help="What INPUT is"),
    lang: str = Opt("xx", "--lang", "-l", help="Language, for its tokenizer"),
    pattern: str = Opt("*", "--pattern", help="Which files of a folder, such as 'train_*_full.json'"),
    encoding: str = Opt("utf-8", "--encoding", help="Encoding of columns or parts"),
    scheme: str = Opt("BIO", "--scheme", "-s", help=f"columns: scheme of the tags: {', '.join(SCHEMES)}"),
    token_column: int = Opt(0, "--token-column", help="columns: column of the token; -1 is the last"),
    tag_column: int = Opt(-1, "--tag-column", help="columns: column of the tag"),
    separator: Optional[str] = Opt(None, "--separator", help="columns: tab, space, comma or any other; default: spaces and tabs"),
    comment: Optional[str] = Opt(None, "--comment", help="columns: what lines of comment begin with, such as '# '"),
    missing: str = Opt("-", "--missing", help="columns: tag of tokens that were not annotated, such as UNK"),
    label: Optional[str] = Opt(None, "--label", help="columns: label of bare tags (B, I)"),
    repair: Optional[str] = Opt(None, "--repair", help=f"columns: mend illegal tags: {', '.join(REPAIRS)}; default: fail"),
    spaces: bool = Opt(True, "--spaces/--no-spaces", help="columns: whether the language parts words by spaces"),
    n_sents: int = Opt(1, "--n-sents", "-n", min=0, help="columns: sentences of a doc; 0 for whole documents"),
    text_key: str = Opt("text", "--text-key", help="parts: key of the text"),
    parts_key: str = Opt("components", "--parts-key", help="parts: key of its parts"),
    file_tokens: bool = Opt(True, "--file-tokens/--new-tokens", help="usaddress: keep the tokens of the file, or cut anew"),
    size: int = Opt(1000, "--size", min=1, help="addresses: how many to make"),
    country: Optional[str] = Opt(None, "--country", help="addresses: us or fr; default: both"),
    to_scheme: Optional[str] = Opt(None, "--to-scheme", help="Scheme of written columns; default: that of --scheme"),
    split: Optional[str] = Opt(None, "--split", help="Shares of train, dev and test, such as 0.8,0.1,0.1"),
    seed: int = Opt(0, "--seed", help="Seed of the split, and of addresses"),
    strict: bool = Opt(False, "--strict", help="Fail on the first repair or unaligned part"),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Convert a corpus for training.

    Examples:

    convert train.tsv train.spacy --separator tab --scheme IOB1

    convert addresses.jsonl corpus/ --format parts --lang en --split 0.8,0.1,0.1

    convert labeled.xml train.spacy --format usaddress

    convert test test.spacy --format addresses --size 2000 --country fr --lang fr
    """
    report = Report()
    layout = dict(separator=SEPARATORS.get(separator, separator), missing=missing, encoding=encoding)
    with clear_errors():
        nlp = spacy.blank(lang)
        columns = ColumnFormat(scheme, token_column, tag_column, comment=comment, label=label, **layout)
        read = {
            Format.columns: partial(
                read_columns, format=columns, repair=repair, spaces=spaces, sentences_per_doc=n_sents
            ),
            Format.parts: partial(read_parts, text_key=text_key, parts_key=parts_key, encoding=encoding),
            Format.usaddress: partial(read_usaddress, file_tokens=file_tokens),
            Format.snips: read_snips,
        }
        files = [] if format == Format.addresses else find_files(input_path, pattern)
        if format == Format.addresses:
            docs = address_docs(nlp, input_path, size, seed, country, report=report)
        else:
            docs = chain.from_iterable(read[format](file, nlp, report=report) for file in files)
        shares = _parse_shares(split)
        paths = _output_paths(output_path, shares)
        _check_output(output_path, paths, files, folder=bool(shares))
        docs = list(_watch(docs, report, strict=strict, silent=as_json))
        outputs = dict(zip(paths, split_docs(docs, shares, seed) if shares else [docs]))
        save_docs(outputs, ColumnFormat(to_scheme or scheme, **layout))
    written = {str(path): len(docs) for path, docs in outputs.items()}
    if as_json:
        print(json.dumps({"written": written, **report.to_dict()}, ensure_ascii=False, indent=2))
    else:
        print_report(report, written)


def _watch(docs: Iterable[Doc], report: Report, *, strict: bool, silent: bool) -> Iterator[Doc]:
    """Show progress, and stop at the first loss of annotation if need be."""
    console = Console(stderr=True)
    for doc in track(docs, "Converting", console=console, transient=True, disable=silent or not console.is_terminal):
        if strict and not report.faithful:
            kind = next(iter([*report.repairs, *report.unaligned]))
            raise ValueError(Errors.E601.format(kind=kind, example=report.examples[kind][0]))
        yield doc


def _parse_shares(split: Optional[str]) -> List[float]:
    try:
        shares = [float(share) for share in split.split(",")] if split else []
    except ValueError:
        shares = [0.0]
    if split and not (2 <= len(shares) <= len(SPLIT_NAMES) and all(shares)):
        raise ValueError(Errors.E602.format(split=split))
    return shares


def _output_paths(path: Path, shares: List[float]) -> List[Path]:
    return [path / f"{name}{SPACY}" for name, _ in zip(SPLIT_NAMES, shares)] or [path]


def _check_output(output: Path, paths: List[Path], inputs: List[Path], *, folder: bool) -> None:
    """Before the work, not after it."""

    def refuse(path: Path, found: str, expected: str) -> None:
        raise ValueError(Errors.E603.format(path=path, found=found, expected=expected))

    if folder and output.is_file():
        refuse(output, "a file", "a folder, for the files of the splits")
    if not folder and output.is_dir():
        refuse(output, "a folder", "a file, or the option --split")
    if not folder and output.suffix not in (SPACY, *COLUMNS):
        known = f"a path that ends in {SPACY}, or, for columns, in {', '.join(COLUMNS)}; for a folder, add --split"
        refuse(output, "not clear from its end what it should be", known)
    for path in paths:
        if path.exists() and any(file.exists() and file.samefile(path) for file in inputs):
            refuse(path, "a file of the input", "another path")
