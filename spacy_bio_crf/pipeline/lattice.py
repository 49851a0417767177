"""What is known of a document as a lattice: which states each token of the chain may have.

Gold annotation, preset entities and what a caller demands are the same thing here: facts, each of which takes states away.
"""
from functools import cached_property
from typing import Iterable, List, NamedTuple, Sequence, Set, Tuple, Union

import numpy
from spacy.attrs import SENT_START
from spacy.tokens import Doc

from .. import crf
from ..model.tokens import in_chain
from ..tags import Rule, States
from ..tags.states import FIRST, FREE, INSIDE, LABELS, LAST, OUTSIDE, SINGLE
from ..types import Bools1d, Bools2d, ChainScores, Ints1d

NO_LABEL = -1  # of a known span for which there are no states: it is outside for the chain


class ChainIndex:
    """Where the T tokens of a document lie in its chain of N tokens, which leaves whitespace tokens out.

    tokens (Ints1d): Document token of each chain token. Shape: N
    before (Ints1d): How many chain tokens come before each document token, and at the end, those of earlier documents of a
        batch included. Shape: T + 1
    """

    def __init__(self, doc: Doc, offset: int = 0):
        """offset (int): Chain tokens of the documents before this one, where a batch is laid end to end."""
        mask = in_chain(doc)
        self.tokens: Ints1d = numpy.flatnonzero(mask)
        self.before: Ints1d = numpy.full(len(mask) + 1, offset)
        self.before[1:] += numpy.cumsum(mask)
        self._doc = doc

    @cached_property
    def sentence_starts(self) -> List[int]:
        """Chain tokens that begin a sentence, counted as in `before`."""
        return self.before[:-1][self._doc.to_array(SENT_START) == 1].tolist()

    def __len__(self) -> int:
        return len(self.tokens)

    def has_edges(self, start: int, end: int) -> bool:
        """Whether neither the first nor the last token of a span is whitespace."""
        return self.before[start] < self.before[start + 1] and self.before[end - 1] < self.before[end]


def index_batch(docs: Iterable[Doc]) -> List[ChainIndex]:
    """Index documents whose chains are laid end to end."""
    indexes: List[ChainIndex] = []
    for doc in docs:
        indexes.append(ChainIndex(doc, int(indexes[-1].before[-1]) if indexes else 0))
    return indexes


class KnownSpan(NamedTuple):
    """A span known in advance, in chain tokens. `label` is a label's id, or NO_LABEL. An empty one is just a boundary."""

    start: int
    end: int
    label: int


class Lattice:
    """The states that each token may have, of one chain or of a batch laid end to end: all of them, until facts are added.

    allowed (Bools2d): Shape: N, Q
    """

    def __init__(self, states: States, length: int):
        self.states = states
        self.allowed: Bools2d = numpy.ones((length, len(states)), dtype=bool)

    def read(self, spans: Iterable[KnownSpan], unknown: Bools1d, unannotated: Sequence[int] = ()) -> None:
        """Add all that an annotation says: exactly these spans among the known tokens.

        spans (Iterable[KnownSpan]): Spans that do not overlap.
        unknown (Bools1d): Tokens of which nothing is known; the rest is outside all but the known spans. Shape: N
        unannotated (Sequence[int]): Labels whose spans the annotation leaves out: a token outside may be in one of them.
        """
        spans = numpy.array(list(spans), dtype=int).reshape(-1, 3)
        said = spans[(spans[:, 2] != NO_LABEL) & (spans[:, 0] < spans[:, 1])]
        kinds = kinds_of_tokens(*said.T, unknown)
        rows = self.states.meanings[kinds]
        if len(unannotated):
            rows[kinds == OUTSIDE] |= self.states.of_labels(unannotated)
        self.allowed &= rows
        self.part(spans[:, :2].ravel().tolist())

    def part(self, positions: Sequence[int]) -> None:
        """No span runs across the boundaries before these tokens."""
        inner = [position for position in positions if 0 < position < len(self.allowed)]
        self.allowed[inner] &= ~self.states.continues

    def require(self, start: int, end: int, labels: Iterable[int]) -> None:
        """These tokens are exactly one span, with one of the labels."""
        of_labels = self.states.of_labels(labels)
        self.allowed[start] &= of_labels & ~self.states.continues
        self.allowed[start + 1 : end] &= of_labels & self.states.continues
        self.part([end])

    def forbid_labels(self, tokens: Union[slice, Ints1d], labels: Iterable[int]) -> None:
        """None of these tokens is in a span with one of the labels."""
        self.allowed[tokens] &= ~self.states.of_labels(labels)


