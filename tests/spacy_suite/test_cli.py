"""The behaviour asserted by spaCy's spacy/tests/test_cli.py (MIT)."""
import pytest
import srsly
from spacy.cli.apply import apply
from spacy.cli.debug_data import _get_labels_from_model
from spacy.cli.init_pipeline import _init_labels
from spacy.cli.package import get_third_party_dependencies
from spacy.lang.en import English
from spacy.lang.nl import Dutch
from spacy.tokens import DocBin
from spacy.util import load_model_from_config
from thinc.api import Config

import spacy_bio_crf

from .util import FACTORY, ents

LABELS = ("T1", "T2", "T3", "T4")


def test_init_labels(tmp_path):
    """Labels go to a file, and come back through the [initialize] block."""
    nlp = Dutch()
    tagger = nlp.add_pipe(FACTORY)
    for label in LABELS:
        tagger.add_label(label)
    _init_labels(nlp, tmp_path)
    reader = {"@readers": "spacy.read_labels.v1", "path": str(tmp_path / f"{FACTORY}.json")}
    config = Config(
        {
            "nlp": {"lang": "nl", "pipeline": [FACTORY]},
            "components": {FACTORY: {"factory": FACTORY}},
            "initialize": {"components": {FACTORY: {"labels": reader}}},
        }
    )
    nlp2 = load_model_from_config(config, auto_fill=True)
    assert nlp2.get_pipe(FACTORY).labels == ()
    nlp2.initialize()
    assert nlp2.get_pipe(FACTORY).labels == LABELS


def test_get_third_party_dependencies():
    """A packaged pipeline asks for this package, in a version that can read it."""
    nlp = English()
    nlp.add_pipe(FACTORY)
    (requirement,) = get_third_party_dependencies(nlp.config)
    major, minor, _ = spacy_bio_crf.__version__.split(".")
    assert requirement == f"spacy-bio-crf>={spacy_bio_crf.__version__},<{major}.{int(minor) + 1}.0"


@pytest.mark.parametrize("name", [FACTORY, "finder"])
def test_get_labels_from_model(name):
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, name=name)
    for label in LABELS:
        tagger.add_label(label)
    nlp.initialize()
    assert _get_labels_from_model(nlp, FACTORY) == set(LABELS)


def test_apply(trained, trained_path, tmp_path):
    """Documents, JSON lines and plain text are all tagged."""
    data = tmp_path / "data"
    data.mkdir()
    text = "I like London."
    DocBin(docs=[trained.make_doc(text)]).to_disk(data / "docs.spacy")
    srsly.write_jsonl(data / "lines.jsonl", [{"text": text}])
    (data / "plain.txt").write_text(text)
    apply(data, tmp_path / "out.spacy", str(trained_path), "text", 1, 1)
    docs = list(DocBin().from_disk(tmp_path / "out.spacy").get_docs(trained.vocab))
    assert [ents(doc) for doc in docs] == [[("London", "LOC")]] * 3
