"""The behaviour asserted by spaCy's tests in spacy/tests/serialize/ (MIT)."""
import pickle

import pytest
import spacy
from spacy.lang.en import English
from spacy.tokens import DocBin, Span
from spacy.util import registry
from spacy.vocab import Vocab

from spacy_bio_crf.pipeline.tagger import BioCrfTagger

from .util import FACTORY, SMALL, ents, make_examples, train


def new_tagger(vocab=None, **settings):
    model = registry.resolve(SMALL, validate=True)["model"]
    return BioCrfTagger(vocab or Vocab(), model, **settings)


@pytest.fixture
def tagger(trained):
    return trained.get_pipe(FACTORY)


def test_issue3456():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("A")
    nlp.initialize()
    assert [doc.text for doc in nlp.pipe(["hi", ""])] == ["hi", ""]


def test_issue4042(tmp_path):
    """An entity_ruler before the tagger survives saving."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("SOME_LABEL")
    nlp.initialize()
    ruler = nlp.add_pipe("entity_ruler", before=FACTORY)
    ruler.add_patterns([{"label": "MY_ORG", "pattern": "Apple"}])
    text = "What do you think about Apple ?"
    assert ("Apple", "MY_ORG") in ents(nlp(text))
    nlp.to_disk(tmp_path)
    assert ("Apple", "MY_ORG") in ents(spacy.load(tmp_path)(text))


def test_issue4042_bug2(tmp_path):
    """A label added after initialization survives saving."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    tagger.add_label("SOME_LABEL")
    nlp.initialize()
    tagger.add_label("MY_ORG")
    tagger(nlp.make_doc("What do you think about Apple ?"))
    assert tagger.labels == ("SOME_LABEL", "MY_ORG")
    tagger.to_disk(tmp_path)
    assert nlp.create_pipe(FACTORY, config=SMALL).from_disk(tmp_path).labels == ("SOME_LABEL", "MY_ORG")


def test_issue4725():
    tagger = English().create_pipe(FACTORY, config={**SMALL, "scheme": "BILUO"})
    assert pickle.loads(pickle.dumps(tagger)).cfg == tagger.cfg


def test_roundtrip_bytes(tagger):
    data = tagger.to_bytes(exclude=["vocab"])
    loaded = new_tagger().from_bytes(data)
    assert loaded.to_bytes(exclude=["vocab"]) == data
    assert loaded.labels == tagger.labels
    blank = new_tagger()
    assert new_tagger().from_bytes(blank.to_bytes()).to_bytes() == blank.to_bytes()


def test_roundtrip_disk(tagger, tmp_path):
    tagger.to_disk(tmp_path)
    loaded = new_tagger().from_disk(tmp_path)
    assert loaded.to_bytes(exclude=["vocab"]) == tagger.to_bytes(exclude=["vocab"])


def test_loading_into_a_tagger_with_other_labels(tagger):
    """What is loaded replaces labels and parameters, however many there were."""
    other = new_tagger()
    for label in "ABCDE":
        other.add_label(label)
    other.from_bytes(tagger.to_bytes(exclude=["vocab"]))
    assert other.labels == tagger.labels
    assert len(other.tagset) == len(tagger.tagset) == other.model.get_ref("output_layer").get_dim("nO")


def test_serialize_strings(tmp_path):
    label = "FunnyLabel"
    tagger = new_tagger()
    assert label not in tagger.vocab.strings
    tagger.add_label(label)
    assert label in tagger.vocab.strings
    tagger.to_disk(tmp_path)
    for loaded in (new_tagger().from_bytes(tagger.to_bytes(exclude=["vocab"])), new_tagger().from_disk(tmp_path)):
        assert label in loaded.vocab.strings


def test_serialize_exclude():
    tagger = new_tagger()
    tagger.cfg["foo"] = "bar"
    assert "foo" in new_tagger().from_bytes(tagger.to_bytes(exclude=["vocab"])).cfg
    assert "foo" not in new_tagger().from_bytes(tagger.to_bytes(exclude=["vocab"]), exclude=["cfg"]).cfg
    assert "foo" not in new_tagger().from_bytes(tagger.to_bytes(exclude=["cfg"]), exclude=["vocab"]).cfg


def test_serialize_pipeline_disable_enable(trained, tmp_path):
    trained.add_pipe("sentencizer")
    trained.disable_pipe(FACTORY)
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    assert nlp.pipe_names == ["sentencizer"]
    assert nlp.disabled == [FACTORY]
    nlp.enable_pipe(FACTORY)
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    assert spacy.load(tmp_path, exclude=[FACTORY]).component_names == ["sentencizer"]


def test_load_without_strings(trained, tmp_path):
    word = "unlikely_word_" * 20
    trained.vocab.strings.add(word)
    trained.to_disk(tmp_path)
    assert word in spacy.load(tmp_path).vocab.strings
    without = spacy.load(tmp_path, exclude=["strings"])
    assert word not in without.vocab.strings
    assert ents(without("I like London.")) == [("London", "LOC")]


def test_serialize_nlp(trained):
    """A pipeline made from its config and its bytes predicts the same."""
    copy = English.from_config(trained.config).from_bytes(trained.to_bytes())
    assert copy.to_bytes() == trained.to_bytes()
    assert ents(copy("I like London.")) == [("London", "LOC")]


def test_serialize_config(trained):
    """The config holds every setting, and makes the same config again."""
    component = trained.config["components"][FACTORY]
    settings = {"scheme", "spans_key", "set_ents", "overwrite", "scores", "decode", "threshold", "thresholds", "calibration"}
    groups = {"chains", "chain_per_label", "constraints", "learning", "incorrect_spans_key"}
    assert set(component) == settings | groups | {"factory", "model", "scorer"}
    assert component["model"]["tok2vec"] == SMALL["model"]["tok2vec"]
    once = English.from_config(trained.config)
    assert once.config["components"] == trained.config["components"]
    assert English.from_config(once.config).config == once.config


@pytest.fixture(scope="module")
def to_groups():
    nlp = English()
    nlp.add_pipe(FACTORY, config={**SMALL, "spans_key": "found"})
    train(nlp, make_examples(nlp))
    return nlp


def test_serialize_span_groups(to_groups):
    doc = to_groups("I like London and Berlin.")
    (copy,) = DocBin(store_user_data=True, docs=[doc]).get_docs(Vocab())
    found = [(span.text, span.label_) for span in copy.spans["found"]]
    assert found == [("London", "LOC"), ("Berlin", "LOC")] == ents(copy)
    assert copy.spans["found"].attrs["scores"].tolist() == doc.spans["found"].attrs["scores"].tolist()


def test_serialize_doc_bin(to_groups):
    texts = ["I like London.", "", "Who is Shaka Khan?"]
    bin = DocBin(attrs=["ENT_IOB", "ENT_TYPE", "ENT_KB_ID"])
    for text in texts:
        doc = to_groups.make_doc(text)
        if text.startswith("I"):
            doc.ents = [Span(doc, 2, 3, "LOC", kb_id="Q84")]
        bin.add(to_groups.get_pipe(FACTORY)(doc))
    docs = list(DocBin().from_bytes(bin.to_bytes()).get_docs(Vocab()))
    assert [ents(doc) for doc in docs] == [[("London", "LOC")], [], [("Shaka Khan", "PERSON")]]
    assert docs[0].ents[0].kb_id_ == "Q84"
