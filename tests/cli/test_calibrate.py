"""`python -m spacy bio-crf calibrate`."""
import sys

import pytest
import spacy
from spacy.training import Corpus

from spacy_bio_crf.evaluation import apply_calibration, collect_outcomes, probability_scores

from ..conftest import make_nlp
from .conftest import DEV, write_docs


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def evaluate(path, dev):
    """The figures of a saved pipeline, found by running it."""
    nlp = spacy.load(path)
    examples = list(Corpus(dev)(nlp))
    for example in examples:
        example.predicted = nlp(example.reference.text)
    return probability_scores(collect_outcomes(examples, nlp.get_pipe("bio_crf_tagger").scores_key, None))


@pytest.mark.parametrize("kind", ["platt", "temperature"])
def test_what_is_reported_is_what_the_saved_pipeline_does(bio_crf, model, dev, tmp_path, kind):
    before = files(model)
    report = bio_crf("calibrate", model, dev, "--kind", kind, "--output", tmp_path / "out", "--json")
    assert report["calibration"]["kind"] == kind
    assert report["written"] == [str(tmp_path / "out")]
    assert report["dev"]["before"] == pytest.approx(evaluate(model, dev), abs=1e-4)
    assert report["dev"]["after"] == pytest.approx(evaluate(tmp_path / "out", dev), abs=1e-4)
    assert report["dev"]["before"] != report["dev"]["after"]
    assert files(model) == before


def test_a_staircase_fits_its_data_best(bio_crf, model, dev):
    """It is steep, so what the pipeline gives batch by batch is not compared."""
    report = bio_crf("calibrate", model, dev, "--kind", "isotonic", "--in-place", "--json")
    assert report["dev"]["after"]["brier"] < report["dev"]["before"]["brier"]
    saved = spacy.load(model).get_pipe("bio_crf_tagger").cfg["calibration"]
    assert saved["kind"] == "isotonic" and saved["x"] == pytest.approx(report["calibration"]["x"])


def test_predictions_stay_as_they_were(bio_crf, model, dev, trained):
    bio_crf("calibrate", model, dev, "--in-place")
    calibrated = spacy.load(model)
    calibration = calibrated.get_pipe("bio_crf_tagger").cfg["calibration"]
    for text, _ in DEV:
        old, new = trained(text), calibrated(text)
        assert [(e.start, e.end, e.label_) for e in old.ents] == [(e.start, e.end, e.label_) for e in new.ents]
        raw, scores = (doc.spans["found"].attrs["scores"] for doc in (old, new))
        assert scores == pytest.approx(apply_calibration(calibration, raw), abs=1e-4)


def test_a_second_calibration_starts_from_raw_probabilities(bio_crf, model, dev):
    first = bio_crf("calibrate", model, dev, "--in-place", "--json")
    second = bio_crf("calibrate", model, dev, "--in-place", "--json")
    assert second["dev"]["before"] == pytest.approx(first["dev"]["before"])
    assert second["calibration"]["a"] == pytest.approx(first["calibration"]["a"])


def test_held_out_figures_and_plot(bio_crf, model, dev, trained, tmp_path):
    test = write_docs(trained, tmp_path / "test.spacy", DEV[4:])
    output = bio_crf("calibrate", model, dev, "--test", test, "--plot", tmp_path / "new" / "plot.png").output
    for part in ("spans of dev, which it was fitted to", "spans of test", "average precision", "Brier", "log loss", "a = "):
        assert part in output
    assert (tmp_path / "new" / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_nothing_is_written_unasked(bio_crf, model, dev, tmp_path):
    before = files(tmp_path)
    report = bio_crf("calibrate", model, dev, "--json")
    assert report["written"] == [] and report["spans"]["dev"] > 4
    assert files(tmp_path) == before


def test_other_files_of_the_folder_stay(bio_crf, model, dev):
    (model / "LICENSE").write_text("mine")
    bio_crf("calibrate", model, dev, "--in-place")
    assert (model / "LICENSE").read_text() == "mine"
    assert spacy.load(model).get_pipe("bio_crf_tagger").cfg["calibration"]["kind"] == "platt"
    assert [path.name for path in model.parent.iterdir() if path.name.startswith(".")] == []


def test_a_failed_write_leaves_the_pipeline_as_it_was(bio_crf, model, dev, monkeypatch):
    def fail(self, path, **kwargs):
        path.mkdir(exist_ok=True)
        (path / "meta.json").write_text("half")
        raise OSError("disk full")

    before = files(model.parent)
    monkeypatch.setattr("spacy.language.Language.to_disk", fail)
    assert "disk full" in bio_crf("calibrate", model, dev, "--in-place", code=1).output
    assert files(model.parent) == before


def test_thresholds_for_other_probabilities_are_noted(bio_crf, model, dev):
    assert bio_crf("calibrate", model, dev, "--json")["notes"] == []
    bio_crf("thresholds", model, dev, "--in-place", "--per-label")
    assert "Choose them anew" in bio_crf("calibrate", model, dev).output


def test_which_component(bio_crf, dev, tmp_path):
    nlp = make_nlp("first")
    nlp.add_pipe("bio_crf_tagger", name="second", config={"set_ents": False, "spans_key": "x"})
    nlp.add_pipe("sentencizer")
    for name in ("first", "second"):
        nlp.get_pipe(name).add_label("LOC")
    nlp.initialize()
    nlp.to_disk(tmp_path / "two")
    assert "E605" in bio_crf("calibrate", tmp_path / "two", dev, code=1).output
    output = bio_crf("calibrate", tmp_path / "two", dev, "--component", "third", code=1).output
    assert "E606" in output and "first, second" in output
    nlp.select_pipes(enable=["sentencizer"])
    spacy.blank("en").to_disk(tmp_path / "none")
    assert "E604" in bio_crf("calibrate", tmp_path / "none", dev, code=1).output


def test_clear_errors(bio_crf, model, dev, trained, tmp_path):
    def fails(code, *arguments):
        assert code in bio_crf("calibrate", *arguments, code=1).output, arguments

    (tmp_path / "notes.txt").write_text("a")
    (tmp_path / "broken.spacy").write_text("a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("a")
    fails("E050", tmp_path / "nowhere", dev)
    fails("nowhere.spacy", model, tmp_path / "nowhere.spacy")
    fails("E607", model, tmp_path / "notes.txt")
    fails("E1014", model, tmp_path / "broken.spacy")
    fails("E505", model, tmp_path / "folder")
    fails("E603", model, dev, "--output", tmp_path / "notes.txt")
    fails("E603", model, dev, "--output", tmp_path / "folder")
    fails("E609", model, dev, "--output", tmp_path / "new", "--in-place")
    fails("E608", "en_core_web_sm", dev, "--in-place")
    fails("E612", model, write_docs(trained, tmp_path / "empty.spacy", [("Nobody is here.", [])]))
    assert not (tmp_path / "new").exists()


def test_missing_libraries_are_named_before_the_work(bio_crf, model, dev, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "sklearn.isotonic", None)
    for option in (["--plot", tmp_path / "a.png"], ["--kind", "isotonic"]):
        output = bio_crf("calibrate", model, dev, *option, "--in-place", code=1).output
        assert "spacy-bio-crf[evaluation]" in output
    assert spacy.load(model).get_pipe("bio_crf_tagger").cfg["calibration"] is None
