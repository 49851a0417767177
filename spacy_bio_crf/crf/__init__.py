"""Exact inference on a linear chain: a conditional random field (Lafferty et al. 2001) with boolean constraints.

Every function takes a ragged batch (`ChainScores`: float32 scores in nats; see `spacy_bio_crf.types` for the axis
letters) and treats each sequence independently of the others, so that a batch equals its sequences one by one, bit for
bit, in any order (`sample` draws by the place in the batch). `allowed` (Bools2d, optional) narrows the tags of each token.
Shape: N, K. What the constraints or `allowed` forbid is never taken, whatever its score; all scores must be finite, those
of forbidden steps too. The inner arithmetic is float64.

Everything is the log partition function log Z of a lattice:

    log Z = log sum over legal paths y of exp(score(y))
    score(y) = start[y_0] + sum over t of emissions[t, y_t] + sum over t > 0 of step[y_t-1, y_t] + end[y_last]

All functions raise ValueError for arrays of another shape or dtype, for lengths that are negative or do not sum to N,
and for scores that are not finite. The type of the emissions selects the backend: NumPy arrays go to `cpu`; torch
tensors, and arrays of other libraries that share memory by DLPack, to `torch_backend`, which says where it differs.
`reference` holds the same functions as plain NumPy, and is the definition that backends are tested against.
"""
from typing import Optional, Tuple

import numpy

from ..types import Bools2d, ChainScores, Floats1d, Floats2d, Ints1d, Ints2d
from . import cpu


def _backend(scores: ChainScores):
    """The module that computes on the type of these emissions. A backend for another type of array gets a line here."""
    if isinstance(scores.emissions, numpy.ndarray) or not hasattr(scores.emissions, "__dlpack__"):
        return cpu
    from . import torch_backend  # an extra, and slow to import

    return torch_backend


