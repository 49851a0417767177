"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_tok2vec.py (MIT)."""
import pytest
from numpy.testing import assert_array_equal
from spacy import util
from spacy.lang.en import English
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.training import Example
from thinc.api import get_current_ops

from .util import FACTORY, ents, listening_config, make_examples, train

LISTENER = "spacy.Tok2VecListener.v1"
TWO_TASKS = {"tags": ["V", "Z"], "entities": [(0, 1, "A"), (2, 3, "B")]}


@pytest.fixture
def nlp():
    """A tagger that listens to a shared tok2vec."""
    return util.load_model_from_config(listening_config("tok2vec", FACTORY), auto_fill=True, validate=True)


@pytest.fixture
def nlp_two():
    """Two components that listen to a shared tok2vec, ours last."""
    return util.load_model_from_config(listening_config("tok2vec", "tagger", FACTORY), auto_fill=True, validate=True)


def listens(pipe):
    return any(isinstance(node, Tok2VecListener) for node in pipe.model.walk())


def parameters(pipe):
    return {
        (i, name): node.get_param(name).copy()
        for i, node in enumerate(pipe.model.walk())
        for name in node.param_names
        if node.has_param(name)
    }


def moved(before, after):
    return any((before[key] != after[key]).any() for key in before)


@pytest.mark.parametrize("with_vectors", [False, True])
def test_tok2vec_listener(with_vectors):
    config = listening_config("tok2vec", FACTORY)
    config["components"]["tok2vec"]["model"]["embed"]["include_static_vectors"] = with_vectors
    nlp = util.load_model_from_config(config, auto_fill=True, validate=True)
    if with_vectors:
        nlp.vocab.reset_vectors(width=3)
        for i, word in enumerate(("apple", "orange", "and", "juice", "pie")):
            nlp.vocab.set_vector(word, get_current_ops().asarray([i, -i, i + 0.5]))
    assert nlp.pipe_names == ["tok2vec", FACTORY]
    tok2vec, tagger = nlp.get_pipe("tok2vec"), nlp.get_pipe(FACTORY)
    listener = tagger.model.get_ref("tok2vec")
    assert isinstance(tok2vec, Tok2Vec)
    assert isinstance(listener, Tok2VecListener)
    train(nlp, make_examples(nlp), steps=5)
    assert tok2vec.listeners == [listener]

    ops = get_current_ops()
    doc = nlp("Running the pipeline as a whole.")
    assert_array_equal(ops.to_numpy(doc.tensor), ops.to_numpy(listener.predict([doc])[0]))
    nlp("")
    nlp.select_pipes(disable="tok2vec")
    assert nlp.pipe_names == [FACTORY]
    nlp("Running the pipeline with the Tok2Vec component disabled.")


def test_tok2vec_listener_callback(nlp):
    """The backward pass through a listener finds its way."""
    nlp.initialize(lambda: make_examples(nlp))
    doc = nlp.make_doc("Another entirely random sentence")
    nlp.get_pipe("tok2vec").update([Example.from_dict(doc, {})])
    scores, backprop = nlp.get_pipe(FACTORY).model.begin_update([doc])
    assert backprop(scores) is not None


def test_tok2vec_listener_overfitting(nlp, tmp_path):
    losses = train(nlp, make_examples(nlp), steps=100, learn_rate=0.05, annotates=["tok2vec"])
    assert losses[FACTORY] < 0.00001
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    nlp.to_disk(tmp_path)
    assert ents(util.load_model_from_path(tmp_path)("I like London.")) == [("London", "LOC")]


def test_tok2vec_frozen_not_annotating(nlp):
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(2):
        with pytest.raises(ValueError, match="the tok2vec embedding layer is not updated"):
            nlp.update(examples, sgd=optimizer, losses={}, exclude=["tok2vec"])


def test_tok2vec_frozen_overfitting(nlp, tmp_path):
    """A frozen tok2vec that annotates stays as it is, and the tagger learns all the same."""
    losses = train(nlp, make_examples(nlp), steps=200, learn_rate=0.05, exclude=["tok2vec"], annotates=["tok2vec"])
    assert losses[FACTORY] < 0.0001
    assert ents(nlp("I like London.")) == [("London", "LOC")]
    nlp.to_disk(tmp_path)
    assert ents(util.load_model_from_path(tmp_path)("I like London.")) == [("London", "LOC")]


@pytest.mark.parametrize("texts", [[""], ["", " "], ["\n"], ["", "x y"]])
def test_batches_without_tokens_reach_the_tok2vec(nlp_two, texts):
    """Empty and blank documents, alone and among others, are neither an error nor a loss."""
    nlp = nlp_two
    optimizer = nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("x y"), TWO_TASKS)])
    losses = {}
    nlp.update([Example.from_dict(nlp.make_doc(text), {}) for text in texts], sgd=optimizer, losses=losses)
    assert losses == {"tok2vec": 0.0, "tagger": 0.0, FACTORY: 0.0}


def test_the_last_listener_trains_the_others(nlp_two):
    """Where a batch has no spans for the last listener, the tok2vec still learns from the first one."""
    nlp = nlp_two
    full = Example.from_dict(nlp.make_doc("x y"), TWO_TASKS)
    optimizer = nlp.initialize(lambda: [full])
    tags_only = Example.from_dict(nlp.make_doc("x y"), {"tags": ["V", "Z"]})
    tok2vec = nlp.get_pipe("tok2vec")
    for _ in range(2):  # the tagger's output layer starts at zero, so its first step reaches no further
        before = parameters(tok2vec)
        nlp.update([tags_only], sgd=optimizer)
    assert moved(before, parameters(tok2vec))


