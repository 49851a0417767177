"""What is known of a document as a lattice: which tags each token of the chain may have.

Gold annotation and preset entities are the same thing here: known spans, tokens known to be outside, and unknown ones.
"""
from typing import Iterable, List, NamedTuple, Tuple

import numpy
from spacy.tokens import Doc

from ..model.tokens import in_chain
from ..tags import TagSet
from ..types import Bools1d, Bools2d, Ints1d

FREE = -1  # a token of which nothing is known
NO_LABEL = -1  # of a known span for which there are no tags: it is outside for the chain


class ChainIndex:
    """Where the T tokens of a document lie in its chain of N tokens, which leaves whitespace tokens out.

    tokens (Ints1d): Document token of each chain token. Shape: N
    before (Ints1d): How many chain tokens come before each document token, and at the end. Shape: T + 1
    """

    def __init__(self, doc: Doc):
        mask = in_chain(doc)
        self.tokens: Ints1d = numpy.flatnonzero(mask)
        self.before: Ints1d = numpy.concatenate(([0], numpy.cumsum(mask)))

    def __len__(self) -> int:
        return len(self.tokens)


class KnownSpan(NamedTuple):
    """A span known in advance, in chain tokens. `label` is a label's id, or NO_LABEL."""

    start: int
    end: int
    label: int


def build_lattice(tagset: TagSet, spans: Iterable[KnownSpan], unknown: Bools1d) -> Bools2d:
    """Tell which tags each token may have.

    Known tokens get their one tag. Between a known span and an unknown token lies a boundary, so the unknown one gets no
    tag that would continue the span, or be continued by it. In IO and IOB1, where this depends on a pair of tags, the
    unknown token loses each tag that could.

    tagset (TagSet): The tags.
    spans (Iterable[KnownSpan]): Known spans that do not overlap. An empty one is just a boundary.
    unknown (Bools1d): Tokens of which nothing is known; the rest is outside all but the known spans. Shape: N
    RETURNS (Bools2d): The allowed tags. Shape: N, K
    """
    length = len(unknown)
    spans = sorted(spans)
    tags = tagset.write([span for span in spans if span.label != NO_LABEL and span.start < span.end], length)
    tags[unknown] = FREE
    boundaries = {edge for span in spans for edge in span[:2]}
    allowed = numpy.zeros((length, len(tagset)), dtype=bool)
    allowed[tags == FREE] = True
    known = numpy.flatnonzero(tags != FREE)
    allowed[known, tags[known]] = True
    for position in boundaries:
        if 0 < position < length:
            _forbid_joining(tagset, allowed, tags[position - 1], tags[position], position)
    return allowed


def _forbid_joining(tagset: TagSet, allowed: Bools2d, left: int, right: int, position: int) -> None:
    """No span may run across the boundary before `position`."""
    if right == FREE:
        joining = tagset.joins.any(axis=0) if left == FREE else tagset.joins[left]
        allowed[position] &= ~joining
    elif left == FREE:
        allowed[position - 1] &= ~tagset.joins[:, right]


def drop_inexpressible(tagset: TagSet, spans: List[KnownSpan]) -> Tuple[List[KnownSpan], List[KnownSpan]]:
    """Part known spans that the scheme can express from those that it cannot: in IO, spans of one label that touch.

    RETURNS (Tuple[List[KnownSpan], List[KnownSpan]]): The expressible spans, and the others.
    """
    if tagset.scheme.touches:
        return spans, []
    full = [span for span in spans if span.start < span.end]
    pairs = zip(full, full[1:])
    bad = {span for pair in pairs if pair[0].end == pair[1].start and pair[0].label == pair[1].label for span in pair}
    return [span for span in spans if span not in bad], sorted(bad)
