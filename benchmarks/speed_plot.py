"""The lines of benchmarks/speed.py as dots: medians, from the lowest to the highest."""
import statistics
from pathlib import Path
from typing import Any, Dict, List, Tuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from peers import BOUND

Line = Dict[str, Any]
OURS = ("bio_crf", "cnn", "joint", "linear", "ours", "our reference")
ROW = 0.28  # inches of a system


def save_plot(lines: List[Line], systems: List[str], path: Path) -> None:
    """A row of panels for each corpus, and for each batch of chains; a panel for each task."""
    rows: Dict[Tuple[str, str], Dict[str, List[Line]]] = {}
    for line in sorted(lines, key=lambda line: (not line["corpus"], line["corpus"])):
        for task in line["rates"]:
            batch = task.partition(", ")[2]  # chains alone name it
            rows.setdefault((line["corpus"], batch), {}).setdefault(task, []).append(line)
    if not rows:
        return
    names = [in_order(systems, [line for of_task in row.values() for line in of_task]) for row in rows.values()]
    heights = [len(of_row) + 2.5 for of_row in names]
    figure = Figure(figsize=(11, ROW * (sum(heights) + 1)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(rows), 2, squeeze=False, sharey="row", height_ratios=heights)
    for ((corpus, _), row), of_row, pair in zip(rows.items(), names, panels):
        for axis, (task, of_task) in zip(pair, row.items()):
            draw(axis, of_task, of_row, task)
            title = f"{corpus}: {task}, words a second" if corpus else f"{task}: tokens a second"
            axis.set_title(title, loc="left", fontsize=10)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=150)


def in_order(systems: List[str], lines: List[Line]) -> List[str]:
    return [name for name in systems if name in {line["system"] for line in lines}]


def draw(axis: Any, lines: List[Line], names: List[str], task: str) -> None:
    counts = sorted({line["threads"] for line in lines})
    for place, name in enumerate(names):
        colour = "#c8871e" if name == BOUND else "#1f5fa8" if name in OURS else "#5f5f5f"
        for i, threads in enumerate(counts):
            rates = [line["rates"][task] for line in lines if (line["system"], line["threads"]) == (name, threads)]
            if rates:
                middle, y = statistics.median(rates), place + 0.3 * (i - (len(counts) - 1) / 2)
                spread = [[middle - min(rates)], [max(rates) - middle]]
                label = f"threads: {threads}" if place == 0 else None
                face = colour if i == 0 else "white"
                axis.errorbar(middle, y, xerr=spread, fmt="o", ms=6, color=colour, mfc=face, label=label)
    axis.set_xscale("log")
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_yticks(range(len(names)), names, fontsize=9)
    axis.grid(color="#e0e0e0")
    axis.set_axisbelow(True)
