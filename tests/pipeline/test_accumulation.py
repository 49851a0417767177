"""A batch in parts, as `accumulate_gradient` has it: gradients add up to those of the whole."""
import pytest
from numpy.testing import assert_allclose
from spacy.training.loop import subdivide_batch
from thinc.api import SGD

from ..conftest import SENTENCES, SMALL_MODEL, make_examples, make_nlp
from ..linear import JOINT, LINEAR

LISTENER = {**SMALL_MODEL, "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}}
OTHERS = [("", []), ("Paris", [(0, 5, "LOC")]), ("\n", []), ("Ann met Bob in Rome, not in Bonn.", [(0, 3, "PERSON")])]
LEARNING = {"missed_cost": 0.5, "spurious_cost": 0.2, "label_smoothing": 0.05}


def parameters(nlp):
    """All that a step may change."""
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            yield from (node.get_param(name).copy() for name in node.param_names)
            yield from (shim.table.values.copy() for shim in node.shims)


def step(nlp, examples, parts):
    """A step as spaCy's training makes it. RETURNS (Tuple[Dict[str, float], List[FloatsXd]]): Losses and parameters."""
    losses = {}
    for part in subdivide_batch(examples, parts):
        nlp.update(part, sgd=False, losses=losses)
    sgd = SGD(0.01, grad_clip=0.0, use_averages=False)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(sgd)
    return losses, list(parameters(nlp))


@pytest.mark.parametrize("learning", [{}, LEARNING], ids=["plain", "costs"])
@pytest.mark.parametrize("model", [SMALL_MODEL, LINEAR, JOINT, LISTENER], ids=["cnn", "linear", "joint", "shared"])
def test_parts_of_a_batch_teach_what_the_whole_does(model, learning):
    nlp = make_nlp(model=model, learning=learning)
    if model is LISTENER:
        nlp.add_pipe("tok2vec", config={"model": SMALL_MODEL["tok2vec"]}, first=True)
    examples = make_examples(nlp, [*SENTENCES, *OTHERS])
    nlp.initialize(lambda: examples)
    for _ in range(3):  # from zero, the emissions send no gradient to the encoder
        step(nlp, examples, 1)
    state, before = nlp.to_bytes(), list(parameters(nlp))
    (losses, expected), *found = [step(nlp.from_bytes(state), examples, parts) for parts in (1, 2, 3, len(examples))]
    assert all((old != new).any() for old, new in zip(before, expected) if old.size > 10)
    for found_losses, in_parts in found:
        assert found_losses == pytest.approx(losses, rel=1e-5)
        for one, whole in zip(in_parts, expected):
            assert_allclose(one, whole, rtol=1e-4, atol=1e-6)