def test_replace_listeners(nlp):
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    tok2vec, tagger = nlp.get_pipe("tok2vec"), nlp.get_pipe(FACTORY)
    components = nlp.config["components"]
    assert tok2vec.listener_map[FACTORY][0] == tagger.model.get_ref("tok2vec")
    assert components["tok2vec"]["model"]["@architectures"] == "spacy.Tok2Vec.v2"
    assert components[FACTORY]["model"]["tok2vec"]["@architectures"] == LISTENER
    nlp.replace_listeners("tok2vec", FACTORY, ["model.tok2vec"])
    assert not listens(tagger)
    assert not isinstance(tagger.model.get_ref("tok2vec"), Tok2VecListener)
    components = nlp.config["components"]
    assert components["tok2vec"]["model"]["@architectures"] == "spacy.Tok2Vec.v2"
    assert components[FACTORY]["model"]["tok2vec"] == components["tok2vec"]["model"]
    for arguments in (
        ("invalid", FACTORY, ["model.tok2vec"]),
        ("tok2vec", "parser", ["model.tok2vec"]),
        ("tok2vec", FACTORY, ["model.yolo"]),
        ("tok2vec", FACTORY, ["model.tok2vec", "model.yolo"]),
    ):
        with pytest.raises(ValueError):
            nlp.replace_listeners(*arguments)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(2):
        losses = {}
        nlp.update(examples, sgd=optimizer, losses=losses)
        assert losses["tok2vec"] == 0.0
        assert losses[FACTORY] > 0.0


def test_replaced_listeners_predict_the_same(nlp, tmp_path):
    train(nlp, make_examples(nlp))
    texts = ["I like London.", "Who is Shaka Khan?", "", "Berlin and London"]
    before = [ents(nlp(text)) for text in texts]
    assert any(before)
    nlp.replace_listeners("tok2vec", FACTORY, ["model.tok2vec"])
    nlp.remove_pipe("tok2vec")
    assert [ents(nlp(text)) for text in texts] == before
    nlp.to_disk(tmp_path)
    loaded = util.load_model_from_path(tmp_path)
    assert [ents(loaded(text)) for text in texts] == before


def test_replace_listeners_from_config(nlp_two, tmp_path):
    examples = [Example.from_dict(nlp_two.make_doc("x y"), TWO_TASKS)]
    nlp_two.initialize(lambda: examples)
    assert nlp_two.get_pipe("tok2vec").listening_components == ["tagger", FACTORY]
    assert listens(nlp_two.get_pipe("tagger")) and listens(nlp_two.get_pipe(FACTORY))
    nlp_two.to_disk(tmp_path)
    source = str(tmp_path)
    config = {
        "nlp": {"lang": "en", "pipeline": ["tok2vec", "own", "tagger3", "listening"]},
        "components": {
            "tok2vec": {"source": source},
            "own": {"source": source, "component": FACTORY, "replace_listeners": ["model.tok2vec"]},
            "tagger3": {"source": source, "component": "tagger"},
            "listening": {"source": source, "component": FACTORY},
        },
    }
    nlp = util.load_model_from_config(config, auto_fill=True)
    nlp.initialize(lambda: examples)
    assert FACTORY not in nlp.pipe_names and "tagger" not in nlp.pipe_names
    assert nlp.get_pipe("tok2vec").listening_components == ["tagger3", "listening"]
    assert listens(nlp.get_pipe("tagger3")) and listens(nlp.get_pipe("listening"))
    assert not listens(nlp.get_pipe("own"))
    components = nlp.config["components"]
    assert components["tok2vec"]["model"]["@architectures"] == "spacy.Tok2Vec.v2"
    assert components["own"]["model"]["tok2vec"] == components["tok2vec"]["model"]
    assert components["tagger3"]["model"]["tok2vec"]["@architectures"] == LISTENER
    assert components["listening"]["model"]["tok2vec"]["@architectures"] == LISTENER


def test_tok2vec_listener_source_link_name(nlp_two):
    """The listener map follows the pipeline that was changed last."""
    nlp1, nlp2 = nlp_two, English()
    assert nlp1.get_pipe("tok2vec").listening_components == ["tagger", FACTORY]
    nlp2.add_pipe("tok2vec", source=nlp1)
    nlp2.add_pipe(FACTORY, name="crf2", source=nlp1)
    assert nlp1.get_pipe(FACTORY).name == nlp2.get_pipe("crf2").name == "crf2"
    listening = nlp2.get_pipe("tok2vec")
    assert listening.listening_components == ["crf2"]
    nlp2.add_pipe("tagger", name="tagger3", source=nlp1)
    assert listening.listening_components == ["crf2", "tagger3"]
    nlp2.remove_pipe("tagger3")
    assert listening.listening_components == ["crf2"]
    nlp2.remove_pipe("crf2")
    assert listening.listening_components == []
    assert nlp1.get_pipe("tok2vec").listening_components == []
    nlp1.add_pipe("sentencizer")
    assert nlp1.get_pipe("tok2vec").listening_components == ["tagger", FACTORY]
    nlp2.add_pipe("sentencizer")
    assert nlp1.get_pipe("tok2vec").listening_components == []


def test_tok2vec_listener_source_replace_listeners(nlp_two):
    nlp1, nlp2 = nlp_two, English()
    nlp1.replace_listeners("tok2vec", FACTORY, ["model.tok2vec"])
    assert nlp1.get_pipe("tok2vec").listening_components == ["tagger"]
    nlp2.add_pipe("tok2vec", source=nlp1)
    assert nlp2.get_pipe("tok2vec").listening_components == []
    nlp2.add_pipe(FACTORY, source=nlp1)
    assert nlp2.get_pipe("tok2vec").listening_components == []
    nlp2.add_pipe("tagger", name="tagger2", source=nlp1)
    assert nlp2.get_pipe("tok2vec").listening_components == ["tagger2"]
