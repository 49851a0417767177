"""`python -m spacy bio-crf explain`: which features and transitions speak for and against each tag."""
import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus.files import replacing
from ..errors import Errors
from ..pipeline.conditions import preset_tokens
from ..pipeline.explain import Explanation, Weights, check_tag, compare, explain, weights
from ..pipeline.tagger import BioCrfTagger
from .component import CODE_HELP, COMPONENT_HELP, load_component, watch
from .explain_report import print_report, render_report
from .group import bio_crf_cli, clear_errors
from .texts import check_text, read_texts

Parts = Iterable[Tuple[str, float]]
Report = Dict[str, Any]
MOST_PROBABLE = 5
ON_TOP = "Rules, demands and preset entities act on top of these scores. The probabilities take them into account."


@bio_crf_cli.command("explain", no_args_is_help=True)
def explain_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline with window features: the name of a package, or a folder"),
    text: Optional[str] = Arg(None, metavar="TEXT", help="The text to explain; with --weights it may be left out"),
    token: Optional[List[str]] = Opt(None, "--token", help="Explain this token only, by its text or its index; may be given several times"),
    tag: Optional[str] = Opt(None, "--tag", help="A tag to compare with the predicted one, such as B-LOC; default: the predicted tag is compared with the most probable other one"),
    per_tag: bool = Opt(False, "--per-tag", help=f"Show the scores of the {MOST_PROBABLE} most probable tags, or of --tag, rather than a difference"),
    show_weights: bool = Opt(False, "--weights", help="Show what the model has learned, rather than explain a text: the strongest transitions, and features of each tag"),
    texts: Optional[Path] = Opt(None, "--texts", metavar="FILE", help="With --weights: documents whose features are named, since a model holds no names: .spacy, .jsonl with a \"text\" a line, or any other file with one text a line"),
    top: int = Opt(10, "--top", min=0, help="How many features and transitions to show in each table, the strongest (with --weights, for and against); 0 for all"),
    html: Optional[Path] = Opt(None, "--html", help="HTML file to write, in place of the tables on the terminal"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    chain: Optional[str] = Opt(None, "--chain", help="Name of the chain; needed where the component has several"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Explain the tags that a linear model predicts: what each feature and each transition speaks for, in nats.

    By default the predicted tag of each token is compared with the most probable other one; what speaks for it is
    positive. A table adds up to the difference in the score of the analysis if this token alone had the other tag.

    Examples:

    explain training/model-best "12 Main Street, Springfield" --token Main --html main.html

    explain training/model-best --weights --texts dev.spacy --tag B-street
    """
    with clear_errors():
        _check_options(show_weights, {"--token": bool(token), "--per-tag": per_tag}, {"--texts": texts is not None})
        if not show_weights and not (text or "").strip():
            raise ValueError(Errors.E620.format(text=text or ""))
        if text:
            check_text(text)
        nlp, name = load_component(model, component, code)
        tagger = nlp.get_pipe(name)
        report: Report = {"component": name, "chain": chain, "notes": []}
        if show_weights:
            read = [] if texts is None else watch(read_texts(texts, nlp.vocab), "Reading", silent=as_json)
            docs = _before(nlp, name, [*(one for one, _ in read), *([text] if text else [])])
            report.update(_report_weights(tagger, chain, docs, tag, top))
        else:
            (doc,) = _before(nlp, name, [text])
            report.update(_report_text(tagger, chain, doc, token or [], tag, per_tag, top))
        report["written"] = [] if html is None else [str(html)]
        if html is not None:
            with replacing(html) as path:
                path.write_text(render_report(report), encoding="utf-8")
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print_report(report)


def _check_options(show_weights: bool, without: Dict[str, bool], only_with: Dict[str, bool]) -> None:
    for options, how in ((without, "without"), (only_with, "with")):
        for option, given in options.items():
            if given and show_weights == (how == "without"):
                raise ValueError(Errors.E622.format(option=option, how=how))


def _before(nlp: Language, name: str, texts: Iterable[Any]) -> Iterable[Doc]:
    """Documents as they come to the component."""
    with nlp.select_pipes(disable=nlp.pipe_names[nlp.pipe_names.index(name) :]):
        yield from nlp.pipe(texts)


def _report_text(
    tagger: BioCrfTagger,
    chain: Optional[str],
    doc: Doc,
    wanted: Sequence[str],
    tag: Optional[str],
    per_tag: bool,
    top: int,
) -> Report:
    explanations = _choose(explain(tagger, doc, chain=chain), wanted)
    tables = _scores if per_tag else _comparison
    tokens = [
        {"token": one.token.i, "text": one.token.text, "predicted": one.tag, "tables": tables(one, tag, top)}
        for one in explanations
    ]
    constrained = any(tagger.cfg["constraints"].values()) or preset_tokens(doc) is not None
    return {"text": doc.text, "tokens": tokens, "notes": [ON_TOP] if constrained else []}


def _choose(explanations: List[Explanation], wanted: Sequence[str]) -> List[Explanation]:
    """The tokens that are wanted, by their texts, else by their index; all of them if none is named."""
    texts = [one.token.text for one in explanations]
    places = {str(one.token.i) for one in explanations}
    for each in wanted:
        if each not in texts and each not in places:
            raise ValueError(Errors.E621.format(token=each, tokens=" ".join(texts)))
    indexes = {each for each in wanted if each not in texts}
    return [one for one in explanations if not wanted or one.token.text in wanted or str(one.token.i) in indexes]


def _comparison(one: Explanation, tag: Optional[str], top: int) -> List[Report]:
    """One table: a tag against another."""
    chosen, rival, parts, total = compare(one, tag)
    probability = dict(zip(one.tags, one.probabilities.tolist()))
    heading = {"tag": chosen, "probability": probability[chosen]}
    heading.update(rival=rival, rival_probability=probability[rival], total=_finite(total))
    return [{**heading, **_strongest(parts, top, chosen, rival)}]


def _scores(one: Explanation, tag: Optional[str], top: int) -> List[Report]:
    """A table for each of the most probable tags."""
    check_tag(tag, one.tags)
    order = numpy.argsort(-one.probabilities, kind="stable")[:MOST_PROBABLE].tolist()
    tables = []
    for chosen in order if tag is None else [one.tags.index(tag)]:
        scores = one.scores[:, chosen].tolist()
        heading = {"tag": one.tags[chosen], "probability": float(one.probabilities[chosen])}
        parts = _strongest(zip(one.parts, scores), top, one.tags[chosen])
        tables.append({**heading, "total": _finite(sum(scores)), **parts})
    return tables


def _report_weights(
    tagger: BioCrfTagger, chain: Optional[str], docs: Iterable[Doc], tag: Optional[str], top: int
) -> Report:
    found = weights(tagger, docs, chain=chain)
    check_tag(tag, found.tags)
    tables = []
    for column, each in enumerate(found.tags):
        parts = [(text, score) for text, score in zip(found.features, found.scores[:, column].tolist()) if score]
        if parts and tag in (None, each):
            tables.append({"tag": each, **_extremes(parts, top)})
    return {
        "start": _legal(found.tags, found.start),
        "step": {each: _legal(found.tags, row) for each, row in zip(found.tags, found.step)},
        "end": _legal(found.tags, found.end),
        "transitions": _extremes(_transitions(found, tag), top),
        "named": len(found.features),
        "unnamed": found.unnamed,
        "tables": tables,
    }


def _transitions(found: Weights, tag: Optional[str]) -> Parts:
    """The legal transitions, from and to a tag if one is named."""
    edges = [("(start)", to, score) for to, score in _legal(found.tags, found.start).items()]
    for each, row in zip(found.tags, found.step):
        edges += [(each, to, score) for to, score in _legal(found.tags, row).items()]
    edges += [(each, "(end)", score) for each, score in _legal(found.tags, found.end).items()]
    return [(f"{one} → {to}", score) for one, to, score in edges if tag in (None, one, to)]


def _legal(tags: Sequence[str], scores: Any) -> Dict[str, float]:
    return {tag: score for tag, score in zip(tags, scores.tolist()) if numpy.isfinite(score)}


def _strongest(parts: Parts, top: int, tag: str, rival: Optional[str] = None) -> Report:
    """The strongest parts of a sum, what speaks for the tag first, and the sum of the others."""
    parts = sorted(parts, key=lambda part: -abs(part[1]))
    shown = sorted(parts[: top or None], key=lambda part: -part[1])
    rest = [score for _, score in parts[len(shown) :]]
    rows = [{"part": text, "score": _finite(score)} for text, score in shown]
    for row, (_, score) in zip(rows, shown):
        if row["score"] is None:
            row["forbids"] = rival if score > 0 else tag
    return {"parts": rows, "others": {"count": len(rest), "score": _finite(sum(rest))}}


def _extremes(parts: Parts, top: int) -> Report:
    """The highest scores and the lowest, and how many lie between."""
    parts = sorted(parts, key=lambda part: -part[1])
    positive, negative = ([part for part in parts if part[1] * sign > 0] for sign in (1, -1))
    shown = [*positive[: top or None], *negative[-top:]]
    rows = [{"part": text, "score": score} for text, score in shown]
    return {"parts": rows, "others": {"count": len(parts) - len(shown), "score": None}}


def _finite(score: float) -> Optional[float]:
    """JSON knows no infinity: None where a neighbour forbids a tag."""
    return score if numpy.isfinite(score) else None
