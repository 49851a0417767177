"""The commands on a component with several chains."""
import json

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus

from spacy_bio_crf.evaluation import collect_outcomes, probability_scores

from ..conftest import make_nlp, train
from ..pipeline.test_chains import NESTED, nested_examples

CHAINS = {
    "names": {"set_ents": True},
    "clauses": {"spans_key": "rest", "labels": ["SUBJECT", "WHERE"]},
    "verbs": {"spans_key": "rest", "labels": ["VERB"]},
}


@pytest.fixture(scope="module")
def half_trained():
    nlp = make_nlp(chains=CHAINS)
    train(nlp, nested_examples(nlp), steps=18)
    return nlp


@pytest.fixture
def model(half_trained, tmp_path):
    half_trained.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def dev(half_trained, tmp_path):
    """The texts known by heart, and others with other gold."""
    docs = [example.reference for example in nested_examples(half_trained)]
    for text, entities, rest in (
        ("Who likes New Khan?", [(10, 18, "PERSON")], [(4, 9, "VERB"), (0, 3, "SUBJECT")]),
        ("Berlin lives in Khan York.", [(0, 6, "LOC"), (16, 25, "PERSON")], [(0, 6, "WHERE"), (7, 25, "WHERE")]),
    ):
        doc = half_trained.make_doc(text)
        doc.set_ents([doc.char_span(*span) for span in entities])
        doc.spans["rest"] = [doc.char_span(*span) for span in rest]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    return tmp_path / "dev.spacy"


def evaluate(path, dev):
    nlp = spacy.load(path)
    return nlp.evaluate(list(Corpus(dev)(nlp)))


def figures(path, dev, labels):
    """Of the probabilities of spans of the group with these labels, found by running a saved pipeline."""
    nlp = spacy.load(path)
    examples = list(Corpus(dev)(nlp))
    for example in examples:
        example.predicted = nlp(example.reference.text)
        for doc in (example.reference, example.predicted):
            group = doc.spans["rest"]
            kept = [place for place, span in enumerate(group) if span.label_ in labels]
            scores = group.attrs.get("scores")
            doc.spans["rest"] = [group[place] for place in kept]
            if scores is not None:
                doc.spans["rest"].attrs["scores"] = scores[kept]
    return probability_scores(collect_outcomes(examples, "rest", "rest"))


def test_calibration_of_one_chain(bio_crf, model, dev, tmp_path):
    out = tmp_path / "out"
    report = bio_crf("calibrate", model, dev, "--chain", "clauses", "--output", out, "--json")
    assert report["chain"] == "clauses"
    assert report["dev"]["before"] == pytest.approx(figures(model, dev, ["SUBJECT", "WHERE"]), abs=1e-4)
    assert report["dev"]["after"] == pytest.approx(figures(out, dev, ["SUBJECT", "WHERE"]), abs=1e-4)
    assert report["dev"]["after"]["log_loss"] < report["dev"]["before"]["log_loss"]
    assert figures(out, dev, ["VERB"]) == pytest.approx(figures(model, dev, ["VERB"]))
    nlp = spacy.load(out)
    for settings in (nlp.get_pipe("bio_crf_tagger").cfg, nlp.config["components"]["bio_crf_tagger"]):
        assert settings["calibration"] is None and settings["chains"]["names"].get("calibration") is None
        assert settings["chains"]["clauses"]["calibration"] == pytest.approx(report["calibration"])
    again = bio_crf("calibrate", out, dev, "--chain", "clauses", "--json")
    assert again["dev"]["before"] == pytest.approx(report["dev"]["before"])


def test_one_calibration_for_all_chains(bio_crf, model, dev, tmp_path):
    report = bio_crf("calibrate", model, dev, "--output", tmp_path / "out", "--json")
    counts = [bio_crf("calibrate", model, dev, "--chain", chain, "--json")["spans"]["dev"] for chain in CHAINS]
    assert report["spans"]["dev"] == sum(counts) and min(counts) > 0
    before, after = (evaluate(path, dev) for path in (model, tmp_path / "out"))
    for prefix in ("ents", "spans_rest"):
        assert before[f"{prefix}_f"] == after[f"{prefix}_f"] and before[f"{prefix}_brier"] != after[f"{prefix}_brier"]


