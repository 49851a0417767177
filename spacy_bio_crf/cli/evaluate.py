"""`python -m spacy bio-crf evaluate`: how good the spans of a pipeline are, and what goes wrong."""
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import spacy
from spacy.cli._util import import_code
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus.files import replacing
from ..errors import Errors
from ..evaluation import comparison_report, forms_of, span_report
from ..evaluation.extra import import_extra
from .component import CODE_HELP, read_examples
from .evaluate_page import render_report
from .evaluate_report import print_report
from .group import bio_crf_cli, clear_errors
from .judging import check_groups, judge_pipeline


@bio_crf_cli.command("evaluate", no_args_is_help=True)
def evaluate_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline with any component that predicts spans: the name of a package, or a folder"),
    corpora: List[Path] = Arg(..., metavar="CORPUS...", help="Annotated documents: .spacy files, or folders of them"),
    spans_keys: List[str] = Opt([], "--spans-key", help="Key of the span group to evaluate; may be repeated, for all of them together; default: the entities"),
    train: Optional[Path] = Opt(None, "--train", metavar="TRAIN", help="The training part, for figures on names that it has and has not"),
    against: Optional[str] = Opt(None, "--against", metavar="MODEL", help="Another pipeline to compare with, on the same documents"),
    worst: int = Opt(10, "--worst", "-n", min=0, help="How many mistakes to list, each way: the most confident, the least likely gold, the most frequent"),
    min_overlap: float = Opt(0.0, "--min-overlap", min=0, max=1, help="Share of a gold span that a predicted one must cover, to be matched with it at all"),
    samples: int = Opt(1000, "--samples", min=0, help="How often to draw documents anew, for intervals and the comparison; 0 for no intervals"),
    seed: int = Opt(0, "--seed", min=0, help="Seed of the draws"),
    output: Optional[Path] = Opt(None, "--output", "-o", help="JSON file to write: the whole report"),
    html: Optional[Path] = Opt(None, "--html", help="HTML file to write: one page that needs nothing else (with matplotlib)"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Evaluate the spans of a pipeline: entities, or a span group.

    Strict precision, recall and F1 are those of spaCy, seqeval and conlleval; the strict, exact, partial and type matching are those
    of nervaluate. Intervals of 95 % and the comparison draw whole documents. Where the pipeline gives probabilities, mistakes are
    listed by them.

    Examples:

    evaluate training/model-best test.spacy --train train.spacy --html report.html

    evaluate training/model-best test.spacy --against training/baseline --output metrics.json
    """
    with clear_errors():
        if against is not None and not samples:
            raise ValueError(Errors.E624)
        if html is not None:
            import_extra("matplotlib")
        import_code(code)
        if len({path.resolve() for path in corpora}) < len(corpora):
            raise ValueError(Errors.E626.format(parts=", ".join(map(str, corpora))))
        nlp = spacy.load(model)
        docs = judge_pipeline(nlp, corpora, spans_keys, silent=as_json)
        forms = None
        if train is not None:
            learned = [example.reference for example in read_examples(nlp, train)]
            check_groups(learned, spans_keys, [train])
            forms = forms_of(learned, spans_keys)
        settings = {"samples": samples, "seed": seed}
        report: Dict[str, Any] = {"model": model, "corpora": [str(path) for path in corpora], "spans_keys": spans_keys}
        report.update(span_report(docs, forms=forms, limit=worst, min_overlap=min_overlap, **settings))
        report["comparison"] = None
        if against is not None:
            others = judge_pipeline(spacy.load(against), corpora, spans_keys, silent=as_json)
            report["comparison"] = {"model": against, **comparison_report(docs, others, **settings)}
        report["written"] = [str(path) for path in (html, output) if path is not None]
        text = json.dumps(report, indent=2, ensure_ascii=False)
        if html is not None:
            _write(html, render_report(report))
        if output is not None:
            _write(output, text)
    if as_json:
        print(text)
    else:
        print_report(report)


def _write(path: Path, text: str) -> None:
    with replacing(path) as new:
        new.write_text(text, encoding="utf-8")
