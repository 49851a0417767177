"""`python -m spacy bio-crf show`: what a model sees in a text, how sure it is, and what else it could be."""
import json
from math import isinf
from pathlib import Path
from typing import Any, Dict, Iterable, Optional

from spacy.language import Language
from spacy.tokens import Span
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus.files import replacing
from ..evaluation import scored_spans
from ..pipeline.decisions import Decision, decisions
from .component import CODE_HELP, COMPONENT_HELP, changed, load_component
from .group import bio_crf_cli, clear_errors
from .show_report import print_report, render_report
from .texts import check_text

Report = Dict[str, Any]


@bio_crf_cli.command("show", no_args_is_help=True)
def show_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: the name of a package, or a folder"),
    text: str = Arg(..., metavar="TEXT", help="The text to show"),
    alternatives: int = Opt(5, "--alternatives", "-n", min=1, help="How many whole analyses to show"),
    likely: float = Opt(0.05, "--likely", min=0.0001, max=1, help="Show all spans with at least this probability, overlapping ones too"),
    html: Optional[Path] = Opt(None, "--html", help="HTML file to write, in place of the tables on the terminal"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    chain: Optional[str] = Opt(None, "--chain", help="Name of the chain; needed where the component has several"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Show what a model sees in a text: its spans, the tag of every token with the runner-up and the transition that decided, other spans
    that are likely, and other analyses of the whole text, all with their probabilities.

    Examples:

    show training/model-best "12 Main Street, Springfield"

    show training/model-best "12 Main Street, Springfield" --alternatives 10 --html main.html
    """
    with clear_errors():
        check_text(text)
        nlp, name = load_component(model, component, code)
        report = {"component": name, "chain": chain, **_report(nlp, name, chain, text, alternatives, likely)}
        report["written"] = [] if html is None else [str(html)]
        if html is not None:
            with replacing(html) as path:
                path.write_text(render_report(report), encoding="utf-8")
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print_report(report)


def _report(nlp: Language, name: str, chain: Optional[str], text: str, n_best: int, likely: float) -> Report:
    tagger = nlp.get_pipe(name)
    with nlp.select_pipes(disable=nlp.pipe_names[nlp.pipe_names.index(name) :]):
        doc = nlp(text)
    posterior, tokens = decisions(tagger, doc, chain=chain)
    candidates = posterior.candidates(likely)
    report = {
        "text": doc.text,
        "tokens": [_token(one) for one in tokens],
        "likely": _spans(zip(candidates, candidates.attrs["scores"])),
        "analyses": [
            {"probability": one.probability, "spans": _spans((span, None) for span in one.spans)}
            for one in posterior.alternatives(n_best)
        ],
        "entropy": posterior.entropy(),
        "calibrated": tagger.settings_of(chain)["calibration"] is not None,
    }
    with changed(tagger, scores=True):
        predicted = tagger(doc)
    report["spans"] = _spans(scored_spans(predicted, tagger.scores_key_of(tagger.chain(chain))))
    return report


def _token(one: Decision) -> Report:
    told = {"token": one.token.i, "text": one.token.text, "tag": one.tag[0], "probability": one.tag[1]}
    told.update(runner_up=one.runner_up[0], runner_up_probability=one.runner_up[1], alone=one.alone)
    forbidden = one.score is not None and isinf(one.score)
    return {**told, "transition": one.transition, "score": None if forbidden else one.score, "forbidden": forbidden}


def _spans(rows: Iterable[Any]) -> Any:
    return [_span(span, score) for span, score in rows]


def _span(span: Span, score: Optional[float]) -> Report:
    told = {"start": span.start_char, "end": span.end_char, "label": span.label_, "text": span.text}
    return told if score is None else {**told, "probability": float(score)}
