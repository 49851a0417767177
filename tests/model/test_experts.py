"""Two experts in one model: each learns alone, and their sum predicts."""
import numpy
import pytest
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import chain

from spacy_bio_crf.model.window_features import get_shim

from ..conftest import SENTENCES, SMALL_MODEL, make_examples, make_nlp
from ..linear import JOINT

LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}


def make(model=JOINT, **config):
    """A pipeline whose experts both have something to say, and its examples."""
    nlp = make_nlp(model=model, **config)
    if model["tok2vec"]["@architectures"] == LISTENER["@architectures"]:
        nlp.add_pipe("tok2vec", config={"model": SMALL_MODEL["tok2vec"]}, first=True)
    examples = make_examples(nlp, [*SENTENCES, (" London \n\n in  York", [(1, 7, "LOC")]), ("\n", []), ("", [])])
    nlp.initialize(lambda: examples)
    tagger, rng = nlp.get_pipe("bio_crf_tagger"), numpy.random.default_rng(0)
    for ref in ("output_layer", "crf"):
        node = tagger.model.get_ref(ref)
        for name in node.param_names:
            node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    table = get_shim(tagger.model.get_ref("features")).table
    tagger.model.begin_update([eg.predicted for eg in examples if not nlp.has_pipe("tok2vec")])
    table.values = rng.normal(size=table.values.shape).astype("f")
    return nlp, tagger, examples


def experts(tagger):
    """Models with one expert each, of the same nodes."""
    crf = tagger.model.get_ref("crf")
    alone = [chain(expert, crf) for expert in tagger.model.layers[0].layers]
    for model in alone:
        model.set_ref("crf", crf)
    return alone


def take_gradients(model):
    """The gradients of the parameters of a model, which are then gone; those of features in the order of their rows."""
    found = {}
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                found[node.id, name] = node.get_grad(name).copy()
                node.get_grad(name)[:] = 0
        for shim in node.shims:
            touched, gradient = shim.table.gradient()
            found[node.id, "table"] = numpy.zeros_like(shim.table.values)
            found[node.id, "table"][touched] = gradient
    return found


def learn(tagger, model, examples, times):
    scores, backprop = model.begin_update([eg.predicted for eg in examples])
    assert len(scores.lengths) == times * len(examples)
    loss, d_scores = tagger.get_loss(times * examples, scores)
    backprop(d_scores)
    return loss, take_gradients(model)


@pytest.mark.parametrize("config", [{}, {"scheme": "BIOES", "learning": {"label_smoothing": 0.1, "missed_cost": 1.0}}])
def test_each_expert_gets_the_gradient_that_it_would_get_alone(config):
    """The transitions, which they share, get the sum."""
    nlp, tagger, examples = make(**config)
    loss, joint = learn(tagger, tagger.model, examples, times=2)
    alone = [learn(tagger, model, examples, times=1) for model in experts(tagger)]
    assert loss == pytest.approx(sum(one for one, _ in alone), rel=1e-5) and min(one for one, _ in alone) > 1
    shared = tagger.model.get_ref("crf").id
    assert set(joint) == set(alone[0][1]) | set(alone[1][1])
    for key, found in joint.items():
        parts = [gradients[key] for _, gradients in alone if key in gradients]
        assert len(parts) == (2 if key[0] == shared else 1)
        assert found == pytest.approx(sum(parts), abs=2e-4), key
        assert found.any()


def test_update_and_rehearse_learn_from_both():
    nlp, tagger, examples = make()
    expected = learn(tagger, tagger.model, examples, times=2)[0]
    losses = tagger.update(examples, drop=0.0)
    assert losses["bio_crf_tagger"] == pytest.approx(expected, rel=1e-5)
    assert all(found.any() for found in take_gradients(tagger.model).values())
    optimizer = nlp.resume_training()
    losses = tagger.rehearse(examples)
    assert losses["bio_crf_tagger"] == pytest.approx(0, abs=1e-4)
    assert all(found == pytest.approx(0, abs=1e-4) for found in take_gradients(tagger.model).values())
    tagger.update(examples, sgd=optimizer)
    losses = tagger.rehearse(examples)
    assert losses["bio_crf_tagger"] > 1e-3 and all(found.any() for found in take_gradients(tagger.model).values())


@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_the_weighted_sum_predicts(weight):
    _, tagger, examples = make({**JOINT, "encoder_weight": weight})
    docs = [eg.predicted for eg in examples]
    joint, (encoder, features) = tagger.model.predict(docs), [model.predict(docs) for model in experts(tagger)]
    assert joint.emissions == pytest.approx(weight * encoder.emissions + features.emissions, abs=1e-5)
    assert joint.lengths.tolist() == encoder.lengths.tolist() == features.lengths.tolist()
    assert encoder.emissions.any(axis=1).all() and features.emissions.any(axis=1).all()


def test_a_shared_encoder_gets_its_gradient():
    """The same as from a tagger with the encoder alone, which listens in the same way."""
    nlp, tagger, examples = make({**JOINT, "tok2vec": LISTENER})
    shared = nlp.get_pipe("tok2vec").model
    nlp.update(examples, sgd=False)
    found = take_gradients(shared)
    take_gradients(tagger.model)
    tagger.model = experts(tagger)[0]
    nlp.update(examples, sgd=False)
    expected = take_gradients(shared)
    assert set(found) == set(expected) and any(gradient.any() for gradient in expected.values())
    for key in expected:
        assert found[key] == pytest.approx(expected[key], abs=1e-4)


@pytest.mark.parametrize("listens", [False, True])
def test_a_batch_without_annotation(listens):
    """It changes nothing, and does not stop the shared encoder."""
    nlp, tagger, examples = make({**JOINT, "tok2vec": LISTENER} if listens else JOINT)
    silent = [Example(nlp.make_doc(eg.text), nlp.make_doc(eg.text)) for eg in examples]
    losses = nlp.update(silent, sgd=False)
    assert losses["bio_crf_tagger"] == pytest.approx(0, abs=1e-4)
    for _, node in nlp.pipeline:
        found = take_gradients(node.model)
        assert found and all(numpy.abs(gradient).max(initial=0) < 1e-5 for gradient in found.values())
    blank = [Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words)) for words in ([], ["\n"])]
    nlp.update(blank, sgd=nlp.create_optimizer())


def test_the_loss_takes_the_examples_once():
    _, tagger, examples = make()
    scores, _ = tagger.model.begin_update([eg.predicted for eg in examples])
    loss, gradient = tagger.get_loss(examples, scores)
    assert loss > 0 and gradient.emissions.shape == scores.emissions.shape
