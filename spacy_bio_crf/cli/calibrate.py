"""`python -m spacy bio-crf calibrate`: make probabilities mean what they say."""
import json
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any, Dict, List, Optional

from rich.console import Console
from rich.table import Table
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus.files import replacing
from ..evaluation import FITS, Calibration, Outcomes, apply_calibration, plot_reliability, probability_scores
from ..evaluation.extra import import_extra
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

FIGURES = {
    "ece": "expected calibration error",
    "brier": "Brier score",
    "log_loss": "log loss",
    "ap": "average precision",
}
STALE = "The component has thresholds, which were chosen for other probabilities. Choose them anew: bio-crf thresholds"


class Kind(str, Enum):
    platt = "platt"
    temperature = "temperature"
    isotonic = "isotonic"


@bio_crf_cli.command("calibrate", no_args_is_help=True)
def calibrate_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: the name of a package, or a folder"),
    dev_path: Path = Arg(..., metavar="DEV", help="Annotated documents to fit on, not those of the training: a .spacy file, or a folder of them"),
    test_path: Optional[Path] = Opt(None, "--test", metavar="TEST", help="Other annotated documents to report on: figures on DEV flatter"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    chain: Optional[str] = Opt(None, "--chain", help=CHAIN_HELP),
    kind: Kind = Opt(Kind.platt, "--kind", help="platt: a slope and a shift of the logits; temperature: the slope alone; isotonic: a staircase, for thousands of spans (with scikit-learn)"),
    output: Optional[Path] = Opt(None, "--output", "-o", help=OUTPUT_HELP),
    in_place: bool = Opt(False, "--in-place", help=IN_PLACE_HELP),
    plot: Optional[Path] = Opt(None, "--plot", help="PNG file for the reliability diagrams before and after: of TEST if given, else of DEV (with matplotlib)"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Calibrate the probabilities of predicted spans: of the spans with probability 0.9, nine in ten should be right.

    The map is fitted to the spans predicted for DEV, and stored in the component. It changes probabilities, and so what
    thresholds keep; it changes neither their order nor the best analysis. Without --output or --in-place, it is only reported.

    Examples:

    calibrate training/model-best dev.spacy --test test.spacy --plot reliability.png

    calibrate training/model-best dev.spacy --in-place
    """
    with clear_errors():
        target = pipeline_target(model, output, in_place)
        if plot is not None:
            import_extra("matplotlib")
        nlp, name = load_component(model, component, code)
        check_chain(nlp, name, chain, ["calibration"])
        paths = {"dev": dev_path, "test": test_path}
        outcomes = {
            split: predict_outcomes(nlp, name, path, chain=chain, silent=as_json, calibration=None)
            for split, path in paths.items()
            if path is not None
        }
        dev = outcomes["dev"]
        calibration = FITS[kind.value](dev.probability, dev.correct)
        scores = {split: _before_and_after(found, calibration) for split, found in outcomes.items()}
        if plot is not None:
            _plot(plot, outcomes.get("test", dev), calibration)
        if target is not None:
            set_settings(nlp, name, chain, calibration=calibration)
            save_pipeline(nlp, target)
        settings = nlp.get_pipe(name).settings_of(chain)
    written = [str(path) for path in (plot, target) if path is not None]
    notes = [STALE] if settings["threshold"] or settings["thresholds"] else []
    counts = {split: len(found) for split, found in outcomes.items()}
    if as_json:
        report = {"component": name, "chain": chain, "calibration": calibration, "spans": counts, **scores}
        print(json.dumps({**report, "notes": notes, "written": written}, indent=2))
    else:
        _print_report(calibration, counts, scores, notes, written)


def _calibrated(outcomes: Outcomes, calibration: Calibration) -> Outcomes:
    return replace(outcomes, probability=apply_calibration(calibration, outcomes.probability))


def _before_and_after(outcomes: Outcomes, calibration: Calibration) -> Dict[str, Dict[str, Any]]:
    return {
        "before": probability_scores(outcomes),
        "after": probability_scores(_calibrated(outcomes, calibration)),
    }


def _plot(path: Path, outcomes: Outcomes, calibration: Calibration) -> None:
    after = _calibrated(outcomes, calibration).probability
    with replacing(path) as file:
        plot_reliability(file, outcomes.correct, {"before": outcomes.probability, "after": after})


def _print_report(
    calibration: Calibration, counts: Dict[str, int], scores: Dict[str, Any], notes: List[str], written: List[str]
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for split, count in counts.items():
        title = f"{count:,} predicted spans of {split}" + (", which it was fitted to" if split == "dev" else "")
        table = Table("", "before", "after", title=title, title_justify="left")
        for key, meaning in FIGURES.items():
            values = [scores[split][when][key] for when in ("before", "after")]
            table.add_row(meaning, *("-" if value is None else f"{value:.4f}" for value in values))
        console.print(table)
    parameters = {key: value for key, value in calibration.items() if isinstance(value, float)}
    console.print(calibration["kind"], ", ".join(f"{key} = {value:.4f}" for key, value in parameters.items()))
    for note in notes:
        console.print(note, style="yellow", markup=False)
    for path in written:
        console.print(f"✔ {path}", style="green", markup=False)
