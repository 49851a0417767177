"""`python -m spacy bio-crf show`, and what decides a tag."""
import re

import numpy
import pytest
import spacy

from spacy_bio_crf.pipeline.decisions import decisions

TEXT = "Shaka Khan likes New  Berlin."


@pytest.fixture
def push(model):
    """A tagger whose transitions are strong, so that they outvote tokens."""

    def pushed(seed):
        nlp = spacy.load(model)
        layer = nlp.get_pipe("bio_crf_tagger").model.get_ref("crf")
        generator = numpy.random.default_rng(seed)
        for name in ("start", "step", "end"):
            layer.set_param(name, 6 * generator.normal(size=layer.get_param(name).shape).astype("float32"))
        return nlp

    return pushed


def test_decisions_add_up(push):
    """What the token and its two transitions say for a tag is the difference between two whole analyses."""
    outvoted, forbidden = 0, 0
    for seed in range(4):
        nlp = push(seed)
        tagger, doc = nlp.get_pipe("bio_crf_tagger"), nlp.make_doc(TEXT)
        posterior, found = decisions(tagger, doc)
        assert [one.token.text for one in found] == ["Shaka", "Khan", "likes", "New", "Berlin", "."]
        names, emissions = list(tagger.tagset.names), posterior.scores.emissions
        path = [names.index(one.tag[0]) for one in found]
        around = ["(start)", *(one.tag[0] for one in found), "(end)"]
        for at, one in enumerate(found):
            rival = int(emissions[at].argmax())
            assert one.alone == names[rival]
            assert (one.transition is None) == (one.score is None) == (one.alone == one.tag[0])
            if one.transition is None:
                continue
            outvoted += 1
            assert one.transition in (f"{around[at]} → {one.tag[0]}", f"{one.tag[0]} → {around[at + 2]}")
            other = [*path[:at], rival, *path[at + 1 :]]
            difference = posterior.log_probability(path) - posterior.log_probability(other)
            forbidden += numpy.isinf(difference)
            assert numpy.isinf(difference) == numpy.isinf(one.score)
            of_both = difference - float(emissions[at, path[at]] - emissions[at, rival])
            assert one.score >= of_both / 2 - 1e-4
    assert outvoted > forbidden > 0


def test_runner_up_is_the_most_probable_other_tag(trained):
    tagger = trained.get_pipe("bio_crf_tagger")
    doc = trained.make_doc(TEXT)
    for one in decisions(tagger, doc)[1]:
        row = dict(zip(tagger.tagset.names, tagger.token_probabilities(doc)[one.token.i].tolist()))
        assert one.tag[1] == pytest.approx(row.pop(one.tag[0]), abs=1e-6)
        assert one.runner_up[1] == pytest.approx(max(row.values()), abs=1e-6)


def test_report_is_what_the_component_says(bio_crf, model, trained):
    report = bio_crf("show", model, TEXT, "--json", "--alternatives", 3, "--likely", 0.01)
    doc = trained(TEXT)
    posterior = trained.get_pipe("bio_crf_tagger").posterior(trained.make_doc(TEXT))
    assert [(one["text"], one["label"]) for one in report["spans"]] == [(ent.text, ent.label_) for ent in doc.ents]
    assert [one["probability"] for one in report["spans"]] == pytest.approx([ent._.probability for ent in doc.ents], abs=1e-4)
    analyses = posterior.alternatives(3)
    assert [one["probability"] for one in report["analyses"]] == pytest.approx([one.probability for one in analyses], abs=1e-4)
    assert [[span["text"] for span in one["spans"]] for one in report["analyses"]] == [
        [span.text for span in one.spans] for one in analyses
    ]
    assert report["analyses"][0]["spans"] == [{k: v for k, v in one.items() if k != "probability"} for one in report["spans"]]
    assert all(one["probability"] >= 0.01 for one in report["likely"]) and len(report["likely"]) >= len(report["spans"])
    assert report["entropy"] == pytest.approx(posterior.entropy(), abs=1e-3)


def test_tables(bio_crf, model, push, tmp_path):
    push(0).to_disk(tmp_path / "pushed")
    output = bio_crf("show", tmp_path / "pushed", TEXT).output
    for part in ("runner-up", "Likely spans", "Analyses", "nats", " → "):
        assert part in output
    assert re.search(r"\[Shaka Khan PERSON [01]\.\d{3}\]", bio_crf("show", model, "Who is Shaka Khan?").output)


def test_page(bio_crf, model, tmp_path):
    """Markup in the text is shown, not obeyed."""
    output = bio_crf("show", model, "Shaka Khan likes <script>", "--html", tmp_path / "new" / "a.html").output
    page = (tmp_path / "new" / "a.html").read_text(encoding="utf-8")
    assert "✔" in output and "Analyses" not in output
    assert "<script" not in page and "script" in page
    assert "<mark" in page and "Shaka Khan" in page and 'src="' not in page and "@import" not in page


def test_calibrated_probabilities_are_told_apart(bio_crf, model, dev, tmp_path):
    assert "calibrated" not in bio_crf("show", model, TEXT).output
    bio_crf("calibrate", model, dev, "--in-place")
    assert "Probabilities of spans are calibrated" in bio_crf("show", model, TEXT).output
    bio_crf("show", model, TEXT, "--html", tmp_path / "a.html")
    assert "Probabilities of spans are calibrated" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_clear_errors(bio_crf, model, tmp_path):
    assert "E633" in bio_crf("show", model, "  ", code=1).output
    for command in ("show", "explain"):
        assert "E634" in bio_crf(command, model, "a \udcff b", code=1).output
    assert "E422" in bio_crf("show", model, "a", "--chain", "x", code=1).output
    spacy.blank("en").to_disk(tmp_path / "blank")
    assert "E604" in bio_crf("show", tmp_path / "blank", "a", code=1).output
