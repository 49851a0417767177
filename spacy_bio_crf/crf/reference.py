"""The definition of the chain: one sequence at a time, float64 NumPy, in log space. Slow and obvious.

Forward-backward and Viterbi are one recursion with another sum (the semiring): see Rabiner (1989), "A tutorial on hidden
Markov models", and Lafferty et al. (2001), "Conditional random fields". The other backends are tested against this one.
"""
from itertools import combinations, islice
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import numpy

from ..errors import Errors
from ..types import Bools2d, ChainScores, Floats1d, Floats2d, Ints1d, Ints2d
from .checks import (
    check_array,
    check_ints,
    check_k,
    check_mask,
    check_n_samples,
    check_scores,
    check_spans,
    check_tags,
    check_threshold,
    check_values,
    uniform_numbers,
    value_unit,
)

GRID = 2.0**36
Prefixes = List[Tuple[float, Tuple[int, ...]]]


class Chain(NamedTuple):
    """The lattice of one sequence in float64, with -inf where it forbids."""

    emissions: Floats2d
    start: Floats1d
    step: Floats2d
    end: Floats1d


def log_sum(x: numpy.ndarray, axis: int = -1) -> numpy.ndarray:
    top = x.max(axis=axis, keepdims=True)
    top[top == -numpy.inf] = 0.0
    with numpy.errstate(divide="ignore"):
        return (top + numpy.log(numpy.exp(x - top).sum(axis=axis, keepdims=True))).squeeze(axis)


def forward(chain: Chain, plus: Callable = log_sum) -> Floats2d:
    """alpha[t, j]: total score of the paths that are at tag j at token t. Shape: n, K"""
    alpha = numpy.empty_like(chain.emissions)
    for t, emission in enumerate(chain.emissions):
        before = chain.start if t == 0 else plus(alpha[t - 1, :, None] + chain.step, axis=0)
        alpha[t] = before + emission
    return alpha


def backward(chain: Chain, plus: Callable = log_sum) -> Floats2d:
    """beta[t, i]: total score of the ways to go on from tag i at token t. Shape: n, K"""
    beta = numpy.empty_like(chain.emissions)
    for t in reversed(range(len(beta))):
        last = t + 1 == len(beta)
        beta[t] = chain.end if last else plus(chain.step + chain.emissions[t + 1] + beta[t + 1], axis=1)
    return beta


def total(chain: Chain, alpha: Floats2d, plus: Callable = log_sum) -> float:
    return float(plus(alpha[-1] + chain.end)) if len(alpha) else 0.0


def expectations(chain: Chain) -> Tuple[float, Chain]:
    """log Z and its gradient: token marginals, and expected starts, steps and ends."""
    alpha, beta = forward(chain), backward(chain)
    log_z = total(chain, alpha)
    counts = Chain(*(numpy.zeros_like(scores) for scores in chain))
    if len(alpha) and log_z > -numpy.inf:
        counts.emissions[:] = numpy.exp(alpha + beta - log_z)
        counts.start[:] = counts.emissions[0]
        counts.end[:] = counts.emissions[-1]
        for t in range(1, len(alpha)):
            after = chain.step + chain.emissions[t] + beta[t]
            counts.step[:] += numpy.exp(alpha[t - 1, :, None] + after - log_z)
    return log_z, counts


