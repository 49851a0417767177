"""What benchmarks make of their runs."""
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALL_CORPORA = ["wikigold", "wnut17", "uner_da_ddt", "bc5cdr", "usaddress", "snips"]  # those of the table of 60 documents


@pytest.fixture
def benchmark(monkeypatch):
    """Imports one of them."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return pytest.importorskip


@pytest.fixture
def speed_tables(benchmark):
    return benchmark("speed_tables")


def run(system, round, training, **figures):
    line = {"corpus": "letters", "system": system, "threads": 1, "round": round, "rates": {"training": training}}
    return {**line, "date": "2026-01-01", "instruction_set": "plain", "versions": {}, **figures}


def cells(table, name):
    (row,) = (line for line in table.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_ratios_are_taken_within_a_round(speed_tables):
    """The machine is ten times as slow in the last round, and meets both alike."""
    rates = {"ner": (100.0, 110.0, 10.0), "bio_crf": (300.0, 220.0, 20.0), "BLAS bound": (600.0, 880.0, 80.0)}
    lines = [run(system, round, rate) for system, of in rates.items() for round, rate in enumerate(of)]
    table = speed_tables.report(lines, list(rates), {})
    assert cells(table, "bio_crf")[:3] == ["220 (20 to 300)", "2", "25%"]
    assert cells(table, "ner")[:3] == ["100 (10 to 110)", "1", "12%"]


def test_a_system_without_a_run_says_why(speed_tables):
    table = speed_tables.report([run("ner", 0, 100.0)], ["ner", "spancat", "linear"], {"spancat": "it is not here"})
    assert cells(table, "ner")[:3] == ["100", "1", ""]
    assert "Not measured: spancat; it is not here." in table and "Not measured: linear; no run." in table


def test_tables_of_accuracy_are_those_of_the_runs(benchmark, capsys):
    accuracy = benchmark("accuracy")
    accuracy.main(ROOT, None, accuracy.RESULTS / "accuracy", accuracy.BY_DEFAULT, seeds=3, only_print=True)
    tables = [part.strip() for part in capsys.readouterr().out.split("\n\n") if part.startswith("|")]
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf8")
    assert len(tables) == 2 and [table in text for table in tables] == [True, True], "\n\n".join(tables)


def test_tables_of_ablations_are_those_of_the_runs(benchmark, capsys):
    ablation = benchmark("ablation")
    kept = {"corpora": ROOT, "output": ablation.RESULTS / "ablation", "changes": [], "only_print": True}
    ablation.main(**kept, configs=list(ablation.CHANGES), names=ablation.NAMES, seeds=1, documents=None)
    ablation.main(**kept, configs=["linear"], names=SMALL_CORPORA, seeds=3, documents=60)
    tables = [part.strip() for part in capsys.readouterr().out.split("\n\n") if part.startswith("|")]
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf8")
    rows = [len(table.splitlines()) - 2 for table in tables]
    assert rows == [*(len(changes) for changes in ablation.CHANGES.values()), 2]
    assert all(f"\n\n{table}\n\n" in text for table in tables), "\n\n".join(tables)
