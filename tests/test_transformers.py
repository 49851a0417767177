"""The chain over a transformer: a tiny random BERT, made here and read from its folder by either of spaCy's plugins."""
from importlib.util import find_spec

import numpy
import pytest
import spacy
from spacy.training.initialize import init_nlp
from thinc.api import Adam

from spacy_bio_crf import crf

from .conftest import SENTENCES, make_examples
from .trainings import finds_all, short_config, train_best, write_corpus

PLUGINS = {"transformer": "spacy_transformers", "curated_transformer": "spacy_curated_transformers"}
OLD_NUMPY = tuple(map(int, numpy.__version__.split(".")[:2])) < (2, 4)
POOLING = "components.bio_crf_tagger.model.tok2vec.pooling.@layers"
WINDOW = 16  # tokens or pieces, three quarters of them new
POSITIONS = 80  # that the BERT knows
ODD_TEXTS = ["", " ", "\u200b", "I like  London \n and\u200b", "Shaka\u200b \u200b Khan"]  # tokens without pieces

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, PLUGINS.values())), reason="needs spacy-transformers and spacy-curated-transformers"
)
both = pytest.mark.parametrize("name", PLUGINS)


def may_train(name):
    if name == "curated_transformer" and not OLD_NUMPY:
        pytest.skip("spacy-curated-transformers 0.3 cannot train with NumPy 2.4: it takes the float() of an array")


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """Settings for both configs: where the BERT is, and what the curated one has to know of it. It reads some words as
    one piece, and others letter by letter."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    letters = sorted(set("".join(text for text, _ in SENTENCES)) - {" "})
    words = ["lives", "like", "here", *letters, *("##" + letter for letter in letters)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf8")
    BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
    shape = {
        "vocab_size": len(vocabulary),
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": POSITIONS,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    spacy.util.fix_random_seed(0)
    BertModel(BertConfig(hidden_size=32, intermediate_size=64, **shape)).save_pretrained(folder)
    shape.update({"hidden_width": 32, "intermediate_width": 64, "model_max_length": POSITIONS})
    curated = {f"components.transformer.model.{key}": value for key, value in shape.items()}
    path = {"paths.transformer": str(folder)}
    return {"transformer": path, "curated_transformer": {**path, **curated}}


@pytest.fixture
def config_of(sizes, tmp_path, monkeypatch):
    """A ready config for this BERT: few steps, long ones, since nothing is pretrained, and short windows."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    corpus = write_corpus(tmp_path / "docs.spacy")
    spans = {"transformer": "get_spans", "curated_transformer": "with_spans"}
    optimizer = {"learn_rate.warmup_steps": 4, "learn_rate.initial_rate": 0.003, "chain_learn_rate.initial_rate": 0.01}

    def config_of(name, window=WINDOW, **settings):
        windows = {"window": window, "stride": window * 3 // 4}
        windows = {f"components.transformer.model.{spans[name]}.{key}": value for key, value in windows.items()}
        steps = {f"training.optimizer.{key}": value for key, value in optimizer.items()}
        return short_config(name, corpus, {**sizes[name], **windows, **steps, "training.max_steps": 40, **settings})

    return config_of


@both
@pytest.mark.parametrize("pooling", ["reduce_mean.v1", "spacy_bio_crf.FirstPiece.v1"])
def test_configs_train(name, pooling, config_of, tmp_path):
    may_train(name)
    loaded = train_best(config_of(name, **{POOLING: pooling}), tmp_path)
    assert loaded.meta["performance"]["ents_f"] == 1 and finds_all(loaded)
    alone, together = [loaded(text) for text in ODD_TEXTS], list(loaded.pipe(ODD_TEXTS))
    assert [[ent.text for ent in doc.ents] for doc in alone] == [[ent.text for ent in doc.ents] for doc in together]


def test_both_plugins_give_the_same_vectors(config_of):
    vectors = []
    for name in PLUGINS:
        nlp = init_nlp(config_of(name, POSITIONS))
        docs = [nlp(text) for text, _ in SENTENCES]
        vectors.append(numpy.concatenate(nlp.get_pipe("bio_crf_tagger").model.get_ref("tok2vec").predict(docs)))
    numpy.testing.assert_allclose(*vectors, atol=1e-5)


@both
@pytest.mark.parametrize("rules", [[], ["LOC", "PERSON"]], ids=["free", "at most one"])
def test_a_long_document_has_one_chain_across_the_windows(name, rules, config_of):
    """It is longer than the transformer can read at once. What is decoded, and how probable it is, follows from all
    emissions alike."""
    nlp = init_nlp(config_of(name))
    tagger, rng = nlp.get_pipe("bio_crf_tagger"), numpy.random.default_rng(0)
    tagger.cfg["constraints"]["at_most_one"] = rules
    for node, param in [(tagger.model.get_ref("output_layer"), "W"), (tagger.model.get_ref("crf"), "step")]:
        node.set_param(param, rng.normal(size=node.get_param(param).shape).astype("f"))
    doc = nlp(" ".join(text for text, _ in 5 * SENTENCES))
    scores = tagger.model.predict([doc])
    assert scores.lengths.tolist() == [len(doc)] and len(doc) > POSITIONS > 2 * WINDOW
    by_label = [[ent for ent in doc.ents if ent.label_ == label] for label in ("LOC", "PERSON")]
    assert all(len(ents) == 1 if rules else len(ents) > 5 for ents in by_label)
    if not rules:
        spans = [(start, start + 3, label) for start in range(len(doc) - 3) for label in (0, 1)]
        tagset = tagger.tagset
        expected = crf.span_probabilities(scores, numpy.array(spans), tagset.label_ids, tagset.joins)
        found = tagger.span_probabilities(doc, [(start, end, tagset.labels[label]) for start, end, label in spans])
        numpy.testing.assert_allclose(found, expected, atol=1e-6)


@both
def test_parts_of_a_batch_have_the_gradients_of_the_whole(name, config_of):
    """So `accumulate_gradient` is a larger batch."""
    may_train(name)
    nlp = init_nlp(config_of(name))
    examples, gradients = make_examples(nlp), []
    nlp.update(examples, sgd=Adam(0.01), drop=0.0)  # emissions begin at zero, where no gradient goes further
    for parts in ([examples], [examples[:1], examples[1:]]):
        for part in parts:
            nlp.update(part, sgd=False, drop=0.0)
        gradients.append(list(take_gradients(nlp)))
    assert len(gradients[0]) > 30
    for whole, sum_of_parts in zip(*gradients):
        numpy.testing.assert_allclose(whole, sum_of_parts, atol=1e-4 * numpy.abs(whole).max() + 1e-6)
    assert all(whole.any() for whole in gradients[0][-4:])


def take_gradients(nlp):
    """Of the transformer and of the chain, which are left with none."""
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for param in node.param_names:
                yield node.get_grad(param).copy()
                node.set_grad(param, numpy.zeros_like(node.get_grad(param)))
            for shim in node.shims:
                for parameter in shim._model.parameters():
                    if parameter.grad is not None:
                        yield parameter.grad.numpy().copy()
                        parameter.grad = None