def log_partition(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    return numpy.array([total(chain, forward(chain)) for _, chain in _chains(scores, allowed)], dtype="float64")


def marginals(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    log_z, counts = [], []
    for _, chain in _chains(scores, allowed):
        sequence_log_z, sequence_counts = expectations(chain)
        log_z.append(sequence_log_z)
        counts.append(sequence_counts)
    return numpy.array(log_z, dtype="float64"), _gather(scores, counts)


def loss(scores: ChainScores, gold: Bools2d, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    gold = check_mask("gold", gold, check_scores(scores))
    legal_gold = gold if allowed is None else gold & allowed
    losses, gradients = [], []
    for b, (rows, chain) in enumerate(_chains(scores, allowed)):
        if gold[rows].all():  # whatever the annotation allows everything of costs nothing, legal or not
            losses.append(0.0)
            gradients.append(Chain(*(numpy.zeros_like(scores) for scores in chain)))
            continue
        gold_chain = chain._replace(emissions=numpy.where(legal_gold[rows], chain.emissions, -numpy.inf))
        (log_z, counts), (gold_log_z, gold_counts) = expectations(chain), expectations(gold_chain)
        if gold_log_z == -numpy.inf:
            raise ValueError(Errors.E205.format(sequence=b, token=dead_end(scores, b, legal_gold)))
        losses.append(log_z - gold_log_z)
        gradients.append(Chain(*(every - good for every, good in zip(counts, gold_counts))))
    return numpy.array(losses, dtype="float64"), _gather(scores, gradients)


def entropy(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    nats = []
    for b, (_, chain) in enumerate(_chains(scores, allowed)):
        alpha, beta = forward(chain), backward(chain)
        log_z = total(chain, alpha)
        if log_z == -numpy.inf:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(scores, b, allowed)))
        sequence_nats = _entropy(alpha[0] + beta[0]) if len(alpha) else 0.0
        for t in range(1, len(alpha)):
            probabilities = numpy.exp(alpha[t - 1] + beta[t - 1] - log_z)
            after = chain.step + chain.emissions[t] + beta[t]
            sequence_nats += sum(p * _entropy(row) for p, row in zip(probabilities, after) if p > 0)
        nats.append(sequence_nats)
    return numpy.array(nats, dtype="float64")


def sample(scores: ChainScores, n: int, seed: int, allowed: Optional[Bools2d] = None) -> Ints2d:
    n = check_n_samples(n)
    scores = check_scores(scores)
    uniforms = uniform_numbers(seed, (n, len(scores.emissions)))
    paths = numpy.empty(uniforms.shape, dtype="int32")
    for b, (rows, chain) in enumerate(_chains(scores, allowed)):
        alpha = forward(chain)
        if total(chain, alpha) == -numpy.inf:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(scores, b, allowed)))
        for path, numbers in zip(paths[:, rows], uniforms[:, rows]):
            after = chain.end
            for t in reversed(range(len(path))):
                path[t] = _pick(alpha[t] + after, numbers[t])
                after = chain.step[:, path[t]]
    return paths


def path_score(scores: ChainScores, tags: Ints1d) -> Floats1d:
    tags = check_tags(tags, check_scores(scores))
    return numpy.array([_path_score(chain, tags[rows]) for rows, chain in _chains(scores)], dtype="float64")


def best_path(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Ints1d, Floats1d]:
    paths = numpy.empty(len(scores.emissions), dtype="int32")
    best = []
    for b, (rows, chain) in enumerate(_chains(scores, allowed)):
        delta = forward(chain, plus=numpy.max)
        if total(chain, delta, plus=numpy.max) == -numpy.inf:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(scores, b, allowed)))
        path = paths[rows]
        after = chain.end
        for t in reversed(range(len(path))):
            path[t] = numpy.argmax(delta[t] + after)  # the first, so the lowest tag, of equals
            after = chain.step[:, path[t]]
        best.append(_path_score(chain, path))
    return paths, numpy.array(best, dtype="float64")


def k_best(scores: ChainScores, k: int, allowed: Optional[Bools2d] = None) -> Tuple[Ints2d, Floats2d]:
    k = check_k(k)
    scores = check_scores(scores)
    paths = numpy.full((k, len(scores.emissions)), -1, dtype="int32")
    best = numpy.full((k, len(scores.lengths)), -numpy.inf)
    for b, (rows, chain) in enumerate(_chains(scores, allowed)):
        prefixes: List[Prefixes] = [[] for _ in chain.start]
        for t, emission in enumerate(chain.emissions):
            if t == 0:
                prefixes = [_top(1, [(score, (j,))], emission[j]) for j, score in enumerate(chain.start)]
            else:
                prefixes = [
                    _top(k, _extended(prefixes, chain.step[:, j], (j,)), emission[j]) for j in range(len(emission))
                ]
        found = [path for _, path in _top(k, _extended(prefixes, chain.end))] if len(chain.emissions) else [()]
        if not found:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(scores, b, allowed)))
        for rank, path in enumerate(found):
            paths[rank, rows] = path
            best[rank, b] = _path_score(chain, path)
    return paths, best


