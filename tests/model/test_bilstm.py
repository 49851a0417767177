"""The bidirectional LSTM: what torch's gives for each document alone, in values and gradients."""
import numpy
import pytest
import spacy
from numpy.testing import assert_allclose
from thinc.api import set_dropout_rate

from spacy_bio_crf.model.bilstm import build_bilstm_v1

from ..conftest import SENTENCES, SMALL_MODEL, make_examples, make_nlp, train

torch = pytest.importorskip("torch")
WIDTH = 6


def encoder(architecture, width=32):
    embed = {"width": width, "attrs": ["NORM"], "rows": [200], "include_static_vectors": False}
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {"@architectures": "spacy.MultiHashEmbed.v2", **embed},
        "encode": {"@architectures": architecture, "width": width, "depth": 1, "dropout": 0.0},
    }


def as_torch_has_it(ours, depth):
    """One of torch's own, with the same parameters, and pairs of the two modules' parameters."""
    lstm, pairs = torch.nn.LSTM(WIDTH, WIDTH // 2, depth, bidirectional=True), []
    for layer in range(depth):
        for direction, suffix in ((ours.onwards, ""), (ours.backwards, "_reverse")):
            for name, parameter in direction[layer].named_parameters():
                pairs.append((parameter, getattr(lstm, name.replace("_l0", f"_l{layer}") + suffix)))
                pairs[-1][1].data = parameter.data.clone()
    return lstm, pairs


@pytest.mark.parametrize("lengths", [[3, 1, 5], [0, 2, 0, 4, 0], [7], [1, 1]])
@pytest.mark.parametrize("depth", [1, 2])
def test_documents_are_encoded_alone(lengths, depth):
    spacy.util.fix_random_seed(0)
    model, rng = build_bilstm_v1(WIDTH, depth), numpy.random.default_rng(0)
    docs, gradients = ([rng.normal(size=(n, WIDTH)).astype("f") for n in lengths] for _ in range(2))
    model.initialize(X=docs)
    lstm, parameters = as_torch_has_it(next(shim for node in model.walk() for shim in node.shims)._model, depth)
    expected, expected_d_docs = [], []
    for doc, gradient in zip(docs, gradients):
        X = torch.tensor(doc, requires_grad=True)
        Y = lstm(X)[0] if len(X) else X
        Y.backward(torch.tensor(gradient))
        expected.append(Y.detach().numpy())
        expected_d_docs.append(X.grad.numpy())
    found, backprop = model.begin_update(docs)
    d_docs = backprop(gradients)
    for pair in [*zip(found, expected), *zip(d_docs, expected_d_docs), *zip(model.predict(docs), expected)]:
        assert_allclose(*pair, rtol=1e-5, atol=1e-6)
    for ours, theirs in parameters:
        assert_allclose(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


def test_predictions_do_not_depend_on_the_batch():
    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": encoder("spacy_bio_crf.BiLSTM.v1")})
    train(nlp, make_examples(nlp))
    texts = ["", "Shaka", *(text for text, _ in SENTENCES), "\n", "Who is in New York? " * 5]
    together = nlp.get_pipe("bio_crf_tagger").model.predict([nlp.make_doc(text) for text in texts])
    alone = [nlp.get_pipe("bio_crf_tagger").model.predict([nlp.make_doc(text)]).emissions for text in texts]
    assert_allclose(together.emissions, numpy.concatenate(alone), rtol=1e-4, atol=1e-5)


def test_the_dropout_of_the_training_acts_on_the_vectors():
    model, docs = build_bilstm_v1(WIDTH), [numpy.ones((50, WIDTH), dtype="f")]
    model.initialize(X=docs)
    set_dropout_rate(model, 0.5)
    zeros = (model.begin_update(docs)[0][0] == 0).mean()
    assert 0.3 < zeros < 0.7 and model.predict(docs)[0].all()


def test_rehearsal_copies_it():
    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": encoder("spacy_bio_crf.BiLSTM.v1")})
    examples = make_examples(nlp)
    train(nlp, examples)
    optimizer = nlp.resume_training()
    assert nlp.rehearse(examples, sgd=optimizer)["bio_crf_tagger"] == pytest.approx(0, abs=1e-4)


def test_encoders_that_cannot_take_batches_without_tokens():
    """Such as spaCy's: they are not asked."""
    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": encoder("spacy.TorchBiLSTMEncoder.v1")})
    train(nlp, make_examples(nlp), steps=1)
    assert [len(doc.ents) for doc in (nlp(""), *nlp.pipe(["", ""]))] == [0, 0, 0]


@pytest.mark.parametrize("width,depth", [(7, 1), (0, 1), (6, 0)])
def test_sizes_that_cannot_be(width, depth):
    with pytest.raises(ValueError, match="E314"):
        build_bilstm_v1(width, depth)
