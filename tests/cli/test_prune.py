"""`python -m spacy bio-crf prune`."""
import numpy
import pytest
import spacy

from spacy_bio_crf.pipeline.explain import features_of

from ..conftest import SENTENCES, make_examples, make_nlp, train
from ..linear import FEATURES, LINEAR
from .conftest import write_docs


@pytest.fixture(scope="module")
def linear():
    nlp = make_nlp(model={**LINEAR, "features": {**FEATURES, "edge_templates": ["bias", "lower", "case"]}})
    train(nlp, make_examples(nlp), steps=20)
    return nlp


@pytest.fixture
def model(linear, tmp_path):
    linear.to_disk(tmp_path / "model")
    return tmp_path / "model"


def test_several_bounds_are_compared(bio_crf, model, linear, tmp_path):
    dev = write_docs(linear, tmp_path / "dev.spacy", SENTENCES)
    before = model.joinpath("bio_crf_tagger", "model").read_bytes()
    report = bio_crf("prune", model, dev, "--smallest", 1000, "--smallest", 0.1, "--json")["report"]
    assert [row.get("smallest") for row in report] == [None, 0.1, 1000]
    assert report[0]["features"] >= report[1]["features"] > 0 == report[2]["features"]
    assert report[0]["megabytes"] > report[1]["megabytes"] > report[2]["megabytes"]
    assert report[0]["f"] == report[1]["f"] == 1 and report[2]["f"] < 1
    assert model.joinpath("bio_crf_tagger", "model").read_bytes() == before


def test_a_pruned_pipeline_is_written(bio_crf, model, linear, tmp_path):
    small = tmp_path / "small"
    (_, row) = bio_crf("prune", model, "--smallest", 0.6, "--output", small, "--json")["report"]
    tables, whole = ([shim.table for shim in features_of(nlp.get_pipe("bio_crf_tagger"))] for nlp in (spacy.load(small), linear))
    assert sum(map(len, tables)) == row["features"] and all(0 < len(one) < len(all) for one, all in zip(tables, whole))
    scores = numpy.concatenate([numpy.abs(table.values[table.values != 0]) for table in tables])
    assert len(scores) == row["scores"] and scores.min() >= 0.6


def test_one_bound_is_written(bio_crf, model, tmp_path):
    result = bio_crf("prune", model, "--output", tmp_path / "small", code=1)
    assert "E623" in result.output and not (tmp_path / "small").exists()
