"""`python -m spacy bio-crf convert`: a corpus of any format to `.spacy`, or to any other format."""
import json
from itertools import chain
from pathlib import Path
from typing import List, Optional

import spacy
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus import Report, save_docs, split_docs
from ..corpus.formats import find_corpus
from ..corpus.options import call, options_of
from ..errors import Errors
from .conversion import TO_HELP, check_output, deal_options, target_format, watch
from .group import bio_crf_cli, clear_errors
from .reading import Reading, reads_corpora
from .report import print_report

SPLIT_NAMES = ("train", "dev", "test")


@bio_crf_cli.command("convert", no_args_is_help=True)
@reads_corpora
def convert_cli(
    # fmt: off
    input_path: str = Arg(..., metavar="INPUT", help="A file or a folder; for addresses: train, dev or test"),
    output_path: Path = Arg(
        ..., metavar="OUTPUT", help="A .spacy file, or one of another format; with --split a folder"
    ),
    target: Optional[str] = Opt(None, "--to", "-t", help=TO_HELP),
    to_scheme: Optional[str] = Opt(None, "--to-scheme", help="Scheme of written columns; default: that of --scheme"),
    split: Optional[str] = Opt(None, "--split", help="Shares of train, dev and test, such as 0.8,0.1,0.1"),
    seed: int = Opt(0, "--seed", help="Seed of the split, and of addresses"),
    lang: str = Opt("xx", "--lang", "-l", help="Language, for its tokenizer"),
    spans_key: Optional[str] = Opt(None, "--spans-key", help="Span group for the spans, in place of the entities"),
    strict: bool = Opt(False, "--strict", help="Fail on the first annotation that would be changed or lost"),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    *,
    reading: Reading,
    # fmt: on
):
    """
    Convert a corpus of any format for training, or to another format.

    Examples:

    convert export.jsonl corpus/ --lang en --split 0.8,0.2

    convert train.tsv train.spacy --separator tab --scheme IOB1

    convert train.spacy train.jsonl --to doccano

    convert test test.spacy --from addresses --size 2000 --country fr --lang fr
    """
    report = Report(strict=strict)
    with clear_errors():
        nlp = spacy.blank(lang)
        shares = _parse_shares(split)
        to = target_format(target, output_path, folder=bool(shares))
        known, files = find_corpus(input_path, reading.source, reading.pattern)
        options = {**reading.options, "spans_key": spans_key}
        how, writing = deal_options(options, known, to, [spans_key] if spans_key else [], to_scheme)
        if "seed" in options_of(known.read):
            how["seed"] = seed
        names = [f"{name}{''.join(to.endings[:1])}" for name, _ in zip(SPLIT_NAMES, shares)]
        paths = [output_path / name for name in names] or [output_path]
        check_output(output_path, paths, files, known, folder=bool(shares))
        docs = chain.from_iterable(call(known.read, file, nlp, report=report, **how) for file in files)
        docs = list(watch(docs, "Converting", silent=as_json))
        outputs = dict(zip(paths, split_docs(docs, shares, seed) if shares else [docs]))
        save_docs(outputs, to.name, report=report, **writing)
    written = {str(path): len(docs) for path, docs in outputs.items()}
    if as_json:
        print(json.dumps({"written": written, **report.to_dict()}, ensure_ascii=False, indent=2))
    else:
        print_report(report, written)


def _parse_shares(split: Optional[str]) -> List[float]:
    try:
        shares = [float(share) for share in split.split(",")] if split else []
    except ValueError:
        shares = [0.0]
    if split and not (2 <= len(shares) <= len(SPLIT_NAMES) and all(shares)):
        raise ValueError(Errors.E602.format(split=split))
    return shares
