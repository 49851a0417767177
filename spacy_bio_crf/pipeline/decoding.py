"""Scores of a batch -> the spans of each document, by one of three rules, with their probabilities."""
from typing import Any, List, Mapping, NamedTuple, Optional

import numpy

from .. import crf
from ..errors import Errors
from ..evaluation.calibration import apply_calibration
from ..tags import AtMostOne, InOrder, States, TagSet
from ..types import Bools2d, ChainScores, Floats1d, Ints1d, Ints2d
from .min_risk import are_at, certain_places, most_likely_spans, spans_of_best_expected_f

RULES = ("viterbi", "marginal", "expected_f")


class Decoding(NamedTuple):
    """What is decoded for one document, over the N tokens of its chain.

    tags (Ints1d): Tag ids, a legal sequence. Shape: N
    spans (Ints2d): Rows of start, end (not included) and label id. Shape: S, 3
    probabilities (Optional[Floats1d]): Calibrated probability of each span, if asked for. Shape: S
    """

    tags: Ints1d
    spans: Ints2d
    probabilities: Optional[Floats1d]


def decode(
    scores: ChainScores, allowed: Optional[Bools2d], states: States, settings: Mapping[str, Any]
) -> List[Decoding]:
    """Decode a batch. Thresholds are for what may be and may not: required spans and preset entities are kept.

    scores (ChainScores): Scores of the states.
    allowed (Optional[Bools2d]): The states that each token may have. Shape: N, Q
    states (States): The states.
    settings (Mapping[str, Any]): The component's `decode`, `scores`, `threshold`, `thresholds` and `calibration`.
    RETURNS (List[Decoding]): One for each sequence.
    """
    tags, spans = _best(scores, allowed, states, settings["decode"])
    labels = states.tagset.labels
    cuts = numpy.array([settings["thresholds"].get(label, settings["threshold"]) for label in labels])
    probabilities = None
    if settings["scores"] or cuts.any():
        raw = crf.span_probabilities(scores, spans, states.label_ids, states.joins, allowed)
        probabilities = apply_calibration(settings["calibration"], raw)
        kept = probabilities >= cuts[spans[:, 2]]
        if not kept.all():
            kept |= are_at(spans, certain_places(allowed, states))
            spans, probabilities, tags = spans[kept], probabilities[kept], None
    return _by_document(scores.lengths, tags, spans, probabilities if settings["scores"] else None, states.tagset)


def _best(scores: ChainScores, allowed: Optional[Bools2d], states: States, rule: str):
    """The tags, where they are known already, and the spans of a batch by a rule."""
    if rule not in RULES:
        raise ValueError(Errors.E408.format(decode=rule, known=", ".join(RULES)))
    if rule == "viterbi":
        path, _ = crf.best_path(scores, allowed)
        tags = states.tags[path]
        return tags, states.tagset.spans(tags, scores.lengths)
    if rule == "expected_f" and any(isinstance(one, (AtMostOne, InOrder)) for one in states.rules):
        raise ValueError(Errors.E421)
    find = most_likely_spans if rule == "marginal" else spans_of_best_expected_f
    return None, find(scores, allowed, states)


def _by_document(
    lengths: Ints1d, tags: Optional[Ints1d], spans: Ints2d, probabilities: Optional[Floats1d], tagset: TagSet
) -> List[Decoding]:
    ends = numpy.cumsum(lengths)
    last = numpy.searchsorted(spans[:, 0], ends)
    counts = numpy.diff(last, prepend=0)
    local = spans - numpy.repeat(ends - lengths, counts)[:, None] * [1, 1, 0]
    documents = []
    start = i = 0
    for end, j in zip(ends.tolist(), last.tolist()):
        own = local[i:j]
        path = tagset.write(own.tolist(), end - start) if tags is None else tags[start:end]
        documents.append(Decoding(path, own, None if probabilities is None else probabilities[i:j]))
        start, i = end, j
    return documents
