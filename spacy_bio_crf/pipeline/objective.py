"""What a chain learns from a batch of examples: the loss, and its gradient."""
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy
from spacy.errors import Errors as SpacyErrors
from spacy.training import Example

from .. import crf
from ..learning import ANY_LABEL, divergence, entity_ratio_loss, margin_costs, negative_loss, weighted_loss
from ..learning.batches import add, rows_of, take, zeros
from ..types import Bools2d, ChainScores, Constraints, Floats1d, Floats2d, Ints2d
from .chains import Chain
from .gold import Gold, chain_spans
from .lattice import ChainIndex, Lattice, index_batch
from .lift import fold, lift


def chain_loss(
    examples: List[Example], golds: List[Gold], scores: ChainScores, chain: Chain, cfg: Mapping[str, Any]
) -> Tuple[float, ChainScores]:
    """The loss of a chain, by the settings of the component.

    examples (List[Example]): The batch.
    golds (List[Gold]): What is annotated.
    scores (ChainScores): Over the Q states of the chain.
    cfg (Mapping[str, Any]): The settings.
    RETURNS (Tuple[float, ChainScores]): The sum over the batch in nats; and the gradient, over the states.
    RAISES (ValueError): A span that is annotated both as right and as wrong.
    """
    learning, states = cfg["learning"], chain.states
    bounded, wrong_key = cfg["constraints"]["sentence_bounded"], cfg["incorrect_spans_key"]
    indexes = index_batch([eg.predicted for eg in examples]) if bounded or wrong_key is not None else []
    allowed = _within_sentences(indexes, chain) if bounded else None
    gold = numpy.concatenate([one.allowed for one in golds])
    held = gold if allowed is None else gold | ~allowed  # nothing annotated is all True, whatever is allowed
    weights, heights = _weights(golds, held)
    costly = scores
    if learning["missed_cost"] or learning["spurious_cost"]:
        costs = _costs(gold, chain, learning)
        if heights is not None:
            costs *= _shares(weights, heights, scores)[:, None]
        costly = replace(scores, emissions=scores.emissions + costs)
    losses, gradient = weighted_loss(costly, held, heights, allowed, learning["label_smoothing"])
    loss = float(losses.sum())
    wrong = wrong_spans(examples, indexes, chain, wrong_key)
    if len(wrong):
        lowest = None if weights is None else numpy.array([weights[start:end].min() for start, end, _ in wrong])
        losses, more = negative_loss(scores, wrong, states.label_ids, states.continues, allowed, lowest)
        loss, gradient = loss + float(losses.sum()), add(gradient, 1, more)
    if learning["entity_ratio"] is not None:
        counted = numpy.flatnonzero([gold.weights is None or gold.weights.any() for gold in golds])
        some, rows = take(scores, counted)
        inside, allowed = states.label_ids >= 0, rows_of(allowed, rows)
        one, more = entity_ratio_loss(some, inside, **learning["entity_ratio"], allowed=allowed)
        loss, gradient = loss + one, add(gradient, 1, more, counted)
    return loss, gradient


def wrong_spans(examples: List[Example], indexes: List[ChainIndex], chain: Chain, key: Optional[str]) -> Ints2d:
    """The spans that are annotated as wrong, as spaCy's `ner` has them: in a span group of the reference. One without a
    label is wrong whatever the label.

    indexes (List[ChainIndex]): Of the predicted documents, laid end to end.
    RETURNS (Ints2d): Rows of start and end in the chain tokens of the batch, and label id. Shape: S, 3
    RAISES (ValueError): A span that is also annotated as right.
    """
    rows: List[Tuple[int, int, int]] = []
    ids: Dict[str, int] = {**chain.tagset.index, "": ANY_LABEL}
    for example, index in zip(examples, indexes):
        if key is not None and key in example.reference.spans:
            _refuse_conflict(example, chain, key)
            for span in example.get_aligned_spans_y2x(list(example.reference.spans[key]), allow_overlap=True):
                if span.label_ in ids and index.has_edges(span.start, span.end):
                    rows.append((int(index.before[span.start]), int(index.before[span.end]), ids[span.label_]))
    return numpy.array(rows, dtype="int64").reshape(-1, 3)


