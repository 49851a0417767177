"""Long sequences are gone through in windows: memory is bounded, and every result is the same, bit for bit."""
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_bio_crf.crf import cpu
from spacy_bio_crf.types import ChainScores

from .strategies import bio_batch, many_examples, masked_batches, random_batch, scheme_batch


@pytest.fixture(autouse=True)
def default_windows():
    before = cpu.use_windows(0, 1)
    cpu.use_windows(*before)
    yield
    cpu.use_windows(*before)


def all_of(result):
    if isinstance(result, tuple):
        return [array for part in result for array in all_of(part)]
    if isinstance(result, ChainScores):
        return [result.emissions, result.start, result.step, result.end]
    return [result]


def calls(compiled, scores, allowed, gold, spans, labels, joins):
    yield lambda: compiled.log_partition(scores, allowed)
    yield lambda: compiled.marginals(scores, allowed)
    yield lambda: compiled.loss(scores, gold, allowed)
    yield lambda: compiled.best_path(scores, allowed)
    yield lambda: compiled.entropy(scores, allowed)
    yield lambda: compiled.sample(scores, 2, 0, allowed)
    yield lambda: compiled.expected_value(scores, scores.emissions[::-1].copy(), allowed)
    yield lambda: compiled.span_probabilities(scores, spans, labels, joins, allowed)
    yield lambda: compiled.likely_spans(scores, 0.05, labels, joins, allowed)


def outcome(call):
    try:
        return [array.tolist() for array in all_of(call())]
    except ValueError as error:
        return str(error)


def every_span(lengths, longest, n_labels):
    stops = numpy.cumsum(lengths)
    tokens = [
        (start, end)
        for n, stop in zip(lengths, stops)
        for start in range(stop - n, stop)
        for end in range(start + 1, min(stop, start + longest) + 1)
    ]
    return numpy.array([(*span, label) for span in tokens for label in range(n_labels)], dtype="int64").reshape(-1, 3)


@many_examples
@given(case=masked_batches(), sizes=st.tuples(st.integers(0, 3), st.integers(1, 3)), data=st.data())
def test_any_windows(compiled, case, sizes, data):
    scores, allowed = case
    rng, shape = numpy.random.default_rng(data.draw(st.integers(0, 100))), scores.emissions.shape
    gold = rng.random(shape) < data.draw(st.sampled_from([0.7, 1.0]))
    labels, joins = rng.integers(-1, 2, size=shape[1]), rng.random((shape[1], shape[1])) < 0.5
    spans = every_span(scores.lengths, 5, 2)
    for call in calls(compiled, scores, allowed, gold, spans, labels, joins):
        cpu.use_windows(1000, 1000)
        expected = outcome(call)
        cpu.use_windows(*sizes)
        assert outcome(call) == expected


@pytest.mark.parametrize("sizes", [(0, 1), (1, 2), (10, 3), (40, 41), (64, 64)])
@pytest.mark.parametrize("scale", [1.0, 5.0, 200.0, 1e5])
def test_longer_sequences(compiled, sizes, scale):
    lengths = [70, 0, 3, 130, 64, 65]
    scores, tags = scheme_batch("BIOES", lengths, 3, scale)
    path = numpy.eye(len(tags), dtype=bool)[compiled.best_path(scores)[0]]
    some = path | (numpy.random.default_rng(0).random(path.shape) < 0.5)
    spans = every_span(lengths, 9, 2)
    numpy.random.default_rng(0).shuffle(spans)
    for gold in (path, some):
        for call in calls(compiled, scores, None, gold, spans, tags.label_ids, tags.joins):
            cpu.use_windows(1000, 1000)
            expected = all_of(call())
            cpu.use_windows(*sizes)
            for got, array in zip(all_of(call()), expected):
                assert_array_equal(got, array)


def test_a_span_over_many_windows(compiled):
    n, joins = 300, numpy.array([[False, False], [False, True]])
    scores = random_batch([n], 2, legal=1.1)
    scores.emissions[:, 1] += 20.0
    expected = compiled.span_probabilities(scores, [(0, n, 0), (3, 250, 0)], [-1, 0], joins)
    assert expected[0] > 0.1
    cpu.use_windows(10, 7)
    assert_array_equal(compiled.span_probabilities(scores, [(0, n, 0), (3, 250, 0)], [-1, 0], joins), expected)
    spans, probabilities = compiled.likely_spans(scores, 0.1, [-1, 0], joins)
    assert spans[0].tolist() == [0, n, 0] and probabilities[0] == expected[0]


def test_a_dead_end_in_the_middle(compiled):
    cpu.use_windows(10, 7)
    scores, allowed = bio_batch([40, 30], 2), numpy.ones((70, 5), dtype=bool)
    allowed[20] = False
    log_z, gradient = compiled.marginals(scores, allowed)
    assert log_z[0] == -numpy.inf and numpy.isfinite(log_z[1])
    assert not gradient.emissions[:40].any() and gradient.emissions[40:].any(axis=1).all()
    with pytest.raises(ValueError, match="E204.*equence 0 .* token 20"):
        compiled.best_path(scores, allowed)


MEMORY = """
import resource, sys
import numpy
from spacy_bio_crf.crf import cpu
from tests.crf.strategies import bio_batch
from tests.crf.test_windows import all_of, every_span

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

n, task = int(sys.argv[1]), sys.argv[2]
scores = bio_batch([30], 4)
labels, joins = numpy.repeat(numpy.arange(-1, 4), 2)[1:], numpy.zeros((9, 9), dtype=bool)
gold = numpy.ones((n, 9), dtype=bool)
gold[::2, 2:] = False
one_path = numpy.zeros((n, 9), dtype=bool)
one_path[:, 0] = True
spans = numpy.array([(s, s + 2, 1) for s in range(0, n - 2, n // 100)])
call = {
    "log_partition": lambda: cpu.log_partition(scores),
    "marginals": lambda: cpu.marginals(scores),
    "loss of a path": lambda: cpu.loss(scores, one_path[: len(scores.emissions)]),
    "loss": lambda: cpu.loss(scores, gold[: len(scores.emissions)], gold[: len(scores.emissions)]),
    "best_path": lambda: cpu.best_path(scores),
    "entropy": lambda: cpu.entropy(scores),
    "expected_value": lambda: cpu.expected_value(scores, scores.emissions),
    "sample": lambda: cpu.sample(scores, 1, 0),
    "span_probabilities": lambda: cpu.span_probabilities(scores, spans[spans[:, 1] < len(scores.emissions)], labels, joins),
    "likely_spans": lambda: cpu.likely_spans(scores, 0.99, labels, joins),
}[task]
call()
scores.emissions = numpy.random.default_rng(0).standard_normal((n, 9), dtype="float32")
scores.lengths = numpy.array([n])
before = peak()
result = call()
print(peak() - before - sum(array.nbytes for array in all_of(result)))
"""
TASKS = (
    "log_partition", "marginals", "loss of a path", "loss", "best_path", "entropy", "expected_value", "sample",
    "span_probabilities", "likely_spans",
)  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
@pytest.mark.parametrize("task", TASKS)
def test_memory_is_bounded(task):
    """Beside inputs and outputs: a row of doubles for each token would be 64 MiB, and most want several."""
    n = 2**19
    command = [sys.executable, "-c", MEMORY, str(n), task]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    uniforms = 8 * n if task == "sample" else 0
    assert int(done.stdout) < uniforms + 4 * 2**20