def kinds_of_tokens(starts: Ints1d, ends: Ints1d, labels: Ints1d, unknown: Bools1d) -> Ints1d:
    """What spans make of tokens, as rows of `States.meanings`.

    starts, ends, labels (Ints1d): Spans that do not overlap and are not empty. Shape: S
    unknown (Bools1d): Tokens of which nothing is known, unless they are in one of the spans. Shape: N
    RETURNS (Ints1d): Shape: N
    """
    kinds = numpy.where(unknown, FREE, OUTSIDE)
    first_row, lengths = LABELS + 4 * labels, ends - starts
    kinds[ranges(starts, ends)] = numpy.repeat(first_row + INSIDE, lengths)
    kinds[ends - 1] = first_row + LAST
    kinds[starts] = first_row + numpy.where(lengths > 1, FIRST, SINGLE)
    return kinds


def ranges(starts: Ints1d, ends: Ints1d) -> Ints1d:
    """The numbers of all these ranges, one range after the other."""
    lengths = ends - starts
    return numpy.arange(lengths.sum()) + numpy.repeat(starts - (numpy.cumsum(lengths) - lengths), lengths)


def has_path(lattice: Lattice) -> bool:
    """Whether the lattice of one chain leaves a legal sequence."""
    return bool(have_paths(lattice.states, lattice.allowed, [len(lattice.allowed)])[0])


def have_paths(states: States, allowed: Bools2d, lengths: Sequence[int]) -> Bools1d:
    """Whether each of some chains, laid end to end, has a legal sequence left.

    states (States): Their states.
    allowed (Bools2d): The states that each token may have. Shape: N, Q
    lengths (Sequence[int]): Tokens of each. Shape: B
    RETURNS (Bools1d): Shape: B
    """
    emissions, step = numpy.zeros(allowed.shape, dtype="f"), numpy.zeros((len(states), len(states)), dtype="f")
    scores = ChainScores(emissions, numpy.array(lengths, dtype=int), step[0], step, step[0], states.constraints)
    return crf.log_partition(scores, allowed) > -numpy.inf


def part_expressible(
    states: States, spans: Sequence[KnownSpan], boundaries: Iterable[int] = ()
) -> Tuple[List[KnownSpan], List[KnownSpan]]:
    """Part known spans that legal sequences can hold together from those that none can: they touch one of the same label
    in a scheme that cannot say so, run across a boundary, or break a rule.

    states (States): The states of the chain.
    spans (Sequence[KnownSpan]): Spans that do not overlap, in order.
    boundaries (Iterable[int]): Tokens before which no span may run on.
    RETURNS (Tuple[List[KnownSpan], List[KnownSpan]]): The expressible spans, and the others.
    """
    bad = _touching(spans) if not states.tagset.scheme.touches else set()
    boundaries = sorted(boundaries)
    if not (bad or boundaries or states.rules):
        return list(spans), []
    memories = [rule.initial for rule in states.rules]
    for span in spans:
        if span.label == NO_LABEL or span.start == span.end or span in bad:
            continue
        inner = numpy.searchsorted(boundaries, span.start, side="right")
        after = [_through(rule, memory, span) for rule, memory in zip(states.rules, memories)]
        if (inner < len(boundaries) and boundaries[inner] < span.end) or None in after:
            bad.add(span)
        else:
            memories = after
    return [span for span in spans if span not in bad], sorted(bad)


def _through(rule: Rule, memory: tuple, span: KnownSpan):
    """What a rule remembers after a span, or None if the span breaks it."""
    reached = [memory]
    for token in range(span.start, span.end):
        reached = [new for old in reached for new in rule.after(old, span.label, token > span.start)][:1]
    return reached[0] if reached else None


def _touching(spans: Sequence[KnownSpan]) -> Set[KnownSpan]:
    full = [span for span in spans if span.start < span.end]
    pairs = zip(full, full[1:])
    return {span for pair in pairs if pair[0].end == pair[1].start and pair[0].label == pair[1].label for span in pair}
