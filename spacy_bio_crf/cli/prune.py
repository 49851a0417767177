"""`python -m spacy bio-crf prune`: a smaller model of window features."""
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

from rich.console import Console
from rich.table import Table
from spacy.language import Language
from typer import Argument as Arg
from typer import Option as Opt

from ..errors import Errors
from ..evaluation import kept_counts, total
from ..pipeline.explain import features_of
from .component import CODE_HELP, COMPONENT_HELP, load_component, predict_outcomes, watch
from .group import bio_crf_cli, clear_errors
from .output import IN_PLACE_HELP, OUTPUT_HELP, pipeline_target, save_pipeline

SMALLEST = [0.06, 0.1, 0.15, 0.2, 0.3]


@bio_crf_cli.command("prune", no_args_is_help=True)
def prune_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: the name of a package, or a folder"),
    dev_path: Optional[Path] = Arg(None, metavar="[DEV]", help="Annotated documents that tell what pruning costs: a .spacy file, or a folder of them"),
    smallest: List[float] = Opt(SMALLEST, "--smallest", "-s", min=0, help="Scores nearer to zero than this, in nats, become zero; may be repeated to compare. To write a pipeline, give one"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    output: Optional[Path] = Opt(None, "--output", "-o", help=OUTPUT_HELP),
    in_place: bool = Opt(False, "--in-place", help=IN_PLACE_HELP),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON"),
    # fmt: on
):
    """
    Make the model of window features smaller: scores that say little become zero, and features without any are dropped.

    Examples:

    prune training/model-best dev.spacy

    prune training/model-best --smallest 0.15 --output training/model-small
    """
    with clear_errors():
        target = pipeline_target(model, output, in_place)
        if target is not None and len(smallest) != 1:
            raise ValueError(Errors.E623.format(found=", ".join(f"{one:g}" for one in smallest)))
        nlp, name = load_component(model, component, code)
        shims = features_of(nlp.get_pipe(name))
        report = [_figures(nlp, name, dev_path)]
        for one in watch(
            sorted(smallest), "Pruning", silent=as_json
        ):  # what a lower bound took, a higher one takes too
            for shim in shims:
                shim.prune(one)
            report.append({"smallest": one, **_figures(nlp, name, dev_path)})
        if target is not None:
            save_pipeline(nlp, target)
    if as_json:
        print(json.dumps({"component": name, "report": report, "written": target and str(target)}, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(report))
    if target is not None:
        console.print(f"✔ {target}", style="green", markup=False)


def _figures(nlp: Language, name: str, dev_path: Optional[Path]) -> Dict[str, Any]:
    """Size of the table, and of the component; and F1 where there are annotated documents."""
    tagger = nlp.get_pipe(name)
    tables = [shim.table.to_arrays() for shim in features_of(tagger)]
    counts = {
        name: sum(len(table[key]) for table in tables) for name, key in (("features", "keys"), ("scores", "scores"))
    }
    figures = {**counts, "megabytes": len(tagger.to_bytes()) / 1e6}
    if dev_path is None:
        return figures
    outcomes = predict_outcomes(nlp, name, dev_path, silent=True)
    counts = kept_counts(outcomes, tagger.cfg["threshold"], tagger.cfg["thresholds"])
    return {**figures, "f": total(counts).f_score(1)}


def _table(report: List[Dict[str, Any]]) -> Table:
    table = Table("smallest", "features", "scores", "MB", *(["F"] if "f" in report[0] else []))
    for column in table.columns:
        column.justify = "right"
    for row in report:
        f = [f"{100 * row['f']:.2f}"] if "f" in row else []
        size = f"{row['megabytes']:.1f}"
        smallest = f"{row['smallest']:g}" if "smallest" in row else "as it is"
        table.add_row(smallest, f"{row['features']:,}", f"{row['scores']:,}", size, *f)
    return table
