"""Models and pipelines that are sped up: what changes, what is saved, and what stays."""
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy
import pytest
import spacy
from numpy.testing import assert_array_equal
from spacy.training import Example
from thinc.api import Config, NumpyOps

from spacy_bio_crf.fast import kernels, speed_up
from spacy_bio_crf.fast.models import FASTER

from ..conftest import SENTENCES, make_nlp
from .test_layers import cnn
from .twins import assert_close, make_docs, make_twins

SHARED = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger", "ner", "bio_crf_tagger"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 32
depth = 2
embed_size = 300
window_size = 1
maxout_pieces = 3
subword_features = true

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}

[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 32
maxout_pieces = 2
use_upper = true
tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}

[components.bio_crf_tagger]
factory = "bio_crf_tagger"
set_ents = false
spans_key = "found"

[components.bio_crf_tagger.model]
@architectures = "spacy_bio_crf.BioCrfTagger.v1"
hidden_width = 32
fast = false
tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
"""
CALLBACK = {"@callbacks": "spacy_bio_crf.speed_up.v1"}
ENCODER, TAGGER = ["embed", "encode"], ["block", "linear"]
PASSES = {"tok2vec": ENCODER, "ner": ["linear", "linear"], "bio_crf_tagger": TAGGER}


def shared_nlp(**callback):
    """Four components over one tok2vec; with the settings of a callback, if there are any."""
    config = Config().from_str(SHARED)
    if callback:
        config["nlp"]["after_pipeline_creation"] = {**CALLBACK, **callback}
    return spacy.util.load_model_from_config(config, auto_fill=True)


def examples_of(nlp):
    tags = lambda doc: ["CAP" if token.is_title else "LOW" for token in doc]
    docs = [(nlp.make_doc(text), spans) for text, spans in SENTENCES]
    return [
        Example.from_dict(doc, {"entities": spans, "spans": {"found": spans}, "tags": tags(doc)}) for doc, spans in docs
    ]


def train(nlp, steps=30):
    examples = examples_of(nlp)
    spacy.util.fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer, drop=0.1)
    return nlp


@pytest.fixture(scope="module")
def slow():
    return train(shared_nlp())


@pytest.fixture(scope="module")
def fast():
    return train(shared_nlp(components=None))


def sped_up(model):
    """The names of the fast passes of a model."""
    passes = {layer.forward: layer.__name__.rpartition(".")[2] for layer in FASTER}
    return sorted(passes[node._func] for node in model.walk() if node._func in passes)


def with_blis(model):
    return any(node.ops.use_blis for node in model.walk())


def texts():
    return [text for text, _ in SENTENCES] + [
        "",
        "   ",
        "Khan",
        "Berlin is not New York, says Shaka Khan in London. " * 8,
    ]


def analyses(nlp):
    docs = list(nlp.pipe(texts()))
    spans = lambda spans: [(span.start, span.end, span.label_) for span in spans]
    return [([token.tag_ for token in doc], spans(doc.ents), spans(doc.spans["found"])) for doc in docs]


def vectors(nlp):
    return [doc.tensor for doc in nlp.pipe(texts())]


def assert_alike(found, expected, tolerance=1e-5):
    assert analyses(found) == analyses(expected)
    assert_close(vectors(found), vectors(expected), tolerance)


def test_the_callback_speeds_up_the_encoder_and_what_listens(slow, fast):
    for name, passes in PASSES.items():
        assert sped_up(fast.get_pipe(name).model) == passes and not with_blis(fast.get_pipe(name).model), name
        assert sped_up(slow.get_pipe(name).model) == [] and with_blis(slow.get_pipe(name).model), name


def test_the_callback_speeds_up_the_components_that_it_names():
    nlp = shared_nlp(components=["tok2vec", "tagger"])
    assert [name for name, component in nlp.components if not with_blis(component.model)] == ["tok2vec", "tagger"]
    with pytest.raises(ValueError, match=r"E312.*\['tok2vecs'\].*'tok2vec', 'tagger', 'ner'"):
        shared_nlp(components=["tok2vec", "tok2vecs"])


def test_pipelines_learn_and_predict_the_same(slow, fast):
    """Thirty updates with dropout let rounding grow a little."""
    assert any(spans for _, _, spans in analyses(slow)) and any(ents for _, ents, _ in analyses(slow))
    assert_alike(fast, slow, tolerance=1e-2)


def test_files_do_not_know_who_wrote_them(slow, fast, tmp_path):
    """Slow parameters in a fast pipeline, and the other way round."""
    slow.to_disk(tmp_path / "slow")
    loaded = shared_nlp(components=None).from_disk(tmp_path / "slow")
    assert_alike(loaded, slow)
    loaded.to_disk(tmp_path / "fast")
    for name in slow.pipe_names:
        assert (tmp_path / "slow" / name / "model").read_bytes() == (
            tmp_path / "fast" / name / "model"
        ).read_bytes(), name
    back = shared_nlp().from_disk(tmp_path / "fast")
    assert analyses(back) == analyses(slow)
    for found, expected in zip(vectors(back), vectors(slow)):
        assert_array_equal(found, expected)


def test_a_loaded_pipeline_is_fast_again(fast, tmp_path):
    """The callback stands in its config."""
    fast.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert sped_up(loaded.get_pipe("tok2vec").model) == ENCODER
    for found, expected in zip(vectors(loaded), vectors(fast)):
        assert_array_equal(found, expected)
    other = spacy.load(tmp_path, config={"nlp.after_pipeline_creation": None})
    assert sped_up(other.get_pipe("tok2vec").model) == []
    assert_alike(other, fast)


def test_bytes_copies_and_pickles_are_the_same(fast):
    expected = vectors(fast)
    again = shared_nlp(components=None).from_bytes(fast.to_bytes())
    model = fast.get_pipe("tok2vec").model
    pickled = pickle.loads(pickle.dumps(again))
    assert again.to_bytes() == fast.to_bytes()
    assert sped_up(pickled.get_pipe("tok2vec").model) == sped_up(model.copy()) == sped_up(model)
    docs = [fast.make_doc(text) for text in texts()]
    for found in (vectors(again), vectors(pickled), model.copy().predict(docs), copy.deepcopy(model).predict(docs)):
        assert_close(found, expected, tolerance=1e-6)


def test_listeners_that_are_replaced_become_fast(slow):
    """The tagger of this package is fast by itself, and its part of a shared encoder becomes so."""
    nlp = spacy.util.load_model_from_config(
        Config().from_str(SHARED.replace("fast = false", "fast = true")), auto_fill=True
    ).from_bytes(slow.to_bytes())
    expected = analyses(slow)
    nlp.replace_listeners("tok2vec", "bio_crf_tagger", ["model.tok2vec"])
    assert analyses(nlp) == expected
    assert sped_up(nlp.get_pipe("bio_crf_tagger").model) == sorted(ENCODER + TAGGER)
    assert not with_blis(nlp.get_pipe("bio_crf_tagger").model)
    assert sped_up(nlp.get_pipe("tok2vec").model) == []


def test_listeners_of_fast_encoders_can_be_replaced(fast):
    nlp = shared_nlp(components=None).from_bytes(fast.to_bytes())
    for name in ("ner", "tagger", "bio_crf_tagger"):
        nlp.replace_listeners("tok2vec", name, ["model.tok2vec"])
        assert set(ENCODER) <= set(sped_up(nlp.get_pipe(name).model.get_ref("tok2vec")))
    assert analyses(nlp) == analyses(fast)
    optimizer = nlp.resume_training()
    nlp.update(examples_of(nlp), sgd=optimizer)


def test_twice_is_no_different():
    docs = make_docs(5, 0, 12)
    slow, fast = make_twins(cnn(width=32), docs)
    before, passes, functions = fast.predict(docs), sped_up(fast), [node._func for node in fast.walk()]
    assert speed_up(fast) is fast
    assert sped_up(fast) == passes == ENCODER and [node._func for node in fast.walk()] == functions
    for found, expected in zip(fast.predict(docs), before):
        assert_array_equal(found, expected)


class OtherOps(NumpyOps):
    """As of an accelerator."""


def test_nodes_with_ops_of_their_own_stay_in_thinc(monkeypatch):
    docs = make_docs(5, 0, 12)
    slow, other = make_twins(cnn(width=32), docs)
    ops = OtherOps()
    for model in (slow, other):
        for node in model.walk():
            node.ops = ops
    speed_up(other)
    assert all(node.ops is ops for node in other.walk())
    monkeypatch.setattr(kernels, "Block", None)
    for found, expected in zip(other.predict(docs), slow.predict(docs)):
        assert_array_equal(found, expected)


def test_without_wide_vectors_thinc_is_left_alone(monkeypatch):
    monkeypatch.setattr(import_module("spacy_bio_crf.fast.models"), "kernels", kernels)
    monkeypatch.setattr(kernels, "available", lambda: ["baseline"])
    docs = make_docs(5, 0, 12)
    slow, fast = make_twins(cnn(width=32), docs)
    assert [node._func for node in fast.walk()] == [node._func for node in slow.walk()]
    assert not with_blis(fast)
    assert_close(fast.predict(docs), slow.predict(docs))


@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_an_architecture_that_is_not_fast_predicts_the_same(drop):
    pipelines = []
    for fast in (False, True):
        config = Config().from_str(SHARED)["components"]
        model = {**config["bio_crf_tagger"]["model"], "tok2vec": config["tok2vec"]["model"], "fast": fast}
        nlp = make_nlp(model=model, spans_key="found")
        optimizer = nlp.initialize(lambda: examples_of(nlp))
        assert sped_up(nlp.get_pipe("bio_crf_tagger").model) == (sorted(ENCODER + TAGGER) if fast else [])
        nlp.update(examples_of(nlp), sgd=optimizer, drop=drop)
        pipelines.append(nlp)
    slow, fast = pipelines
    fast.from_bytes(slow.to_bytes())
    docs = [slow.make_doc(text) for text in texts() if text.strip()]
    found, expected = (nlp.get_pipe("bio_crf_tagger").model.predict(docs).emissions for nlp in (fast, slow))
    assert_close(found, expected)
    assert numpy.abs(expected).max() > 0


def test_threads_share_a_model():
    docs = make_docs(30, 3, 0, 80, 1, 64)
    _, fast = make_twins(cnn(), docs)
    expected = fast.predict(docs)
    with ThreadPoolExecutor(2) as threads:
        for found in threads.map(lambda turn: fast.predict(docs[turn % 3 :]), range(40)):
            for one, other in zip(reversed(found), reversed(expected)):
                assert_array_equal(one, other)
