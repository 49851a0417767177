"""The lines of benchmarks/speed.py as tables in Markdown."""
import statistics
from itertools import groupby
from typing import Any, Dict, List, Optional

from peers import BASE, BOUND, CHAIN_BASE, CHAINS, PIPELINES

Line = Dict[str, Any]
COSTS = {"peak_mb": ("memory, MB", 1, 0), "load_s": ("loads in, ms", 1000, 0), "saved_mb": ("on disk, MB", 1, 1)}


def report(lines: List[Line], systems: List[str], reasons: Dict[str, str]) -> str:
    """A table for each corpus and number of threads, what the names mean, and what is not there.

    reasons (Dict[str, str]): Why a system was skipped.
    """
    place = lambda line: (not line["corpus"], line["corpus"], line["threads"])
    parts = []
    for (chains, corpus, threads), of_group in groupby(sorted(lines, key=place), key=place):
        group = list(of_group)
        what = "The chain alone, tokens a second" if chains else f"{corpus}, words a second"
        rounds = len({line["round"] for line in group})
        table = chain_table(group, systems) if chains else pipeline_table(group, systems)
        parts.append(f"## {what}, threads: {threads}, rounds: {rounds}\n\n{table}")
    peers, measured = {**PIPELINES, **CHAINS}, {line["system"] for line in lines}
    there = [f"- {name}: {peers[name].note}." for name in systems if name in measured and peers[name].note]
    gone = [f"- Not measured: {name}; {reasons.get(name, 'no run')}." for name in systems if name not in measured]
    return "\n\n".join([*parts, "\n".join(there + gone), origin(lines)])


def origin(lines: List[Line]) -> str:
    """Dates, instruction sets and versions."""
    dates = sorted({line["date"] for line in lines})
    versions = {f"{package} {number}" for line in lines for package, number in line["versions"].items()}
    machines = {line["instruction_set"] for line in lines}
    return ", ".join([" to ".join(dict.fromkeys(dates[:1] + dates[-1:])), *sorted(machines), *sorted(versions)])


def pipeline_table(lines: List[Line], systems: List[str]) -> str:
    tasks = ("training", "prediction")
    header = [""]
    for task in tasks:
        header += [task, f"x {BASE}", "of the bound"]
    rows = [header + [title for title, *_ in COSTS.values()]]
    for name, runs in by_system(lines, systems).items():
        rows.append([name])
        for task in tasks:
            share = ratio(lines, runs, BOUND, task) if PIPELINES[name].our_encoder else None
            rows[-1] += [spread(runs, task), shown(ratio(lines, runs, BASE, task)), shown(share, "{:.0%}")]
        for figure, (_, unit, digits) in COSTS.items():
            values = [unit * run[figure] for run in runs if figure in run and name != BOUND]
            rows[-1].append(f"{statistics.median(values):,.{digits}f}" if values else "")
    return markdown(rows)


def chain_table(lines: List[Line], systems: List[str]) -> str:
    tasks = list(dict.fromkeys(task for line in lines for task in line["rates"]))
    rows = [["", *(cell for task in tasks for cell in (task, f"x {CHAIN_BASE}"))]]
    for name, runs in by_system(lines, systems).items():
        rows.append([name])
        for task in tasks:
            rows[-1] += [spread(runs, task), shown(ratio(lines, runs, CHAIN_BASE, task))]
    return markdown(rows)


def by_system(lines: List[Line], systems: List[str]) -> Dict[str, List[Line]]:
    runs = {name: [line for line in lines if line["system"] == name] for name in systems}
    return {name: of for name, of in runs.items() if of}


def ratio(lines: List[Line], runs: List[Line], base: str, task: str) -> Optional[float]:
    """The median over the rounds that have both."""
    bases = {line["round"]: line["rates"] for line in lines if line["system"] == base}
    pairs = [(run["rates"], bases.get(run["round"], {})) for run in runs]
    ratios = [rates[task] / beside[task] for rates, beside in pairs if task in rates and task in beside]
    return statistics.median(ratios) if ratios else None


def spread(runs: List[Line], task: str) -> str:
    rates = [run["rates"][task] for run in runs if task in run["rates"]]
    if len(rates) < 2:
        return f"{rates[0]:,.0f}" if rates else ""
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


def shown(value: Optional[float], form: str = "") -> str:
    if value is None:
        return ""
    return form.format(value) if form else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def markdown(rows: List[List[str]]) -> str:
    header, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] + ["---:"] * (len(header) - 1), *body])
