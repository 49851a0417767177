"""Rules about the spans of a whole sequence, as small automata: what each has to remember, and what a token does to it."""
from dataclasses import dataclass
from typing import Iterable, Mapping, Protocol, Tuple

Memory = Tuple[int, ...]


class Rule(Protocol):
    """A finite automaton that reads a sequence token by token.

    initial (Memory): What it remembers before the first token.
    """

    initial: Memory

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        """What it may remember after a token: nothing at all where the token breaks the rule.

        memory (Memory): What it remembers before the token.
        label (int): The id of the token's label, -1 for outside.
        continues (bool): Whether the token continues the span of the one before it.
        """
        ...


@dataclass(frozen=True)
class MaxLength:
    """No span of a label is longer than its limit. Remembers how long the present span is.

    limits (Mapping[int, int]): The most tokens of a span, for label ids.
    """

    limits: Mapping[int, int]
    initial = (0,)

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        if label not in self.limits:
            return [(0,)]
        length = memory[0] + 1 if continues else 1
        return [(length,)] if length <= self.limits[label] else []


@dataclass(frozen=True)
class AtMostOne:
    """Each of these labels has one span at most. Remembers which have had theirs, as bits.

    labels (Tuple[int, ...]): Label ids.
    """

    labels: Tuple[int, ...]
    initial = (0,)

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        if continues or label not in self.labels:
            return [memory]
        bit = 1 << self.labels.index(label)
        return [] if memory[0] & bit else [(memory[0] | bit,)]


@dataclass(frozen=True)
class InOrder:
    """No span of one of these labels comes after a span of a later one; other labels may stand anywhere. Remembers how far
    the sequence has come.

    labels (Tuple[int, ...]): Label ids, in order.
    """

    labels: Tuple[int, ...]
    initial = (0,)

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        if continues or label not in self.labels:
            return [memory]
        rank = self.labels.index(label)
        return [(rank,)] if rank >= memory[0] else []


@dataclass(frozen=True)
class LabelBefore:
    """Forbids nothing. Remembers the labels of the last two tokens, -1 for outside, so that a state knows the label
    before it; a sequence begins as if it came from outside."""

    initial = (-1, -1)

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        return [(memory[1], label)]


ON, ENDS, LEAVES = range(3)  # of a token on a track: the span goes on there; ends with it; goes on without the track


@dataclass(frozen=True)
class Tracks:
    """Tells chosen spans apart from all others: a span may be on a numbered track from its first token on, until it ends or
    leaves the track, and each of its tokens there knows which. The rule itself forbids nothing: the rows of a lattice say
    where a track must be entered and left, what it costs to end there, and that nothing is left open at the last token.
    Remembers the track, 0 for none, and one of `ON`, `ENDS` and `LEAVES`.

    labels (Tuple[Tuple[int, ...], ...]): The ids of the labels that may be on each track, from track 1 on.
    """

    labels: Tuple[Tuple[int, ...], ...]
    initial = (0, ENDS)

    def after(self, memory: Memory, label: int, continues: bool) -> Iterable[Memory]:
        track, phase = memory
        if continues:
            if phase == ON:
                return [(track, new) for new in (ON, ENDS, LEAVES)]
            return [] if track and phase == ENDS else [(0, ENDS)]
        if phase != ENDS:
            return []
        on = (number for number, labels in enumerate(self.labels, 1) if label in labels)
        return [(0, ENDS), *((number, new) for number in on for new in (ON, ENDS, LEAVES))]