def log_partition(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    """log Z of each sequence, in nats: 0 for an empty one, -inf where there is no legal path.

    RETURNS (Floats1d): float64. Shape: B
    """
    return _backend(scores).log_partition(scores, allowed)


def marginals(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    """log Z, and the gradient of its sum: the probability of each tag at each token, and the expected number of each
    start, step and end. A sequence without a legal path has gradient zero. (Forward-backward: Rabiner 1989.)

    RETURNS (Tuple[Floats1d, ChainScores]): log Z, float64, shape: B; and the gradient, float32, in the shape of the scores.
    """
    return _backend(scores).marginals(scores, allowed)


def loss(scores: ChainScores, gold: Bools2d, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    """The negative log-likelihood of the gold lattice: log Z(allowed) - log Z(allowed & gold), and its gradient.

    gold (Bools2d): The tags that each token may truly have: one where annotation is complete, all of them where it says
        nothing. A sequence of all True costs 0 and has gradient 0. Shape: N, K
    RETURNS (Tuple[Floats1d, ChainScores]): Loss of each sequence in nats, float64, shape: B; and the gradient of its sum,
        float32, in the shape of the scores.
    RAISES ValueError: If the lattice has no path through the gold of a sequence.
    """
    return _backend(scores).loss(scores, gold, allowed)


def entropy(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    """The entropy of each sequence's paths, in nats: 0 for an empty one, or where one path is legal; at most the log of
    the number of paths. Summed tag by tag, each given the one before (Hernando et al. 2005), so that large scores do not
    cancel.

    RETURNS (Floats1d): float64. Shape: B
    RAISES ValueError: If a sequence has no legal path.
    """
    return _backend(scores).entropy(scores, allowed)


def sample(scores: ChainScores, n: int, seed: int, allowed: Optional[Bools2d] = None) -> Ints2d:
    """Draw n paths of each sequence, independently and by their probabilities (forward filtering, backward sampling:
    Chib 1996).

    Path s takes its tag at row t by the uniform number [s, t] that NumPy's PCG64 makes of the seed, so the same call
    gives the same paths on every machine and backend (unless such a number falls within rounding of the bound between
    two tags). A sequence's paths depend on its place in the batch, and not on the scores of the others.

    RETURNS (Ints2d): The paths, int32. Shape: n, N
    RAISES ValueError: If a sequence has no legal path, if n < 1, or if the seed is not a whole number from 0 on.
    """
    return _backend(scores).sample(scores, n, seed, allowed)


def path_score(scores: ChainScores, tags: Ints1d) -> Floats1d:
    """The score of one path per sequence, in nats: -inf if it takes a forbidden start, step or end.

    tags (Ints1d): The path. Shape: N
    RETURNS (Floats1d): float64. Shape: B
    RAISES ValueError: If a tag is out of range.
    """
    return _backend(scores).path_score(scores, tags)


def best_path(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Ints1d, Floats1d]:
    """The legal path of the highest score (Viterbi 1967), found in float64. Of several paths with the highest score, the
    one with the lowest last tag; of those, the one with the lowest last but one; and so on.

    RETURNS (Tuple[Ints1d, Floats1d]): The paths, int32, shape: N; and their `path_score`, float64, shape: B.
    RAISES ValueError: If a sequence has no legal path.
    """
    return _backend(scores).best_path(scores, allowed)


def k_best(scores: ChainScores, k: int, allowed: Optional[Bools2d] = None) -> Tuple[Ints2d, Floats2d]:
    """The k best legal paths of each sequence, best first, all different. Equals go by the lowest tag, as in `best_path`.

    RETURNS (Tuple[Ints2d, Floats2d]): The paths, int32, shape: k, N; and their `path_score`, float64, shape: k, B.
        Where a sequence has fewer than k legal paths, tags of -1 and scores of -inf.
    RAISES ValueError: If a sequence has no legal path, or if k < 1.
    """
    return _backend(scores).k_best(scores, k, allowed)


def span_probabilities(
    scores: ChainScores, spans: Ints2d, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Floats1d:
    """The probability that tokens start..end are exactly one span of this label: all their tags have the label, each step
    between them joins, and the steps into the first and out of the last one, if any, do not.

    spans (Ints2d): Rows of (start, end, label); start and end are rows of the emissions, inside one sequence, end
        excluded. Shape: S, 3
    labels (Ints1d): The label of each tag, -1 for outside. Shape: K
    joins (Bools2d): Whether a step continues a span, rather than being a boundary between spans. Shape: K, K
    RETURNS (Floats1d): float64; 0 in a sequence without a legal path. Shape: S
    RAISES ValueError: If a span is empty, out of range, reaches over two sequences, or has a negative label.
    """
    return _backend(scores).span_probabilities(scores, spans, labels, joins, allowed)


def likely_spans(
    scores: ChainScores, threshold: float, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Tuple[Ints2d, Floats1d]:
    """All spans with at least this probability, and none else: exact, whatever their number and length. The first tokens
    of a span are at least as likely as the span, so a start is given up as soon as they fall below the threshold; that
    leaves at most N / threshold tokens to look at.

    threshold (float): Above 0, at most 1.
    labels, joins: As for `span_probabilities`.
    RETURNS (Tuple[Ints2d, Floats1d]): Rows of (start, end, label) as in `span_probabilities`, sorted, int64, shape: S, 3;
        and their `span_probabilities`, float64, shape: S. None in a sequence without a legal path.
    RAISES ValueError: If the threshold is out of range.
    """
    return _backend(scores).likely_spans(scores, threshold, labels, joins, allowed)


def expected_value(
    scores: ChainScores, values: Floats2d, allowed: Optional[Bools2d] = None
) -> Tuple[Floats1d, ChainScores]:
    """The expected value of each sequence, E[sum over t of values[t, y_t]], and the gradient of its sum: the covariance of
    the value with each score's feature. (The expectation semiring: Eisner 2002; Li and Eisner 2009.)

    An empty sequence has value 0 and no gradient.

    values (Floats2d): What each tag is worth at each token, float32, in any unit. Shape: N, K
    RETURNS (Tuple[Floats1d, ChainScores]): Expected values, float64, shape: B; and the gradient of their sum, float32, in
        the shape of the scores.
    RAISES ValueError: If a sequence has no legal path, or if a value is not finite.
    """
    return _backend(scores).expected_value(scores, values, allowed)
