"""Tags and rules as the states of one automaton, so that a chain over its states obeys the rules exactly."""
from functools import cached_property, lru_cache
from itertools import product
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

import numpy

from ..errors import Errors
from ..types import Bools1d, Bools2d, Constraints, Ints1d, Ints2d
from .constraints import TagSet
from .rules import Memory, Rule

MAX_STATES = 2048
FREE, OUTSIDE, LABELS = 0, 1, 2  # rows of `States.meanings`: a token of which nothing is known; one outside; from there on, labels
SINGLE, FIRST, INSIDE, LAST = range(4)  # ... four of each: a whole span, its first token, one inside, the last

State = Tuple[Tuple[Memory, ...], int, bool]  # what the rules remember, the tag, whether it continues a span


class States:
    """The product of a tag set with rules (Hopcroft and Ullman 1979, section 3.3). A legal sequence of states is a legal
    sequence of tags that keeps every rule, and a state tells whether it continues the span of the state before it. Where the
    tags tell so themselves (in all schemes but IO and IOB1) and there are no rules, the states are the open tags.

    tagset (TagSet): The tags.
    tags (Ints1d): Tag of each of the Q states. Shape: Q
    label_ids (Ints1d): Label of each state, -1 for outside. Shape: Q
    continues (Bools1d): Whether it continues the span of the state before. Shape: Q
    memories (Ints2d): What each rule remembers, the numbers of all rules side by side. Shape: Q, M
    joins (Bools2d): The legal steps that continue a span. Shape: Q, Q
    may_go_on (Bools1d): Whether the span of a state may have another token. Shape: Q
    may_close (Bools1d): Whether it may end here. Shape: Q
    constraints (Constraints): The legal starts, steps and ends.
    """

    def __init__(self, tagset: TagSet, rules: Sequence[Rule] = ()):
        """RAISES (ValueError): More than `MAX_STATES` states."""
        self.tagset = tagset
        self.rules = tuple(rules)
        states, steps = _explore(tagset, self.rules)
        self.tags: Ints1d = numpy.array([tag for _, tag, _ in states])
        self.label_ids: Ints1d = tagset.label_ids[self.tags]
        self.continues: Bools1d = numpy.array([continues for _, _, continues in states])
        self.memories: Ints2d = numpy.array([sum(memory, ()) for memory, _, _ in states], dtype=int).reshape(len(states), -1)
        first = set(_first(tagset, self.rules))
        start = numpy.array([state in first for state in states])
        self.constraints = Constraints(start, steps, tagset.constraints.end[self.tags])
        self.joins: Bools2d = steps & self.continues
        self.may_go_on: Bools1d = self.joins.any(axis=1)
        self.may_close: Bools1d = (steps & ~self.continues).any(axis=1) | self.constraints.end
        self.tracked: Dict[int, "States"] = {}  # by the number of tracks: these states with tracks (pipeline/tracks.py)

    def __len__(self) -> int:
        return len(self.tags)

    @cached_property
    def meanings(self) -> Bools2d:
        """The states of a token that is free, outside, a whole span of label 0, its first token, ... the last of label 1, ...
        Row `LABELS` + 4 * label + `LAST` is that of the last token. Shape: 2 + 4 L, Q"""
        opens, go_on, close = ~self.continues, self.may_go_on, self.may_close
        parts = numpy.stack((opens & close, opens & go_on, self.continues & go_on, self.continues & close))
        labels = numpy.arange(len(self.tagset.labels))[:, None, None]
        of_spans = (self.label_ids == labels) & parts
        outside = numpy.stack((numpy.ones(len(self), dtype=bool), self.label_ids < 0))
        return numpy.concatenate((outside, of_spans.reshape(-1, len(self))))

    def spans(self, path: Ints1d, lengths: Ints1d) -> Ints2d:
        """Read the spans off legal sequences of states. See `TagSet.spans`. Shape: S, 3"""
        return self.tagset.spans(self.tags[path], lengths)

    def of_labels(self, labels: Iterable[int]) -> Bools1d:
        """Tell which states have one of the labels. Shape: Q"""
        chosen = numpy.zeros(len(self.tagset.labels) + 1, dtype=bool)  # the last is that of outside, -1
        chosen[list(labels)] = True
        return chosen[self.label_ids]


def _first(tagset: TagSet, rules: Sequence[Rule]) -> List[State]:
    """The states that may come first."""
    tags = numpy.flatnonzero(tagset.constraints.start).tolist()
    initial = tuple(rule.initial for rule in rules)
    return [(memory, tag, False) for tag in tags for memory in _after(tagset, rules, initial, tag, False)]


def _after(
    tagset: TagSet, rules: Sequence[Rule], memory: Tuple[Memory, ...], tag: int, continues: bool
) -> Iterator[Tuple[Memory, ...]]:
    label = int(tagset.label_ids[tag])
    return product(*(rule.after(one, label, continues) for rule, one in zip(rules, memory)))


def _explore(tagset: TagSet, rules: Sequence[Rule]) -> Tuple[List[State], Bools2d]:
    """All states that a legal sequence passes through, sorted by memory and tag, and the legal steps between them."""
    followers = [numpy.flatnonzero(row).tolist() for row in tagset.constraints.step]
    after = lru_cache(maxsize=None)(lambda *args: list(_after(tagset, rules, *args)))
    found = dict.fromkeys(_first(tagset, rules))
    waiting = list(found)
    while waiting:
        state = waiting.pop()
        memory, tag, _ = state
        steps = [(follower, bool(tagset.joins[tag, follower])) for follower in followers[tag]]
        found[state] = [(new, *step) for step in steps for new in after(memory, *step)]
        for follower in found[state]:
            if follower not in found:
                found[follower] = None
                waiting.append(follower)
        if len(found) > MAX_STATES:
            raise ValueError(Errors.E110.format(limit=MAX_STATES, tags=len(tagset)))
    states = sorted(found)
    place = {state: i for i, state in enumerate(states)}
    allowed = numpy.zeros((len(states), len(states)), dtype=bool)
    for state, steps in found.items():
        allowed[place[state], [place[follower] for follower in steps]] = True
    alive = _reaching(allowed, tagset.constraints.end[[tag for _, tag, _ in states]])
    return [state for state, kept in zip(states, alive) if kept], allowed[numpy.ix_(alive, alive)]


def _reaching(steps: Bools2d, ends: Bools1d) -> Bools1d:
    """The states from which a sequence can come to its end."""
    alive = ends
    while True:
        more = alive | steps[:, alive].any(axis=1)
        if (more == alive).all():
            return alive
        alive = more
