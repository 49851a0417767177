"""`python -m spacy bio-crf export`: what a pipeline predicts, in any format."""
import json
from itertools import chain
from pathlib import Path
from typing import Iterator, List, Optional, Union

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus import Report, save_docs
from ..corpus.annotate import unannotated
from ..corpus.formats import Format, find_corpus
from ..corpus.options import call, check_options, options_of
from ..errors import Errors
from ..tags import SCHEMES
from .conversion import TO_HELP, check_output, deal_options, target_format, watch
from .group import bio_crf_cli, clear_errors
from .reading import SEPARATORS, Reading, reads_corpora
from .report import print_report
from .texts import read_texts


@bio_crf_cli.command("export", no_args_is_help=True)
@reads_corpora
def export_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: a package or a folder"),
    input_path: Path = Arg(
        ...,
        metavar="INPUT",
        help="Documents: a .spacy file, JSON lines with a text, or a document a line; with --from a corpus",
    ),
    output_path: Path = Arg(..., metavar="OUTPUT", help="The file to write; for brat a folder"),
    target: Optional[str] = Opt(None, "--to", "-t", help=TO_HELP),
    spans_key: Optional[List[str]] = Opt(
        None, "--spans-key", help="Span group to write, in place of the entities; may be repeated"
    ),
    to_scheme: Optional[str] = Opt(
        None, "--to-scheme", help=f"Scheme of written columns: {', '.join(SCHEMES)}; default: BIO"
    ),
    to_separator: Optional[str] = Opt(
        None, "--to-separator", help="What parts written columns: tab, space, comma or any other; default: tab"
    ),
    batch_size: Optional[int] = Opt(
        None, "--batch-size", min=1, help="Documents of a batch; default: that of the pipeline"
    ),
    n_process: int = Opt(1, "--n-process", min=1, help="Processes"),
    strict: bool = Opt(False, "--strict", help="Fail on the first annotation that would be lost"),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    *,
    reading: Reading,
    # fmt: on
):
    """
    Write what a pipeline predicts, for people to look at or correct, with probabilities where the format has room.

    Examples:

    export training/model-best texts.txt predictions.jsonl --to prodigy

    export training/model-best test.spacy predictions.tsv --to-scheme BIOES

    export training/model-best test.tsv predictions.tsv --from columns --separator tab
    """
    report = Report(strict=strict)
    with clear_errors():
        to = target_format(target, output_path)
        if to_separator:
            check_options(["separator"], to.name, options_of(to.write))
        options = dict(separator=SEPARATORS.get(to_separator, to_separator))
        _, writing = deal_options(options, to, to, spans_key or [], to_scheme)
        known, files = find_corpus(input_path, reading.source, reading.pattern) if reading.source else (None, [input_path])
        check_output(output_path, [output_path], files, known, folder=False)
        nlp = spacy.load(model)
        texts = _read_corpus(nlp, known, files, reading) if known else _read_texts(nlp, input_path, reading)
        docs = map(report.add_doc, nlp.pipe(texts, batch_size=batch_size, n_process=n_process))
        save_docs({output_path: watch(docs, "Predicting", silent=as_json)}, to.name, report=report, **writing)
    written = {str(output_path): report.documents}
    if as_json:
        print(json.dumps({"written": written, **report.to_dict()}, ensure_ascii=False, indent=2))
    else:
        print_report(report, written)


def _read_texts(nlp: Language, path: Path, reading: Reading) -> Iterator[Union[str, Doc]]:
    """RAISES (ValueError): There is no such file, or an option that only corpora have."""
    check_options(reading.options, "a file of texts (without --from)", set())
    if not path.is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if path.is_dir() else "nothing"))
    return (text for text, _ in read_texts(path, nlp.vocab))


def _read_corpus(nlp: Language, format: Format, files: List[Path], reading: Reading) -> Iterator[Union[str, Doc]]:
    """The annotation is left out, so that illegal tags do no harm."""
    known = options_of(format.read)
    check_options(reading.options, format.name, known)
    options = {**({"repair": "begin"} if "repair" in known else {}), **reading.options}
    docs = chain.from_iterable(call(format.read, file, nlp, report=Report(), **options) for file in files)
    return (unannotated(doc) if format.tokens or doc.has_unknown_spaces else doc.text for doc in docs)
