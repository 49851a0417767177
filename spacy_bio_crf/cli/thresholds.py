"""`python -m spacy bio-crf thresholds`: which predicted spans to keep."""
import json
from enum import Enum
from pathlib import Path
from typing import Any, Dict, List, Optional

from rich.console import Console
from rich.table import Table
from typer import Argument as Arg
from typer import Option as Opt

from ..errors import Errors
from ..evaluation import Counts, Objective, Outcomes, best_threshold, best_thresholds, kept_counts, total
from .component import (
    CHAIN_HELP,
    CODE_HELP,
    COMPONENT_HELP,
    check_chain,
    load_component,
    predict_outcomes,
    set_settings,
)
from .group import bio_crf_cli, clear_errors
from .output import IN_PLACE_HELP, OUTPUT_HELP, pipeline_target, save_pipeline

Settings = Dict[str, Any]


class Measure(str, Enum):
    f = "f"
    precision = "precision"
    recall = "recall"


@bio_crf_cli.command("thresholds", no_args_is_help=True)
def thresholds_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: the name of a package, or a folder"),
    dev_path: Path = Arg(..., metavar="DEV", help="Annotated documents to choose on, not those of the training: a .spacy file, or a folder of them"),
    test_path: Optional[Path] = Opt(None, "--test", metavar="TEST", help="Other annotated documents to report on: figures on DEV flatter"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    chain: Optional[str] = Opt(None, "--chain", help=CHAIN_HELP),
    measure: Measure = Opt(Measure.f, "--measure", "-m", help="f: the best F; precision: the best recall at a precision of --at-least; recall: the best precision at such a recall"),
    at_least: float = Opt(0.95, "--at-least", min=0, max=1, help="precision and recall: what it must reach"),
    beta: float = Opt(1.0, "--beta", min=0, help="f: how many times as much recall counts as precision"),
    per_label: bool = Opt(False, "--per-label", help="A threshold for each label. Precision or recall is then that of each label; where none reaches it, the nearest is taken, and the label named. F is that of all together"),
    output: Optional[Path] = Opt(None, "--output", "-o", help=OUTPUT_HELP),
    in_place: bool = Opt(False, "--in-place", help=IN_PLACE_HELP),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Find the thresholds that serve a measure best. A span is predicted if its probability is at least the threshold.

    All thresholds are tried, exactly, in one prediction pass. They hold for calibrated probabilities: calibrate first. With
    --output or --in-place they are written to the component's settings `threshold` and `thresholds`, and to its config.

    Examples:

    thresholds training/model-best dev.spacy --test test.spacy

    thresholds training/model-best dev.spacy --measure precision --at-least 0.98 --per-label --in-place
    """
    objective = Objective(measure.value, at_least, beta)
    with clear_errors():
        target = pipeline_target(model, output, in_place)
        nlp, name = load_component(model, component, code)
        check_chain(nlp, name, chain, ["threshold", "thresholds"])
        paths = {"dev": dev_path, "test": test_path}
        outcomes = {
            split: predict_outcomes(nlp, name, path, chain=chain, silent=as_json)
            for split, path in paths.items()
            if path is not None
        }
        settings = nlp.get_pipe(name).settings_of(chain)
        before = {key: settings[key] for key in ("threshold", "thresholds")}
        if not len(outcomes["dev"]) or not outcomes["dev"].n_gold:
            raise ValueError(Errors.E617)
        after = _choose(outcomes["dev"], objective, per_label)
        reached = kept_counts(outcomes["dev"], **after).items() if per_label else ()
        unmet = [label for label, counts in reached if not objective.reached(counts)]
        if target is not None:
            set_settings(nlp, name, chain, **after)
            save_pipeline(nlp, target)
    if as_json:
        report = {split: {"before": _figures(found, before, beta), "after": _figures(found, after, beta)}
                  for split, found in outcomes.items()}  # fmt: skip
        told = {"component": name, "chain": chain, **after, "unmet": unmet, **report, "written": target and str(target)}
        print(json.dumps(told, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for split, found in outcomes.items():
        console.print(_table(split, found, before, after, beta))
    if per_label:
        console.print(f"Labels that DEV does not show: threshold {after['threshold']:g}", markup=False)
    if unmet:
        told = f"No threshold has a {measure.value} of {at_least:g} on DEV for: {', '.join(unmet)}"
        console.print(told, style="yellow", markup=False)
    if target is not None:
        console.print(f"✔ {target}", style="green", markup=False)


def _choose(dev: Outcomes, objective: Objective, per_label: bool) -> Settings:
    """The global threshold also serves labels that were not predicted for DEV."""
    threshold = best_threshold(dev, objective)
    if per_label:
        return {"threshold": threshold, "thresholds": best_thresholds(dev, objective)}
    counts = total(kept_counts(dev, threshold))
    if not objective.reached(counts):
        raise ValueError(Errors.E616.format(measure=objective.measure, at_least=objective.at_least))
    return {"threshold": threshold, "thresholds": {}}


def _figures(outcomes: Outcomes, settings: Settings, beta: float) -> Dict[str, Any]:
    counts = kept_counts(outcomes, **settings)
    labels = {label: _prf(count, beta) for label, count in counts.items()}
    return {**_prf(total(counts), beta), "per_type": labels}


def _prf(counts: Counts, beta: float) -> Dict[str, float]:
    return {"p": counts.precision, "r": counts.recall, "f": counts.f_score(beta)}


def _table(split: str, outcomes: Outcomes, before: Settings, after: Settings, beta: float) -> Table:
    title = f"{len(outcomes):,} predicted spans of {split}" + (", which it was chosen on" if split == "dev" else "")
    table = Table("", "gold", "threshold", "P", "R", "F", title=title, title_justify="left")
    for column in table.columns:
        column.justify, column.no_wrap = "left" if column is table.columns[0] else "right", True
    old, new = kept_counts(outcomes, **before), kept_counts(outcomes, **after)
    for label in old:
        threshold = after["thresholds"].get(label, after["threshold"])
        table.add_row(label, f"{old[label].gold:,}", f"{threshold:g}", *_changes(old[label], new[label], beta))
    table.add_section()
    table.add_row("all", f"{outcomes.n_gold:,}", "", *_changes(total(old), total(new), beta))
    return table


def _changes(old: Counts, new: Counts, beta: float) -> List[str]:
    """Precision, recall and F before and after, in percent."""
    pairs = zip(_prf(old, beta).values(), _prf(new, beta).values())
    return [f"{100 * before:.1f} → {100 * after:.1f}" for before, after in pairs]
