"""`python -m spacy bio-crf convert`: a corpus of any format to `.spacy`, or to any other format."""
import json
from itertools import chain
from pathlib import Path
from typing import List, Optional

import spacy
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus import FORMATS, Report, save_docs, split_docs
from ..corpus.formats import call, find_corpus, options_of
from ..errors import Errors
from ..tags import REPAIRS, SCHEMES
from .conversion import SEPARATORS, check_output, deal_options, parse_layers, target_format, watch
from .group import bio_crf_cli, clear_errors
from .report import print_report

SPLIT_NAMES = ("train", "dev", "test")
COLUMNS, TEXTS, SPLIT, REPORT = "Columns", "Other formats", "Output", "Report"
WRITABLE = ", ".join(format.name for format in FORMATS.values() if format.write)


@bio_crf_cli.command("convert", no_args_is_help=True)
def convert_cli(
    # fmt: off
    input_path: str = Arg(..., metavar="INPUT", help="A file or a folder; for addresses: train, dev or test"),
    output_path: Path = Arg(
        ..., metavar="OUTPUT", help="A .spacy file, or one of another format; with --split a folder"
    ),
    source: Optional[str] = Opt(
        None, "--from", "-f", "--format", help=f"What INPUT is: {', '.join(FORMATS)}; default: as it looks"
    ),
    lang: str = Opt("xx", "--lang", "-l", help="Language, for its tokenizer"),
    pattern: Optional[str] = Opt(None, "--pattern", help="Which files of a folder, such as 'train_*_full.json'"),
    encoding: Optional[str] = Opt(None, "--encoding", help="Encoding of a text; default: utf-8"),
    spans_key: Optional[str] = Opt(None, "--spans-key", help="Span group for the spans, in place of the entities"),
    scheme: Optional[str] = Opt(
        None, "--scheme", "-s", help=f"Scheme of the tags: {', '.join(SCHEMES)}; default: BIO", rich_help_panel=COLUMNS
    ),
    token_column: Optional[int] = Opt(
        None, "--token-column", help="Column of the token; -1 is the last; default: 0", rich_help_panel=COLUMNS
    ),
    tag_column: Optional[int] = Opt(
        None, "--tag-column", help="Column of the tag; default: -1", rich_help_panel=COLUMNS
    ),
    layer: List[str] = Opt(
        [],
        "--layer",
        help="NAME=COLUMN: a span group, and the column of its tags; may be repeated",
        rich_help_panel=COLUMNS,
    ),
    separator: Optional[str] = Opt(
        None, "--separator", help="tab, space, comma or any other; default: spaces and tabs", rich_help_panel=COLUMNS
    ),
    comment: Optional[str] = Opt(
        None, "--comment", help="What lines of comment begin with, such as '# '", rich_help_panel=COLUMNS
    ),
    missing: Optional[str] = Opt(
        None,
        "--missing",
        help="Tag of tokens that were not annotated, such as UNK; default: -",
        rich_help_panel=COLUMNS,
    ),
    label: Optional[str] = Opt(None, "--label", help="Label of bare tags (B, I)", rich_help_panel=COLUMNS),
    bare_labels: Optional[bool] = Opt(
        None, "--bare-labels", help="Tags are labels, without B or I", rich_help_panel=COLUMNS
    ),
    repair: Optional[str] = Opt(
        None, "--repair", help=f"Mend illegal tags: {', '.join(REPAIRS)}; default: fail", rich_help_panel=COLUMNS
    ),
    spaces: Optional[bool] = Opt(
        None, "--spaces/--no-spaces", help="Whether the language parts words by spaces", rich_help_panel=COLUMNS
    ),
    n_sents: Optional[int] = Opt(
        None,
        "--n-sents",
        "-n",
        min=0,
        help="Sentences of a doc; 0 for whole documents; default: 1",
        rich_help_panel=COLUMNS,
    ),
    file_tokens: Optional[bool] = Opt(
        None, "--file-tokens/--new-tokens", help="Keep the tokens of the file, or cut anew", rich_help_panel=TEXTS
    ),
    text_key: Optional[str] = Opt(
        None, "--text-key", help="Key of the text in JSON; default: text", rich_help_panel=TEXTS
    ),
    parts_key: Optional[str] = Opt(
        None, "--parts-key", help="parts: key of its parts; default: components", rich_help_panel=TEXTS
    ),
    size: Optional[int] = Opt(
        None, "--size", min=1, help="addresses: how many to make; default: 1000", rich_help_panel=TEXTS
    ),
    country: Optional[str] = Opt(None, "--country", help="addresses: us or fr; default: both", rich_help_panel=TEXTS),
    target: Optional[str] = Opt(
        None, "--to", "-t", help=f"What OUTPUT is: {WRITABLE}; default: by its end", rich_help_panel=SPLIT
    ),
    to_scheme: Optional[str] = Opt(
        None, "--to-scheme", help="Scheme of written columns; default: that of --scheme", rich_help_panel=SPLIT
    ),
    split: Optional[str] = Opt(
        None, "--split", help="Shares of train, dev and test, such as 0.8,0.1,0.1", rich_help_panel=SPLIT
    ),
    seed: int = Opt(0, "--seed", help="Seed of the split, and of addresses", rich_help_panel=SPLIT),
    strict: bool = Opt(
        False, "--strict", help="Fail on the first annotation that would be changed or lost", rich_help_panel=REPORT
    ),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON", rich_help_panel=REPORT),
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
        options = dict(
            encoding=encoding, spans_key=spans_key, scheme=scheme, token_column=token_column, tag_column=tag_column,
            layers=parse_layers(layer), separator=SEPARATORS.get(separator, separator), comment=comment, missing=missing,
            label=label, bare_labels=bare_labels, repair=repair, spaces=spaces, sentences_per_doc=n_sents,
            file_tokens=file_tokens, text_key=text_key, parts_key=parts_key, size=size, country=country,
        )  # fmt: skip
        nlp = spacy.blank(lang)
        shares = _parse_shares(split)
        to = target_format(target, output_path, folder=bool(shares))
        known, files = find_corpus(input_path, source, pattern)
        reading, writing = deal_options(options, known, to, [spans_key] if spans_key else [], to_scheme)
        if "seed" in options_of(known.read):
            reading["seed"] = seed
        paths = [output_path / f"{name}{to.endings[0]}" for name, _ in zip(SPLIT_NAMES, shares)] or [output_path]
        check_output(output_path, paths, files, folder=bool(shares))
        docs = chain.from_iterable(call(known.read, file, nlp, report=report, **reading) for file in files)
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