@pytest.mark.parametrize("options", [[], ["--per-label"], ["--measure", "recall", "--at-least", "0.5"]])
def test_thresholds_of_one_chain(bio_crf, model, dev, tmp_path, options):
    out = tmp_path / "out"
    report = bio_crf("thresholds", model, dev, "--chain", "clauses", *options, "--output", out, "--json")
    old, new = evaluate(model, dev), evaluate(out, dev)
    for label in ("SUBJECT", "WHERE"):
        assert report["dev"]["before"]["per_type"][label] == pytest.approx(old["spans_rest_per_type"][label])
        assert report["dev"]["after"]["per_type"][label] == pytest.approx(new["spans_rest_per_type"][label])
    assert report["dev"]["before"]["per_type"].keys() == {"SUBJECT", "WHERE"}
    assert new["ents_per_type"] == old["ents_per_type"]
    assert new["spans_rest_per_type"]["VERB"] == old["spans_rest_per_type"]["VERB"]
    nlp = spacy.load(out)
    for settings in (nlp.get_pipe("bio_crf_tagger").cfg, nlp.config["components"]["bio_crf_tagger"]):
        assert settings["threshold"] == 0.0 and settings["thresholds"] == {}
        assert settings["chains"]["clauses"]["threshold"] == pytest.approx(report["threshold"])
        assert settings["chains"]["clauses"]["thresholds"] == pytest.approx(report["thresholds"])
    again = bio_crf("thresholds", out, dev, "--chain", "clauses", *options, "--json")
    assert again["dev"]["after"] == report["dev"]["after"] == again["dev"]["before"]


def test_thresholds_of_all_chains(bio_crf, model, dev, tmp_path):
    report = bio_crf("thresholds", model, dev, "--per-label", "--output", tmp_path / "out", "--json")
    assert report["thresholds"].keys() == {"LOC", "PERSON", "VERB", "SUBJECT", "WHERE"}
    scores = evaluate(tmp_path / "out", dev)
    for label, expected in {**scores["ents_per_type"], **scores["spans_rest_per_type"]}.items():
        assert report["dev"]["after"]["per_type"][label] == pytest.approx(expected)


def test_uncertain_of_one_chain(bio_crf, model, half_trained, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(text for text, _ in NESTED))
    tagger = half_trained.get_pipe("bio_crf_tagger")
    for chain in CHAINS:
        result = bio_crf("uncertain", model, tmp_path / "texts.txt", "--chain", chain)
        tasks = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(tasks) == len(NESTED)
        for task in tasks:
            posterior = tagger.posterior(half_trained.make_doc(task["text"]), chain=chain)
            assert task["meta"]["score"] == pytest.approx(posterior.entropy(), abs=1e-4)
            doc = half_trained(task["text"])
            spans = doc.ents if chain == "names" else doc.spans["rest"]
            assert [(s["start"], s["end"], s["label"]) for s in task["spans"]] == [
                (s.start_char, s.end_char, s.label_) for s in spans
            ]


def test_chains_that_are_not_clear(bio_crf, model, dev, tmp_path):
    (tmp_path / "texts.txt").write_text("Who?")
    assert "E422" in bio_crf("uncertain", model, tmp_path / "texts.txt", code=1).output
    for command in ("calibrate", "thresholds"):
        output = bio_crf(command, model, dev, "--chain", "none", code=1).output
        assert "E422" in output and "names, clauses, verbs" in output
    bio_crf("calibrate", model, dev, "--chain", "clauses", "--in-place")
    output = bio_crf("calibrate", model, dev, code=1).output
    assert "E618" in output and "chains clauses have calibration" in " ".join(output.split())
    bio_crf("thresholds", model, dev, "--in-place")  # the calibration of a chain does not matter
    bio_crf("thresholds", model, dev, "--chain", "names", "--in-place")
    assert "E618" in bio_crf("thresholds", model, dev, code=1).output


def test_a_chain_per_label(bio_crf, dev, tmp_path):
    nlp = make_nlp(chain_per_label=True, set_ents=False, spans_key="rest")
    train(nlp, nested_examples(nlp), steps=18)
    nlp.to_disk(tmp_path / "labels")
    for command in ("calibrate", "thresholds"):
        assert "E619" in bio_crf(command, tmp_path / "labels", dev, "--chain", "VERB", code=1).output
    report = bio_crf("thresholds", tmp_path / "labels", dev, "--per-label", "--in-place", "--json")
    scores = evaluate(tmp_path / "labels", dev)
    assert report["thresholds"].keys() == {"VERB", "SUBJECT", "WHERE"}
    assert report["dev"]["after"]["f"] == pytest.approx(scores["spans_rest_f"])
