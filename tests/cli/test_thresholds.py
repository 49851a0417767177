"""`python -m spacy bio-crf thresholds`."""
import pytest
import spacy
from spacy.training import Corpus

from .conftest import write_docs


def evaluate(path, dev):
    nlp = spacy.load(path)
    return nlp.evaluate(list(Corpus(dev)(nlp)))


OPTIONS = (
    ["--measure", "f"],
    ["--per-label"],
    ["--measure", "precision", "--at-least", "0.8"],
    ["--measure", "recall", "--at-least", "0.5"],
)


@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_reported_is_what_spacy_evaluates(bio_crf, model, dev, tmp_path, options):
    report = bio_crf("thresholds", model, dev, *options, "--output", tmp_path / "out", "--json")
    before, after = evaluate(model, dev), evaluate(tmp_path / "out", dev)
    for key in "prf":
        assert report["dev"]["before"][key] == pytest.approx(before[f"ents_{key}"])
        assert report["dev"]["after"][key] == pytest.approx(after[f"ents_{key}"])
    for label, expected in after["ents_per_type"].items():
        assert report["dev"]["after"]["per_type"][label] == pytest.approx(expected)


def test_thresholds_are_in_the_component_and_in_the_config(bio_crf, model, dev):
    report = bio_crf("thresholds", model, dev, "--per-label", "--in-place", "--json")
    nlp = spacy.load(model)
    for settings in (nlp.get_pipe("bio_crf_tagger").cfg, nlp.config["components"]["bio_crf_tagger"]):
        assert settings["threshold"] == pytest.approx(report["threshold"])
        assert settings["thresholds"] == pytest.approx(report["thresholds"])
    assert report["thresholds"].keys() == {"LOC", "PERSON"}


def test_old_thresholds_do_not_hide_spans(bio_crf, model, dev):
    free = bio_crf("thresholds", model, dev, "--json")
    nlp = spacy.load(model)
    nlp.get_pipe("bio_crf_tagger").cfg.update(threshold=1.0, thresholds={"PERSON": 1.0})
    nlp.to_disk(model)
    strict = bio_crf("thresholds", model, dev, "--json")
    assert strict["dev"]["before"]["f"] == 0
    assert strict["dev"]["after"] == free["dev"]["after"]


def test_table(bio_crf, model, dev, trained, tmp_path):
    test = write_docs(trained, tmp_path / "test.spacy")
    output = bio_crf("thresholds", model, dev, "--test", test).output
    for part in ("spans of dev, which it was chosen on", "spans of test", "threshold", "LOC", "PERSON", "all", "→"):
        assert part in output


def test_labels_that_cannot_reach_what_is_demanded_are_named(bio_crf, model, trained, tmp_path):
    dev = write_docs(trained, tmp_path / "hard.spacy", [("Who likes Oslo?", [(10, 14, "PERSON")]), ("I like London.", [(7, 13, "LOC")])])
    options = ["--measure", "recall", "--at-least", "0.9", "--per-label"]
    assert bio_crf("thresholds", model, dev, *options, "--json")["unmet"] == ["PERSON"]
    output = bio_crf("thresholds", model, dev, *options).output
    assert "No threshold has a recall of 0.9 on DEV for: PERSON" in output and "that DEV does not show" in output


def test_an_impossible_demand(bio_crf, model, trained, tmp_path):
    wrong = write_docs(trained, tmp_path / "wrong.spacy", [("I like London.", [(0, 1, "LOC")]), ("Who is Shaka Khan?", [])])
    assert "E616" in bio_crf("thresholds", model, wrong, "--measure", "precision", "--in-place", code=1).output
    assert spacy.load(model).get_pipe("bio_crf_tagger").cfg["threshold"] == 0


def test_no_gold_changes_nothing(bio_crf, model, trained, tmp_path):
    empty = write_docs(trained, tmp_path / "empty.spacy", [("I like London.", [])])
    before = spacy.load(model).get_pipe("bio_crf_tagger").cfg
    assert "E617" in bio_crf("thresholds", model, empty, "--in-place", code=1).output
    assert spacy.load(model).get_pipe("bio_crf_tagger").cfg == before
