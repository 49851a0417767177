"""`python -m spacy bio-crf convert`: a corpus of any format to `.spacy`, or to any other format."""
import json
from functools import partial
from itertools import chain
from pathlib import Path
from typing import List, Optional

import spacy
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus import FORMATS, Report, save_docs, split_docs
from ..corpus.formats import find_corpus
from ..corpus.options import call, options_of
from ..errors import Errors
from ..tags import REPAIRS, SCHEMES
from .conversion import SEPARATORS, TO_HELP, check_output, deal_options, parse_layers, target_format, watch
from .group import bio_crf_cli, clear_errors
from .report import print_report

SPLIT_NAMES = ("train", "dev", "test")
OfColumns, OfTexts = (partial(Opt, None, rich_help_panel=title) for title in ("Columns", "Other formats"))


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
    target: Optional[str] = Opt(None, "--to", "-t", help=TO_HELP),
    to_scheme: Optional[str] = Opt(None, "--to-scheme", help="Scheme of written columns; default: that of --scheme"),
    split: Optional[str] = Opt(None, "--split", help="Shares of train, dev and test, such as 0.8,0.1,0.1"),
    seed: int = Opt(0, "--seed", help="Seed of the split, and of addresses"),
    lang: str = Opt("xx", "--lang", "-l", help="Language, for its tokenizer"),
    pattern: Optional[str] = Opt(None, "--pattern", help="Which files of a folder, such as 'train_*_full.json'"),
    encoding: Optional[str] = Opt(None, "--encoding", help="Encoding of a text; default: utf-8"),
    spans_key: Optional[str] = Opt(None, "--spans-key", help="Span group for the spans, in place of the entities"),
    strict: bool = Opt(False, "--strict", help="Fail on the first annotation that would be changed or lost"),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    scheme: Optional[str] = OfColumns("--scheme", "-s", help=f"Scheme of the tags: {', '.join(SCHEMES)}; default: BIO"),
    token_column: Optional[int] = OfColumns("--token-column", help="Column of the token; -1 is the last; default: 0"),
    tag_column: Optional[int] = OfColumns("--tag-column", help="Column of the tag; default: -1"),
    layer: Optional[List[str]] = OfColumns(
        "--layer", help="NAME=COLUMN: a span group, and the column of its tags; may be repeated"
    ),
    separator: Optional[str] = OfColumns(
        "--separator", help="tab, space, comma or any other; default: spaces and tabs"
    ),
    comment: Optional[str] = OfColumns("--comment", help="What lines of comment begin with, such as '# '"),
    missing: Optional[str] = OfColumns(
        "--missing", help="Tag of tokens that were not annotated, such as UNK; default: -"
    ),
    label: Optional[str] = OfColumns("--label", help="Label of bare tags (B, I)"),
    bare_labels: Optional[bool] = OfColumns("--bare-labels", help="Tags are labels, without B or I"),
    repair: Optional[str] = OfColumns("--repair", help=f"Mend illegal tags: {', '.join(REPAIRS)}; default: fail"),
    spaces: Optional[bool] = OfColumns("--spaces/--no-spaces", help="Whether the language parts words by spaces"),
    n_sents: Optional[int] = OfColumns(
        "--n-sents", "-n", min=0, help="Sentences of a doc; 0 for whole documents; default: 1"
    ),
    file_tokens: Optional[bool] = OfTexts(
        "--file-tokens/--new-tokens", help="Keep the tokens of the file, or cut anew"
    ),
    text_key: Optional[str] = OfTexts("--text-key", help="Name of what holds the text; default: text"),
    parts_key: Optional[str] = OfTexts("--parts-key", help="parts: key of the parts; default: components"),
    tokens_key: Optional[str] = OfTexts("--tokens-key", help="datasets: column of the tokens; default: tokens"),
    tags_key: Optional[str] = OfTexts(
        "--tags-key", help="datasets: column of the tags; default: ner_tags, tags or labels"
    ),
    document_tag: Optional[str] = OfTexts("--document-tag", help="markup: what a document stands in; default: a line"),
    size: Optional[int] = OfTexts("--size", min=1, help="addresses: how many to make; default: 1000"),
    country: Optional[str] = OfTexts("--country", help="addresses: us or fr; default: both"),
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
            layers=parse_layers(layer or []), separator=SEPARATORS.get(separator, separator), comment=comment,
            missing=missing, label=label, bare_labels=bare_labels, repair=repair, spaces=spaces,
            sentences_per_doc=n_sents, file_tokens=file_tokens, text_key=text_key, parts_key=parts_key,
            tokens_key=tokens_key, tags_key=tags_key, document_tag=document_tag, size=size, country=country,
        )  # fmt: skip
        nlp = spacy.blank(lang)
        shares = _parse_shares(split)
        to = target_format(target, output_path, folder=bool(shares))
        known, files = find_corpus(input_path, source, pattern)
        reading, writing = deal_options(options, known, to, [spans_key] if spans_key else [], to_scheme)
        if "seed" in options_of(known.read):
            reading["seed"] = seed
        names = [f"{name}{''.join(to.endings[:1])}" for name, _ in zip(SPLIT_NAMES, shares)]
        paths = [output_path / name for name in names] or [output_path]
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
