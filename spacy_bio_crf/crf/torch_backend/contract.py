"""The functions of `spacy_bio_crf.crf` over tensors: check, compute in the layout, return in the caller's order."""
from typing import Callable, NoReturn, Optional, Tuple

import numpy
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ...errors import Errors
from ...types import Bools2d, ChainScores, Constraints, Floats1d, Floats2d, Ints1d, Ints2d
from .. import cpu, reference
from ..checks import check_ints, check_k, check_n_samples, check_spans, check_tags, check_threshold, uniform_numbers
from . import autograd, paths
from . import spans as of_spans
from .arrays import check_finite, check_mask, check_scores, check_tensor, in_the_callers_kind, on_host
from .compiled import compiled, covers, differentiated
from .lattice import Lattice, make_lattice
from .messages import go_both_ways, go_forward


@in_the_callers_kind
def log_partition(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    scores = check_scores(scores)
    if covers(scores):
        return differentiated(cpu.marginals, scores, lambda again: _log_partition(again, allowed), allowed)
    return _log_partition(scores, allowed)


@in_the_callers_kind
@compiled
def marginals(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    return _with_gradient(lambda leaves: _log_partition(leaves, allowed), scores)


@in_the_callers_kind
@compiled
def loss(scores: ChainScores, gold: Bools2d, allowed: Optional[Bools2d] = None) -> Tuple[Floats1d, ChainScores]:
    return _with_gradient(lambda leaves: _negative_log_likelihood(leaves, gold, allowed), scores)


@in_the_callers_kind
def negative_log_likelihood(scores: ChainScores, gold: Bools2d, allowed: Optional[Bools2d] = None) -> Floats1d:
    """The loss of each sequence, as `loss` has it, for autograd to follow, also twice.

    gold (Bools2d): As for `loss`; or the one path that is gold, as int64 tags. Shape: N, K; or N
    RETURNS (Floats1d): float64. Shape: B
    RAISES ValueError: If the lattice has no path through the gold of a sequence, or if a tag is out of range.
    """
    scores = check_scores(scores)
    if covers(scores):
        again = lambda scores: _negative_log_likelihood(scores, gold, allowed)
        return differentiated(cpu.loss, scores, again, _gold_mask(gold, scores), allowed)
    return _negative_log_likelihood(scores, gold, allowed)


@in_the_callers_kind
def tag_probabilities(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats2d:
    """The probability of each tag at each token, as the emissions' gradient in `marginals`, for autograd to follow.

    RETURNS (Floats2d): float64. Shape: N, K
    """
    lattice = make_lattice(check_scores(scores), allowed)
    return lattice.layout.of_rows(autograd.expectations(lattice)[0])


@in_the_callers_kind
def entropy(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Floats1d:
    scores = check_scores(scores)
    lattice = make_lattice(scores, allowed)
    nats, log_z = autograd.entropy(lattice)
    _check_found(scores, lattice, log_z > -torch.inf, allowed)
    return lattice.layout.of_sequences(nats)


@in_the_callers_kind
@compiled
@torch.no_grad()
def sample(scores: ChainScores, n: int, seed: int, allowed: Optional[Bools2d] = None) -> Ints2d:
    n = check_n_samples(n)
    scores = check_scores(scores)
    uniforms = torch.from_numpy(uniform_numbers(seed, (n, len(scores.emissions))))
    lattice = make_lattice(scores, allowed)
    forward = go_forward(lattice)
    _check_found(scores, lattice, forward.log_z > -torch.inf, allowed)
    uniforms = uniforms.to(forward.log_z).index_select(1, lattice.layout.rows)
    return _in_order(lattice, paths.sampled_tags(forward, uniforms))


@in_the_callers_kind
def path_score(scores: ChainScores, tags: Ints1d) -> Floats1d:
    scores = check_scores(scores)
    lattice = make_lattice(scores)
    tags = torch.from_numpy(check_tags(on_host(tags), scores)).to(scores.emissions.device)
    return lattice.layout.of_sequences(paths.score_of(lattice, tags[lattice.layout.rows]))


@in_the_callers_kind
@compiled
@torch.no_grad()
def best_path(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Tuple[Ints1d, Floats1d]:
    scores = check_scores(scores)
    lattice = make_lattice(scores, allowed)
    tags, found = paths.best_tags(lattice)
    _check_found(scores, lattice, found, allowed)
    return _in_order(lattice, tags), lattice.layout.of_sequences(paths.score_of(lattice, tags))


@in_the_callers_kind
@compiled
@torch.no_grad()
def k_best(scores: ChainScores, k: int, allowed: Optional[Bools2d] = None) -> Tuple[Ints2d, Floats2d]:
    k = check_k(k)
    scores = check_scores(scores)
    lattice = make_lattice(scores, allowed)
    layout = lattice.layout
    tags, found = paths.k_best_tags(lattice, k)
    _check_found(scores, lattice, found[0], allowed)
    best = torch.stack([paths.score_of(lattice, path) for path in tags]).masked_fill(~found, -torch.inf)
    best = layout.of_sequences(best)
    best[1:, torch.from_numpy(scores.lengths == 0).to(best.device)] = -torch.inf  # which have one path
    return _in_order(lattice, tags.masked_fill(~found[:, layout.owners], -1)), best


@in_the_callers_kind
@compiled
@torch.no_grad()
def span_probabilities(
    scores: ChainScores, spans: Ints2d, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Floats1d:
    scores = check_scores(scores)
    weights = _span_weights(scores, labels, joins, allowed)
    checked, _ = check_spans(on_host(spans), scores)
    return of_spans.probabilities_of(weights, checked)


@in_the_callers_kind
@compiled
@torch.no_grad()
def likely_spans(
    scores: ChainScores, threshold: float, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d] = None
) -> Tuple[Ints2d, Floats1d]:
    threshold = check_threshold(threshold)
    scores = check_scores(scores)
    weights = _span_weights(scores, labels, joins, allowed)
    goes_on = torch.ones(len(scores.emissions), dtype=torch.bool)
    goes_on[torch.from_numpy(scores.lengths.cumsum()[scores.lengths > 0] - 1)] = False
    candidates = of_spans.likely_candidates(weights, threshold, goes_on.to(scores.emissions.device))
    probabilities = of_spans.probabilities_of(weights, candidates)
    likely = probabilities >= threshold
    return torch.from_numpy(candidates).to(likely.device)[likely], probabilities[likely]


@in_the_callers_kind
@compiled
def expected_value(
    scores: ChainScores, values: Floats2d, allowed: Optional[Bools2d] = None
) -> Tuple[Floats1d, ChainScores]:
    def value(leaves: ChainScores) -> Tensor:
        worth = check_tensor("values", values, tuple(leaves.emissions.shape), leaves.emissions.dtype)
        check_finite(values=worth)
        lattice = make_lattice(leaves, allowed)
        layout = lattice.layout
        chances, *_ = autograd.expectations(lattice)
        _check_found(leaves, lattice, layout.sums(chances.detach().sum(1)) > 0, allowed)
        return layout.of_sequences(layout.sums((chances * worth.to(chances)[layout.rows]).sum(1)))

    return _with_gradient(value, scores)


def _log_partition(scores: ChainScores, allowed: Optional[Bools2d]) -> Tensor:
    lattice = make_lattice(scores, allowed)
    return lattice.layout.of_sequences(autograd.log_partition(lattice))


def _negative_log_likelihood(scores: ChainScores, gold: Tensor, allowed: Optional[Bools2d]) -> Tensor:
    lattice = make_lattice(scores, allowed)
    layout = lattice.layout
    if _is_path(gold):
        tags = _checked_path(gold, scores)[layout.rows]
        silent = torch.zeros_like(layout.sequences, dtype=torch.bool)
    else:
        own = check_mask("gold", gold, scores)[layout.rows]
        tags = own.int().argmax(1) if (own.sum(1) == 1).all() else None
        silent = layout.sums((~own).any(1).int()) == 0  # where anything is gold, nothing is to be learned, legal or not
    gold_score = autograd.log_partition(lattice.narrowed(own)) if tags is None else paths.score_of(lattice, tags)
    broken = (gold_score == -torch.inf) & ~silent
    if broken.any():
        own = layout.of_rows(own if tags is None else one_hot(tags, len(scores.start)).bool())
        legal_gold = own if allowed is None else own & check_mask("allowed", allowed, scores)
        _refuse(Errors.E205, scores, lattice, broken, legal_gold)
    return layout.of_sequences((autograd.log_partition(lattice) - gold_score).masked_fill(silent, 0.0))


def _is_path(gold: Tensor) -> bool:
    return isinstance(gold, Tensor) and gold.dim() == 1 and gold.dtype == torch.int64


def _checked_path(gold: Tensor, scores: ChainScores) -> Tensor:
    check_tensor("gold", gold, (len(scores.emissions),), torch.int64)
    return torch.from_numpy(check_tags(on_host(gold), scores)).to(scores.emissions.device)


def _gold_mask(gold: Tensor, scores: ChainScores) -> Tensor:
    if not _is_path(gold):
        return check_mask("gold", gold, scores)
    return one_hot(_checked_path(gold, scores), len(scores.start)).bool()


def _with_gradient(function: Callable[[ChainScores], Tensor], scores: ChainScores) -> Tuple[Tensor, ChainScores]:
    """What a function of checked scores gives for each sequence, and the gradient of its sum, both for themselves."""
    checked = check_scores(scores)
    leaves = [
        tensor.detach().requires_grad_() for tensor in (checked.emissions, checked.start, checked.step, checked.end)
    ]
    emissions, *parameters = leaves
    with torch.enable_grad():
        values = function(ChainScores(emissions, checked.lengths, *parameters, checked.constraints))
    d_emissions, *d_parameters = torch.autograd.grad(values.sum(), leaves)
    return values.detach(), ChainScores(d_emissions, scores.lengths, *d_parameters, scores.constraints)


def _span_weights(scores: ChainScores, labels: Ints1d, joins: Bools2d, allowed: Optional[Bools2d]) -> of_spans.SpanWeights:
    n_tags = len(scores.start)
    labels = check_ints("labels", on_host(labels), (n_tags,))
    joins = check_tensor("joins", joins, (n_tags, n_tags), torch.bool).to(scores.emissions.device)
    lattice = make_lattice(scores, allowed)
    return of_spans.span_weights(*go_both_ways(lattice, go_forward(lattice)), labels, joins)


def _in_order(lattice: Lattice, tags: Tensor) -> Tensor:
    """Paths through the caller's rows, as int32. Shape: ..., N"""
    layout = lattice.layout
    return torch.empty_like(tags).index_copy_(-1, layout.rows, tags).int()


def _check_found(scores: ChainScores, lattice: Lattice, found: Tensor, allowed: Optional[Bools2d]) -> None:
    if not found.all():
        _refuse(Errors.E204, scores, lattice, ~found, allowed)


def _refuse(error: str, scores: ChainScores, lattice: Lattice, broken: Tensor, allowed: Optional[Bools2d]) -> NoReturn:
    """Name the first sequence of the batch that has no path, and the token where it ends."""
    sequence = int(lattice.layout.sequences[broken].min())
    n_tags = len(scores.start)
    zeros = (numpy.zeros(shape, "float32") for shape in (n_tags, (n_tags, n_tags), n_tags))
    emissions = numpy.zeros(tuple(scores.emissions.shape), "float32")
    constraints = Constraints(*map(on_host, scores.constraints))
    on_paths = ChainScores(emissions, scores.lengths, *zeros, constraints)
    token = reference.dead_end(on_paths, sequence, None if allowed is None else on_host(allowed))
    raise ValueError(error.format(sequence=sequence, token=token))
