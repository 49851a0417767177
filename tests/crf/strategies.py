"""Small batches of any kind, and large random ones."""
import numpy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spacy_bio_crf.tags.constraints import TagSet
from spacy_bio_crf.types import ChainScores, Constraints

# The fixture `crf` is the same for all examples, and that is meant.
many_examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def masks(shape):
    """Mostly legal: hypothesis alone would forbid half of everything, and hardly a path would be left."""
    return arrays("bool", shape, elements=st.sampled_from([True, True, True, False]))


@st.composite
def batches(draw, values=None, max_length=5):
    n_tags = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(0, max_length if n_tags < 4 else min(max_length, 4)), max_size=3))
    if values is None:
        scale = draw(st.sampled_from([1.0, 30.0, 400.0, 1e4, 1e6]))
        values = st.floats(-scale, scale, width=32)
    floats = lambda *shape: draw(arrays("float32", shape, elements=values))
    step = draw(st.one_of(masks((n_tags, n_tags)), st.just(numpy.eye(n_tags, dtype=bool))))
    constraints = Constraints(draw(masks(n_tags)), step, draw(masks(n_tags)))
    return ChainScores(
        floats(sum(lengths), n_tags), numpy.array(lengths, dtype="int64"), floats(n_tags), floats(n_tags, n_tags),
        floats(n_tags), constraints,
    )


@st.composite
def masked_batches(draw, **kwargs):
    """A batch, and `allowed` or None."""
    scores = draw(batches(**kwargs))
    return scores, draw(st.one_of(st.none(), masks(scores.emissions.shape)))


def random_batch(lengths, n_tags, scale=1.0, seed=0, legal=0.8):
    """legal: how many of the steps are."""
    rng = numpy.random.default_rng(seed)
    floats = lambda *shape: (scale * rng.normal(size=shape)).astype("float32")
    every = numpy.ones(n_tags, dtype=bool)
    constraints = Constraints(every, rng.random((n_tags, n_tags)) < legal, every.copy())
    constraints.step[:, 0] = True
    lengths = numpy.array(lengths)
    return ChainScores(
        floats(lengths.sum(), n_tags), lengths, floats(n_tags), floats(n_tags, n_tags), floats(n_tags), constraints
    )


def bio_batch(lengths, n_labels, scale=1.0, seed=0):
    """Tags O, B-0, I-0, B-1, I-1, ... with the constraints of BIO."""
    scores = random_batch(lengths, 2 * n_labels + 1, scale, seed)
    scores.constraints.step[:] = True
    for inside in range(2, 2 * n_labels + 1, 2):
        scores.constraints.start[inside] = False
        scores.constraints.step[:, inside] = False
        scores.constraints.step[inside - 1 : inside + 1, inside] = True
    return scores


def scheme_batch(scheme, lengths, n_labels, scale=1.0, seed=0):
    """Random scores under a scheme's constraints, and its tags."""
    tags = TagSet(scheme, [f"L{i}" for i in range(n_labels)])
    scores = random_batch(lengths, len(tags), scale, seed)
    scores.constraints = tags.constraints
    return scores, tags


def uniform(n_tags, lengths):
    """All scores zero, all steps legal."""
    zeros = lambda *shape: numpy.zeros(shape, "float32")
    constraints = Constraints(*(numpy.ones(shape, "bool") for shape in (n_tags, (n_tags, n_tags), n_tags)))
    lengths = numpy.array(lengths, dtype="int64")
    return ChainScores(
        zeros(lengths.sum(), n_tags), lengths, zeros(n_tags), zeros(n_tags, n_tags), zeros(n_tags), constraints
    )
