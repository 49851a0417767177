"""The judge: every tag sequence is written down and scored, and nothing is clever."""
from dataclasses import replace
from itertools import product

import numpy


def sequences(scores, *masks):
    """Each sequence as a batch of its own, with its rows of the masks."""
    stops = numpy.cumsum(scores.lengths)
    for length, stop in zip(scores.lengths, stops):
        rows = slice(stop - length, stop)
        one = replace(scores, emissions=scores.emissions[rows], lengths=numpy.array([length]))
        yield (one, *(None if mask is None else mask[rows] for mask in masks))


def legal_paths(one, *masks):
    """All legal paths of one sequence, as (score, path)."""
    n, n_tags = one.emissions.shape
    may, found = one.constraints, []
    emissions, start, step, end = (x.astype("float64") for x in (one.emissions, one.start, one.step, one.end))
    for path in product(range(n_tags), repeat=n):
        legal = all(mask[t, path[t]] for mask in masks if mask is not None for t in range(n))
        legal = legal and all(may.step[i, j] for i, j in zip(path, path[1:]))
        if n == 0 or (legal and may.start[path[0]] and may.end[path[-1]]):
            score = sum(emissions[t, path[t]] for t in range(n)) + sum(step[i, j] for i, j in zip(path, path[1:]))
            found.append((score + (start[path[0]] + end[path[-1]] if n else 0.0), path))
    return found


def log_z(paths):
    if not paths:
        return -numpy.inf
    scores = numpy.array([score for score, _ in paths])
    return scores.max() + numpy.log(numpy.exp(scores - scores.max()).sum())


def expectations(one, paths):
    """Expected emissions, starts, steps and ends under the paths' probabilities."""
    emissions, start, step, end = (numpy.zeros(x.shape) for x in (one.emissions, one.start, one.step, one.end))
    total = log_z(paths)
    for score, path in paths:
        p = numpy.exp(score - total)
        for t, tag in enumerate(path):
            emissions[t, tag] += p
            start[tag] += p * (t == 0)
            end[tag] += p * (t == len(path) - 1)
            if t > 0:
                step[path[t - 1], tag] += p
    return emissions, start, step, end


def expected_value(one, paths, values):
    """The expected value of the paths, and its covariances with emissions, starts, steps and ends."""
    worths = [sum(float(values[t, tag]) for t, tag in enumerate(path)) for _, path in paths]
    total = log_z(paths)
    mean = sum(numpy.exp(score - total) * worth for (score, _), worth in zip(paths, worths))
    covariances = [numpy.zeros(x.shape) for x in (one.emissions, one.start, one.step, one.end)]
    for (score, path), worth in zip(paths, worths):
        for sums, feature in zip(covariances, expectations(one, [(0.0, path)])):
            sums += numpy.exp(score - total) * (worth - mean) * feature
    return mean, covariances


def span_probability(paths, span, labels, joins):
    start, end, label = span
    total, probability = log_z(paths), 0.0
    for score, path in paths:
        joined = [None] + [joins[i, j] for i, j in zip(path, path[1:])] + [None]
        same_label = all(labels[j] == label for j in path[start:end])
        if same_label and all(joined[start + 1 : end]) and not joined[start] and not joined[end]:
            probability += numpy.exp(score - total)
    return probability


def entropy(paths):
    total = log_z(paths)
    return sum(numpy.exp(score - total) * (total - score) for score, _ in paths)


def sample(paths, numbers):
    """The path whose tags, from the last one backwards, lie at these points of their conditional probabilities."""
    for t in reversed(range(len(numbers))):
        best = max(score for score, _ in paths)
        weights = numpy.zeros(1 + max(path[t] for _, path in paths))
        for score, path in paths:
            weights[path[t]] += numpy.exp(score - best)
        bounds = numpy.cumsum(weights) / weights.sum()
        tag = next(j for j, bound in enumerate(bounds) if numbers[t] < bound)
        paths = [(score, path) for score, path in paths if path[t] == tag]
    return paths[0][1]


def spans_of(path, labels, joins):
    """Runs of joining steps whose tags all have one label, as (start, end, label)."""
    runs = [[j] for j in path[:1]]
    starts = [0]
    for t, (i, j) in enumerate(zip(path, path[1:]), start=1):
        if joins[i, j]:
            runs[-1].append(j)
        else:
            runs.append([j])
            starts.append(t)
    for start, run in zip(starts, runs):
        if labels[run[0]] >= 0 and len({labels[j] for j in run}) == 1:
            yield start, start + len(run), int(labels[run[0]])


def all_spans(paths, labels, joins):
    """The probability of every span that is in some path."""
    probabilities, total = {}, log_z(paths)
    for score, path in paths:
        for span in spans_of(path, labels, joins):
            probabilities[span] = probabilities.get(span, 0.0) + numpy.exp(score - total)
    return probabilities
