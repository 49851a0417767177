"""Learn rates of chains and encoders apart: every parameter moves as by a plain Adam with its rate."""
import numpy
import pytest
import spacy
from spacy.util import registry
from thinc.api import Adam, Optimizer

from spacy_bio_crf.model.optimizer import LayerwiseAdam

from ..conftest import SMALL_MODEL, make_examples, make_nlp
from ..linear import JOINT

ENCODER, CHAIN = 0.001, 0.02
SETTINGS = {"L2": 0.01, "grad_clip": 0.5, "beta1": 0.8, "use_averages": True}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
BILSTM = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 32,
        "attrs": ["NORM"],
        "rows": [100],
        "include_static_vectors": False,
    },
    "encode": {"@architectures": "spacy.TorchBiLSTMEncoder.v1", "width": 32, "depth": 1, "dropout": 0.0},
}
MODELS = {
    "own": SMALL_MODEL,
    "joint": JOINT,
    "torch": {**SMALL_MODEL, "tok2vec": BILSTM},
    "shared": {**SMALL_MODEL, "tok2vec": LISTENER},
}


class Watched(LayerwiseAdam):
    """Compares each step with that of a plain Adam of the rate that is expected, bit by bit."""

    def watch(self, chain, plain):
        self.chain, self.plain, self.seen = chain, plain, set()

    def __call__(self, key, weights, gradient, **kwargs):
        plain = self.plain[key in self.chain]
        expected, _ = plain(key, weights.copy(), gradient.copy(), **kwargs)
        found, zeros = super().__call__(key, weights, gradient, **kwargs)
        numpy.testing.assert_array_equal(found, expected)
        numpy.testing.assert_array_equal(self.averages[key], plain.averages[key])
        assert not zeros.any()
        self.seen.add(key)
        return found, zeros


def rates(*, schedule):
    """Rates of encoder and chain, or schedules of them."""
    return ([[rate, rate / 2, rate / 4] for rate in (ENCODER, CHAIN)]) if schedule else [ENCODER, CHAIN]


@pytest.mark.parametrize("schedule", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_each_parameter_moves_as_by_a_plain_adam(name, schedule):
    if name == "torch":
        pytest.importorskip("torch")
    nlp = make_nlp(model=MODELS[name])
    if name == "shared":
        nlp.add_pipe("tok2vec", config={"model": SMALL_MODEL["tok2vec"]}, first=True)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    tagger = nlp.get_pipe("bio_crf_tagger")
    above = [node for node in tagger.model.walk() if node.name in ("maxout", "linear", "crf")]
    encoder = nlp.get_pipe("tok2vec").model if name == "shared" else tagger.model.get_ref("tok2vec")
    inside = {node.id for node in encoder.walk()}
    chain = {(node.id, key) for node in above if node.id not in inside for key in node.param_names}
    assert len(chain) == 7  # two layers with W and b; start, step and end
    optimizer = Watched(*rates(schedule=schedule), **SETTINGS)
    optimizer.watch(chain, {is_chain: Adam(rate, **SETTINGS) for is_chain, rate in enumerate(rates(schedule=schedule))})
    for _ in range(4):
        nlp.update(examples, sgd=optimizer, drop=0.2)
        for one in (optimizer, *optimizer.plain.values()):
            one.step_schedules()
    assert chain < optimizer.seen  # and the encoder
    assert optimizer.learn_rate == (ENCODER / 4 if schedule else ENCODER)


def test_labels_that_come_late_have_the_rate_of_the_chain():
    """Their layers are new ones."""
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    nlp.get_pipe("bio_crf_tagger").add_label("NEW")
    examples += make_examples(nlp, [("Nobody is new.", [(10, 13, "NEW")])])
    optimizer = LayerwiseAdam(0.0, CHAIN, use_averages=False)
    before = nlp.get_pipe("bio_crf_tagger").model.get_ref("tok2vec").to_bytes()
    for _ in range(80):
        nlp.update(examples, sgd=optimizer)
    assert [(ent.text, ent.label_) for ent in nlp("Nobody is new.").ents] == [("new", "NEW")]
    assert nlp.get_pipe("bio_crf_tagger").model.get_ref("tok2vec").to_bytes() == before  # a rate of 0 stands still


def test_configs_name_it():
    """With the settings of `Adam.v1`, numbers or schedules."""
    block = """
    [optimizer]
    @optimizers = "spacy_bio_crf.LayerwiseAdam.v1"
    learn_rate = 0.0
    use_averages = false

    [optimizer.chain_learn_rate]
    @schedules = "warmup_linear.v1"
    warmup_steps = 2
    total_steps = 10
    initial_rate = 0.01
    """
    optimizer = registry.resolve(spacy.util.Config().from_str(block))["optimizer"]
    assert isinstance(optimizer, Optimizer) and optimizer.averages is None and optimizer.learn_rate == 0
    found = [optimizer.chain_learn_rate]
    for _ in range(3):
        optimizer.step_schedules()
        found.append(optimizer.chain_learn_rate)
    assert found == pytest.approx([0.0, 0.005, 0.01, 0.00875])
