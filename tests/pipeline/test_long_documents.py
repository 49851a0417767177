"""A long document goes through the chain in windows, with the same outcome."""
import numpy
import pytest
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.crf import cpu

from ..conftest import make_nlp


@pytest.fixture
def small_windows():
    """Windows of 7 tokens, for sequences of more than 20."""
    before = cpu.use_windows(20, 7)
    yield
    cpu.use_windows(*before)


def outcome(constraints):
    nlp = make_nlp(constraints=constraints)
    tagger = nlp.get_pipe("bio_crf_tagger")
    rng = numpy.random.default_rng(0)
    words = [f"w{i}" for i in rng.integers(0, 30, size=500)]
    predicted, reference = Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words)
    ents = [Span(reference, i, i + 1 + i % 9, label="AB"[i % 2]) for i in range(0, 480, 11)]
    reference.set_ents(ents, missing=[reference[480:490]], default="outside")
    example = Example(predicted, reference)
    optimizer = nlp.initialize(lambda: [example])
    losses = [nlp.update([example], sgd=optimizer)["bio_crf_tagger"] for _ in range(3)]
    weights = [node.get_param(name).tolist() for node in tagger.model.walk() for name in node.param_names]
    ((decoding,),) = tagger.predict([predicted])
    posterior = tagger.posterior(predicted)
    found = [posterior.candidates(0.2).attrs["scores"].tolist(), posterior.entropy(), posterior.log_probability()]
    return losses, weights, decoding.tags.tolist(), decoding.probabilities.tolist(), found


@pytest.mark.filterwarnings("ignore:.*W401")
@pytest.mark.parametrize("constraints", [{}, {"max_span_length": 4, "label_order": ["A", "B"]}], ids=["free", "rules"])
def test_training_and_prediction_are_bit_equal_in_windows(constraints, request):
    whole = outcome(constraints)
    request.getfixturevalue("small_windows")
    assert outcome(constraints) == whole
