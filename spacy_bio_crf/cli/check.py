"""`python -m spacy bio-crf check`: what is odd about a corpus, before anything is trained on it."""
import json
from enum import Enum
from pathlib import Path
from typing import Dict, List, Optional

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from typer import Argument as Arg
from typer import Exit
from typer import Option as Opt

from ..corpus import Report, read_corpus
from ..corpus.formats import find_corpus
from ..corpus.options import options_of
from ..errors import Errors
from ..evaluation.check import (
    Findings,
    check_document,
    check_parts,
    check_strings,
    check_tokenizer,
    mend_orphans,
    statistics,
)
from ..tags import SCHEMES, get_scheme
from .check_model import check_model
from .check_report import print_report
from .component import CODE_HELP, COMPONENT_HELP, load_component, watch
from .group import bio_crf_cli, clear_errors
from .reading import Reading, reads_corpora


class FailOn(str, Enum):
    error = "error"
    warning = "warning"
    note = "note"
    never = "never"


@bio_crf_cli.command("check", no_args_is_help=True)
@reads_corpora
def check_cli(
    # fmt: off
    corpora: List[Path] = Arg(..., metavar="TRAIN [DEV] [TEST]", help="The parts of a corpus, that of training first: files or folders of any format that bio-crf convert reads"),
    spans_key: Optional[str] = Opt(None, "--spans-key", help="Key of the span group to check; default: the only --layer, or the entities"),
    component_scheme: Optional[str] = Opt(None, "--component-scheme", help=f"Scheme of the component: {', '.join(SCHEMES)}; default: that of --scheme"),
    lang: str = Opt("xx", "--lang", "-l", help="Language, for its tokenizer; with --model, that of the model"),
    model: Optional[str] = Opt(None, "--model", metavar="MODEL", help="A trained pipeline: check against its tokenizer, labels, rules and thresholds"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    fail_on: FailOn = Opt(FailOn.warning, "--fail-on", help="The mildest findings that count as problems, for exit code 1"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    *,
    reading: Reading,
    # fmt: on
):
    """
    Check a corpus: illegal tags, overlaps, spans that cut tokens (with the tokenizer rule that would mend it), odd edges, duplicates,
    leaks between the parts, labels that training lacks, contradictions.

    Findings are errors (the component cannot learn or predict that), warnings (figures would flatter or mislead) and notes (worth a look).
    The exit code is 1 if there are problems, see --fail-on, and 0 if there are none.

    Examples:

    check train.spacy dev.spacy test.spacy --lang en

    check train.conll dev.conll --separator tab --tag-column 2 --scheme IOB1 --fail-on error --json

    check train.spacy dev.spacy --model training/model-best
    """
    findings = Findings()
    with clear_errors():
        rules = get_scheme(component_scheme or reading.options.get("scheme", "BIO"))
        spans_key = spans_key or _only_layer(reading)
        if len({path.resolve() for path in corpora}) < len(corpora):
            raise ValueError(Errors.E626.format(parts=", ".join(map(str, corpora))))
        if component and model is None:
            raise ValueError(Errors.E632.format(option="--component"))
        nlp, name = (spacy.blank(lang), None) if model is None else load_component(model, component, code)
        parts = {
            part: _read(nlp, part, path, reading, spans_key, findings, silent=as_json) for part, path in _names(corpora).items()
        }
        _check_group(parts, spans_key)
        known: Dict = {}
        for part, docs in parts.items():
            for doc in watch(docs, f"Checking {part}", len(docs), silent=as_json):
                check_document(doc, spans_key, rules, part, findings)
                check_tokenizer(nlp, doc, spans_key, part, findings, known)
        check_parts(parts, spans_key, findings)
        check_strings(parts, spans_key, findings)
        if name is not None:
            check_model(nlp, name, parts, spans_key, findings, silent=as_json)
    problems = [] if fail_on == FailOn.never else findings.worse_or_equal(fail_on.value)
    report = {
        "parts": {part: statistics(docs, spans_key) for part, docs in parts.items()},
        "findings": [finding.to_dict() for finding in findings.sorted()],
        "problems": sum(finding.count for finding in problems),
        "fail_on": fail_on.value,
    }
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print_report(report)
    if problems:
        raise Exit(1)


class _MendingReport(Report):
    """A report that sees each document first, and mends what spaCy would refuse to count."""

    def __init__(self, part: str, findings: Findings):
        super().__init__()
        self._part, self._findings = part, findings

    def add_doc(self, doc: Doc) -> Doc:
        return super().add_doc(mend_orphans(doc, self._part, self._findings))


def _names(paths: List[Path]) -> Dict[str, Path]:
    """The parts by the names of their files, or by their paths where these are the same."""
    stems = [path.stem for path in paths]
    return dict(zip(stems if len(set(stems)) == len(stems) else map(str, paths), paths))


def _only_layer(reading: Reading) -> Optional[str]:
    """RAISES (ValueError): There are several."""
    layers = list(reading.options.get("layers", ()))
    if len(layers) > 1:
        raise ValueError(Errors.E629.format(layers=", ".join(layers)))
    return layers[0] if layers else None


def _check_group(parts: Dict[str, List[Doc]], key: Optional[str]) -> None:
    """RAISES (ValueError): No document has this span group."""
    groups = {name for docs in parts.values() for doc in docs for name in doc.spans}
    if key is not None and key not in groups:
        raise ValueError(Errors.E630.format(key=key, known=", ".join(sorted(groups)) or "none"))


def _read(
    nlp: Language, part: str, path: Path, reading: Reading, spans_key: Optional[str], findings: Findings, *, silent: bool
) -> List[Doc]:
    """Read a part, and take over what its reader found. Illegal tags are findings, and no errors, where they can be mended."""
    report = _MendingReport(part, findings)
    known = find_corpus(path, reading.source, reading.pattern)[0]
    defaults = {name: value for name, value in (("repair", "begin"), ("spans_key", spans_key)) if name in options_of(known.read)}
    options = {**defaults, **reading.options}
    made = read_corpus(path, nlp, known.name, pattern=reading.pattern, report=report, **options)
    docs = list(watch(made, f"Reading {part}", silent=silent))
    for found, kind in ((report.repairs, ""), (report.unaligned, "unaligned"), (report.notes, "reader")):
        for name, count in found.items():
            first, *others = report.examples.get(name, [""])
            told = f"{name}: " if kind else ""
            findings.add(kind or name, part, told + first, count)
            for example in others:
                findings.add(kind or name, part, told + example, 0)
    return docs