def forgetting_loss(
    examples: List[Example], old: ChainScores, new: ChainScores, chain: Chain, cfg: Mapping[str, Any]
) -> Tuple[float, ChainScores]:
    """How far a chain has moved from an older model, as far as that one can say. What it left outside may well be a span of
    a label that it did not know, but what it found may not (the shift of the background: Cermelli et al. 2020):

        KL(old || new given that there are no new labels) - log P_new(no new label where the old one finds a span)

    where it finds one if a token is more likely inside than not.

    examples (List[Example]): The batch.
    old, new (ChainScores): What the two models give for it.
    chain (Chain): The present chain.
    cfg (Mapping[str, Any]): The settings.
    RETURNS (Tuple[float, ChainScores]): The loss in nats, and its gradient with respect to the new scores.
    """
    gradient = zeros(new)
    start, step, _ = old.constraints
    knew = numpy.zeros(len(new.start), dtype=bool)
    knew[: len(start)] = start | step.any(axis=0)
    columns, edges = chain.outputs(chain.states), chain.edge_outputs(chain.states)
    known = knew[columns]
    kept = known if edges is None else known & (edges < old.edges.shape[1])  # no state comes from a new label
    if not kept.any():  # a chain that is wholly new
        return 0.0, gradient
    start, step, end = chain.states.constraints
    constraints = Constraints(start[kept], step[numpy.ix_(kept, kept)], end[kept])
    kept_edges = None if edges is None else edges[kept]
    was, now = (lift(scores, columns[kept], constraints, kept_edges) for scores in (old, new))
    bounded = cfg["constraints"]["sentence_bounded"]
    allowed = _within_sentences(index_batch([eg.predicted for eg in examples]), chain) if bounded else None
    allowed_then = None if allowed is None else allowed[:, kept]
    losses, d_now = divergence(was, now, allowed_then)
    fold(d_now, columns[kept], gradient, kept_edges)
    loss = float(losses.sum())
    if not known.all():
        _, expected = crf.marginals(was, allowed_then)
        found = expected.emissions[:, chain.states.label_ids[kept] >= 0].sum(axis=1) > 0.5
        lifted = lift(new, columns, chain.states.constraints, edges)
        losses, d_all = crf.loss(lifted, known | ~found[:, None], allowed)
        fold(d_all, columns, gradient, edges)
        loss += float(losses.sum())
    return loss, gradient


def _refuse_conflict(example: Example, chain: Chain, key: str) -> None:
    gold = {(s.start_char, s.end_char, label) for s in chain_spans(example.reference, chain) for label in (s.label_, "")}
    for span in example.reference.spans[key]:
        if (span.start_char, span.end_char, span.label_) in gold:
            raise ValueError(SpacyErrors.E868.format(span=(span.start_char, span.end_char, span.label_)))


def _costs(gold: Bools2d, chain: Chain, learning: Mapping[str, Any]) -> Floats2d:
    """Softmax-margin costs of each state at each token. Shape: N, Q"""
    label_ids = chain.states.label_ids
    labels = chain.tagset.labels[: label_ids.max() + 1]
    factors = numpy.array([learning["label_weights"].get(label, 1.0) for label in labels])
    return margin_costs(gold, label_ids, factors * learning["missed_cost"], factors * learning["spurious_cost"])


def _shares(weights: Floats1d, heights: Floats2d, scores: ChainScores) -> Floats1d:
    """The weight of each token as a share of the highest that counts in its sequence: costs follow it, so that one weight
    for all tokens of a sequence still multiplies the loss. Shape: N"""
    shares = numpy.zeros(len(weights), dtype="float32")
    for rows in scores.rows_of_sequences():
        highest = heights[rows].max(initial=0.0)
        if highest > 0:
            shares[rows] = weights[rows] / highest
    return shares


def _within_sentences(indexes: List[ChainIndex], chain: Chain) -> Bools2d:
    """The states of each token where no span may cross a sentence boundary. Shape: N, Q"""
    lattice = Lattice(chain.states, sum(map(len, indexes)))
    lattice.part([start for index in indexes for start in index.sentence_starts])
    return lattice.allowed


def _weights(golds: List[Gold], held: Bools2d) -> Tuple[Optional[Floats1d], Optional[Floats2d]]:
    """The weights of tokens, shape: N; and of the states that their gold forbids, shape: N, Q. None where all are 1."""
    if all(gold.weights is None for gold in golds):
        return None, None
    weights = [numpy.ones(len(gold.allowed)) if gold.weights is None else gold.weights for gold in golds]
    heights = [numpy.ones(gold.allowed.shape) if gold.heights is None else gold.heights for gold in golds]
    return numpy.concatenate(weights), numpy.where(held, 0.0, numpy.concatenate(heights))
