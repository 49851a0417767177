"""The labels of several chains, new ones too; and where such a component travels."""
import json
import warnings

import numpy
import pytest
import spacy
import srsly
from spacy.cli._util import app
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import Config
from typer.testing import CliRunner

from ..conftest import make_examples, make_nlp, train
from .test_chains import NESTED, nested_examples

CHAINS = {"names": {"set_ents": True}, "others": {"spans_key": "rest", "labels": ["WHERE", "SUBJECT"]}}
VERBS = {**CHAINS, "verbs": {"spans_key": "rest", "labels": ["VERB"]}}
TEXTS = [text for text, _ in NESTED] + ["Khan likes the Berlin of Nobody.", "", " "]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Chains that write to entities and, two of them, to one group."""
    path = tmp_path_factory.mktemp("chains")
    nlp = make_nlp(chains=VERBS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # labels of another chain are nothing to warn of
        train(nlp, nested_examples(nlp), steps=25)
    nlp.to_disk(path)
    return path


@pytest.fixture
def nlp(saved):
    return spacy.load(saved)


def written(docs):
    """What stands on documents. Probabilities are rounded: batches of other sizes multiply to other last bits."""
    return [
        [
            [(span.start, span.end, span.label_, round(span._.probability, 5)) for span in spans]
            for spans in (doc.ents, doc.spans.get("rest", []))
        ]
        for doc in docs
    ]


def decoded(tagger, docs):
    """What each chain predicts."""
    of_chains = zip(tagger.chains, zip(*tagger.predict(docs)))
    return {
        chain.name: [(d.tags.tolist(), d.spans.tolist(), d.probabilities.tolist()) for d in decodings]
        for chain, decodings in of_chains
    }


def test_labels_of_each_chain(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    assert tagger.label_data == {"names": ("LOC", "PERSON"), "others": ("WHERE", "SUBJECT"), "verbs": ("VERB",)}
    assert tagger.labels == ("LOC", "PERSON", "WHERE", "SUBJECT", "VERB")
    assert [chain.tagset.labels for chain in tagger.chains] == [("LOC", "PERSON"), ("WHERE", "SUBJECT"), ("VERB",)]
    outputs = numpy.concatenate([chain.columns for chain in tagger.chains]).tolist()
    assert sorted(outputs) == list(range(tagger.model.get_dim("nO")))


def test_spacy_init_labels_and_back(nlp, tmp_path):
    DocBin(docs=[example.reference for example in nested_examples(nlp)]).to_disk(tmp_path / "train.spacy")
    config = nlp.config.copy()
    config["corpora"]["train"]["path"] = config["corpora"]["dev"]["path"] = str(tmp_path / "train.spacy")
    config.to_disk(tmp_path / "config.cfg")
    result = CliRunner().invoke(app, ["init", "labels", str(tmp_path / "config.cfg"), str(tmp_path / "labels")])
    assert result.exit_code == 0, (result.output, result.exception)
    file = tmp_path / "labels" / "bio_crf_tagger.json"
    expected = nlp.get_pipe("bio_crf_tagger").label_data
    assert srsly.read_json(file) == {chain: list(labels) for chain, labels in expected.items()}
    labels = {"@readers": "spacy.read_labels.v1", "path": str(file)}
    config["initialize"]["components"]["bio_crf_tagger"] = {"labels": labels}
    other = spacy.util.load_model_from_config(config, auto_fill=True)
    other.initialize(lambda: [Example(other.make_doc("x"), other.make_doc("x"))])
    assert other.get_pipe("bio_crf_tagger").label_data == expected


def test_labels_of_a_chain_that_is_none(nlp):
    other = make_nlp(chains=CHAINS)
    with pytest.raises(ValueError, match="E423.*'verbs'.*names, others"):
        other.get_pipe("bio_crf_tagger").initialize(lambda: nested_examples(other), labels={"verbs": ["VERB"]})


@pytest.mark.parametrize("chain", ["names", "others"])
def test_new_label_of_an_old_chain_changes_nothing_until_it_is_trained(nlp, chain):
    tagger = nlp.get_pipe("bio_crf_tagger")
    docs = [nlp.make_doc(text) for text in TEXTS]
    before = decoded(tagger, docs)
    assert tagger.add_label("NEW", chain) == 1 and tagger.add_label("NEW", chain) == 0
    assert "NEW" in tagger.labels and "NEW" in tagger.label_data[chain]
    assert decoded(tagger, docs) == before
    learns(nlp, chain)


def test_one_label_in_two_chains_is_closed_in_the_new_one_alone(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    docs = [nlp.make_doc(text) for text in TEXTS]
    before = decoded(tagger, docs)
    tagger.add_label("LOC", "others")
    assert decoded(tagger, docs) == before
    nlp.update(nested_examples(nlp), sgd=False)
    assert 5 not in tagger.cfg["open_labels"]  # a LOC among the entities does not open that of the group
    assert tagger.labels == ("LOC", "PERSON", "WHERE", "SUBJECT", "VERB")
    reference = nlp.make_doc("I like London.")
    reference.spans["rest"] = [reference.char_span(7, 13, "LOC")]
    nlp.update([Example(nlp.make_doc(reference.text), reference)], sgd=False)
    assert 5 in tagger.cfg["open_labels"]


def test_new_chain_changes_nothing_until_it_is_trained():
    nlp = make_nlp(chain_per_label=True, set_ents=False, spans_key="rest")
    train(nlp, nested_examples(nlp), steps=20)
    tagger = nlp.get_pipe("bio_crf_tagger")
    docs = [nlp.make_doc(text) for text in TEXTS]
    before = decoded(tagger, docs)
    tagger.add_label("NEW")
    assert decoded(tagger, docs) == before
    learns(nlp, None)


def learns(nlp, chain):
    """Train NEW until it is known, and all else as before."""
    text = "I like Monday."
    reference = nlp.make_doc(text)
    reference.spans["rest"] = [reference.char_span(0, 6, "SUBJECT")]
    span = reference.char_span(7, 13, "NEW")
    if chain == "names":
        reference.set_ents([span])
    else:
        reference.spans["rest"].append(span)
    examples = [*nested_examples(nlp), Example(nlp.make_doc(text), reference)]
    optimizer = nlp.resume_training()
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    tagger = nlp.get_pipe("bio_crf_tagger")
    assert len(tagger.cfg["open_labels"]) == len(tagger.cfg["labels"])
    scores = nlp.evaluate(examples)
    assert scores["spans_rest_f"] == 1.0 and scores.get("ents_f", 1.0) == 1.0


@pytest.mark.parametrize(
    "travel",
    [
        lambda nlp, path: spacy.load(path),
        lambda nlp, path: from_config(nlp.config.to_str()).from_bytes(nlp.to_bytes()),
        lambda nlp, path: sourced(nlp, "bio_crf_tagger"),
        lambda nlp, path: sourced(nlp, "renamed"),
    ],
    ids=["disk", "bytes and config", "sourced", "sourced under another name"],
)
def test_travels(nlp, tmp_path, travel):
    nlp.get_pipe("bio_crf_tagger").add_label("NEW", "others")
    expected = written(nlp.pipe(TEXTS))
    nlp.to_disk(tmp_path)
    there = travel(nlp, tmp_path)
    there.to_disk(tmp_path / "again")
    for other in (there, spacy.load(tmp_path / "again")):
        name = other.pipe_names[0]
        assert other.get_pipe(name).cfg == nlp.get_pipe("bio_crf_tagger").cfg
        assert other.config["components"][name]["chains"] == VERBS
        assert written(other.pipe(TEXTS)) == expected


def from_config(text):
    return spacy.util.load_model_from_config(Config().from_str(text))


def sourced(nlp, name):
    other = spacy.blank("en", vocab=nlp.vocab)
    other.add_pipe("bio_crf_tagger", source=nlp, name="bio_crf_tagger")
    if name != "bio_crf_tagger":
        other.rename_pipe("bio_crf_tagger", name)
    return other


def test_processes(nlp):
    expected = written(nlp.pipe(TEXTS))
    assert written(nlp.pipe(TEXTS, n_process=2, batch_size=3)) == expected


def test_component_saved_in_format_1(tmp_path):
    """It had one chain, outputs for all labels, and none of the newer settings."""
    nlp = make_nlp()
    train(nlp, make_examples(nlp), steps=20)
    tagger = nlp.get_pipe("bio_crf_tagger")
    expected = written(nlp.pipe(TEXTS))
    nlp.to_disk(tmp_path)
    file = tmp_path / "bio_crf_tagger" / "cfg"
    cfg = json.loads(file.read_text())
    chains = ("chains", "label_chains", "open_labels", "chain_per_label")
    for name in (*chains, "constraints", "learning", "incorrect_spans_key"):
        del cfg[name]
    file.write_text(json.dumps({**cfg, "format": 1, "closed_labels": []}))
    old = spacy.load(tmp_path)
    assert written(old.pipe(TEXTS)) == expected
    assert old.get_pipe("bio_crf_tagger").cfg == {**tagger.cfg, "closed_labels": []}
    old.to_disk(tmp_path / "new")
    assert spacy.load(tmp_path / "new").get_pipe("bio_crf_tagger").cfg["format"] == 2


def test_candidates_are_for_chains_that_list_their_labels():
    chains = {"names": {"set_ents": True, "labels": ["CITY", "PERSON"]}, "trips": {"spans_key": "trips"}}
    nlp = make_nlp(chains=chains, set_ents=False, learning={"candidates_key": "maybe"})
    reference = nlp.make_doc("I like Paris")
    reference.set_ents([])
    reference.spans["trips"] = [reference.char_span(0, 6, "trip")]
    reference.spans["maybe"] = [reference.char_span(7, 12, label) for label in ("CITY", "PERSON")]
    train(nlp, [Example(nlp.make_doc(reference.text), reference)], steps=30)
    doc = nlp(reference.text)
    assert [span.text for span in doc.ents] == ["Paris"] and [span.text for span in doc.spans["trips"]] == ["I like"]


def test_chain_without_gold_labels_is_named():
    nlp = make_nlp(chains={"names": {"set_ents": True}, "typo": {"spans_key": "typo"}}, set_ents=False)
    with pytest.warns(UserWarning, match='W404.*doc.spans."typo"'):
        nlp.initialize(lambda: make_examples(nlp))


def test_gold_labels_that_no_chain_lists_are_named():
    nlp = make_nlp(chains={"places": {"set_ents": True, "labels": ["LOC"]}}, set_ents=False)
    with pytest.warns(UserWarning, match="W402.*'PERSON'"):
        nlp.initialize(lambda: make_examples(nlp))


def test_label_of_another_chain_on_the_group_is_refused():
    chains = {"a": {"spans_key": "rest", "labels": ["x"]}, "b": {"spans_key": "rest", "labels": ["y"]}}
    tagger = make_nlp(chains=chains, set_ents=False).get_pipe("bio_crf_tagger")
    tagger.add_label("y", "b")
    with pytest.raises(ValueError, match="E430.*'y'"):
        tagger.add_label("y", "a")
    with pytest.raises(ValueError, match="E428"):
        make_nlp(chains={"a": {"set_ents": True}, "b": {"spans_key": "bio_crf_tagger"}}, set_ents=False)


def test_allowed_span_of_another_chain(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp.make_doc("I like London.")
    free = tagger.posterior(doc, chain="others").entropy()
    assert tagger.posterior(doc, chain="others", allowed=[(2, 3, "LOC")]).entropy() == free


def test_settings_that_are_changed_later(nlp):
    tagger = nlp.get_pipe("bio_crf_tagger")
    doc = nlp.make_doc("I like London.")
    tagger.cfg["constraints"] = {"at_most_one": ["LOC"]}  # the others have their defaults
    tagger.predict([doc])
    tagger.cfg["constraints"] = None
    with pytest.raises(ValueError, match="E413.*constraints"):
        tagger.predict([doc])
    tagger.cfg.update(constraints={}, chain_per_label=True)
    with pytest.raises(ValueError, match="E429"):
        tagger.predict([doc])


@pytest.mark.parametrize(
    "settings",
    [
        {"constraints": {"at_most_one": ["LCO"]}},
        {"constraints": {"max_span_length": {"LCO": 1}}},
        {"learning": {"missed_cost": 1.0, "label_weights": {"LCO": 2.0}}},
        {"thresholds": {"LCO": 0.5}},
    ],
)
def test_settings_for_labels_that_are_not_there_are_named(settings):
    nlp = make_nlp(**settings)
    with pytest.warns(UserWarning, match="W403.*LCO"):
        nlp.initialize(lambda: make_examples(nlp))


@pytest.mark.parametrize("spans", [(1, 3, "LOC"), [(1, 2)], [(1, 2, 3)], ["LOC"]])
def test_demands_that_are_no_spans(nlp, spans):
    with pytest.raises(ValueError, match="E431"):
        nlp.get_pipe("bio_crf_tagger").posterior(nlp.make_doc("I like London."), chain="names", forbidden=spans)