def span_probabilities(
    scores: ChainScores, spans: Ints2d, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Floats1d:
    scores = check_scores(scores)
    n_tags = len(scores.start)
    labels = check_ints("labels", labels, (n_tags,))
    joins = check_array("joins", joins, "bool", (n_tags, n_tags))
    spans, sequences = check_spans(spans, scores)
    chains = list(_chains(scores, allowed))
    probabilities = numpy.zeros(len(spans))
    for s, ((start, end, label), b) in enumerate(zip(spans, sequences)):
        rows, chain = chains[b]
        start, end = start - rows.start, end - rows.start
        alpha = numpy.full(n_tags, -numpy.inf)
        for t, emission in enumerate(chain.emissions):
            step = chain.step
            if start < t < end:
                step = numpy.where(joins, step, -numpy.inf)
            elif t == start or t == end:
                step = numpy.where(joins, -numpy.inf, step)
            alpha = (chain.start if t == 0 else log_sum(alpha[:, None] + step, axis=0)) + emission
            if start <= t < end:
                alpha[labels != label] = -numpy.inf
        log_z = total(chain, forward(chain))
        if log_z > -numpy.inf:
            probabilities[s] = numpy.exp(log_sum(alpha + chain.end) - log_z)
    return probabilities


def likely_spans(
    scores: ChainScores, threshold: float, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Tuple[Ints2d, Floats1d]:
    threshold = check_threshold(threshold)
    scores = check_scores(scores)
    labels = check_ints("labels", labels, scores.start.shape)
    spans, first = [], 0
    for length in scores.lengths:
        tokens = combinations(range(first, first + length + 1), 2)
        spans += [(*span, label) for span in tokens for label in numpy.unique(labels[labels >= 0])]
        first += length
    all_spans = numpy.array(spans, dtype="int64").reshape(-1, 3)
    probabilities = span_probabilities(scores, all_spans, labels, joins, allowed)
    likely = probabilities >= threshold
    return all_spans[likely], probabilities[likely]


def expected_value(
    scores: ChainScores, values: Floats2d, allowed: Optional[Bools2d] = None
) -> Tuple[Floats1d, ChainScores]:
    values = check_values(values, check_scores(scores))
    expected, covariances = [], []
    for b, (rows, chain) in enumerate(_chains(scores, allowed)):
        log_z, counts = expectations(chain)
        if log_z == -numpy.inf:
            raise ValueError(Errors.E204.format(sequence=b, token=dead_end(scores, b, allowed)))
        means = (counts.emissions * values[rows]).sum(axis=1)
        expected.append(means.sum())
        covariances.append(_covariances(chain, values[rows] - means[:, None], log_z))
    unit = value_unit(values, scores.lengths)
    return numpy.array(expected, dtype="float64"), _gather(scores, covariances, unit)


def _covariances(chain: Chain, values: Floats2d, log_z: float) -> Chain:
    """The covariances of the value with each feature. Each token's expected value is 0 here, so that the covariance with a
    feature is its probability, times the expected value of the paths that have it."""
    alpha, beta = forward(chain), backward(chain)
    so_far, to_come = numpy.zeros_like(values), numpy.zeros_like(values)  # expected, given the tag at t; to_come: after t
    covariances = Chain(*(numpy.zeros_like(scores) for scores in chain))
    if len(values) == 0:
        return covariances
    so_far[0] = values[0]
    for t in range(1, len(values)):
        so_far[t] = _shares(alpha[t - 1, :, None] + chain.step, axis=0).T @ so_far[t - 1] + values[t]
    for t in reversed(range(len(values) - 1)):
        ways = chain.step + chain.emissions[t + 1] + beta[t + 1]
        to_come[t] = _shares(ways, axis=1) @ (values[t + 1] + to_come[t + 1])
        probabilities = numpy.exp(alpha[t, :, None] + ways - log_z)
        covariances.step[:] += probabilities * (so_far[t][:, None] + values[t + 1] + to_come[t + 1])
    covariances.emissions[:] = numpy.exp(alpha + beta - log_z) * (so_far + to_come)
    covariances.start[:] = covariances.emissions[0]
    covariances.end[:] = covariances.emissions[-1]
    return covariances


def _shares(log_weights: numpy.ndarray, axis: int) -> numpy.ndarray:
    """Weights divided by their sum; 0 where all of them are."""
    total = numpy.expand_dims(log_sum(log_weights, axis), axis)
    return numpy.exp(log_weights - numpy.where(total == -numpy.inf, 0.0, total))


def _chains(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Iterator[Tuple[slice, Chain]]:
    """Each sequence's rows in the batch, and its lattice."""
    scores = check_scores(scores)
    allowed = check_mask("allowed", allowed, scores)
    start, step, end = (
        numpy.where(legal, values.astype("float64"), -numpy.inf)
        for legal, values in zip(scores.constraints, (scores.start, scores.step, scores.end))
    )
    stop = 0
    for length in scores.lengths:
        rows = slice(stop, stop := stop + int(length))
        emissions = scores.emissions[rows].astype("float64")
        if allowed is not None:
            emissions[~allowed[rows]] = -numpy.inf
        yield rows, Chain(emissions, start, step, end)


def _gather(scores: ChainScores, counts: List[Chain], unit: float = 1.0) -> ChainScores:
    """Lay the sequences' gradients end to end; add up those of the shared start, step and end, as fractions of the unit."""
    sums = []
    for field, shared in enumerate((scores.start, scores.step, scores.end), start=1):
        # In integers, as their sum does not depend on the order of the sequences.
        grid = numpy.zeros(numpy.shape(shared), dtype="int64")
        for sequence in counts:
            grid += numpy.rint(sequence[field] / unit * GRID).astype("int64")
        sums.append((grid / GRID * unit).astype("float32"))
    rows = [sequence.emissions for sequence in counts] or [numpy.empty_like(scores.emissions)]
    return ChainScores(numpy.concatenate(rows).astype("float32"), scores.lengths, *sums, scores.constraints)


def _entropy(log_weights: Floats1d) -> float:
    """Of a choice with these log weights, not all -inf."""
    logs = log_weights[log_weights > -numpy.inf]
    logs = logs - log_sum(logs)
    return float(-(numpy.exp(logs) * logs).sum())


def _pick(log_weights: Floats1d, number: float) -> int:
    """The tag at this point, from 0 to 1, of the tags' probabilities laid end to end."""
    bounds = numpy.cumsum(numpy.exp(log_weights - log_sum(log_weights)))
    return int(numpy.searchsorted(bounds, number * bounds[-1], side="right"))


def _path_score(chain: Chain, path: Ints1d) -> float:
    if len(path) == 0:
        return 0.0
    score = chain.start[path[0]] + chain.emissions[0, path[0]]
    for t in range(1, len(path)):
        score += chain.step[path[t - 1], path[t]]
        score += chain.emissions[t, path[t]]
    return float(score + chain.end[path[-1]])


def dead_end(scores: ChainScores, sequence: int, allowed: Optional[Bools2d]) -> int:
    """Where a sequence without a legal path fails: the first token that no path reaches, or else the last one."""
    chain = next(islice((chain for _, chain in _chains(scores, allowed)), sequence, None))
    reached = (forward(chain, plus=numpy.max) > -numpy.inf).any(axis=1)
    return int(numpy.argmin(reached)) if not reached.all() else len(reached) - 1


def _extended(prefixes: List[Prefixes], scores: Floats1d, tags: Tuple[int, ...] = ()) -> Prefixes:
    return [(best + score, path + tags) for group, score in zip(prefixes, scores) for best, path in group]


def _top(k: int, prefixes: Prefixes, bonus: float = 0.0) -> Prefixes:
    # Equals go by the lowest tag from the last token backwards: they are listed so, and this sort keeps their order.
    best = sorted(prefixes, key=lambda prefix: -prefix[0])[:k]
    return [(score + bonus, path) for score, path in best if score + bonus > -numpy.inf]
