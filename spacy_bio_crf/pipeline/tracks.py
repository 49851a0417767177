"""Scores of single spans, exactly: a scored span runs on a track of the automaton (`spacy_bio_crf.tags.Tracks`), and its last
token adds its score."""
from functools import lru_cache
from typing import Dict, List, Mapping, NamedTuple, Sequence, Set, Tuple

import numpy

from ..tags import States, Tracks
from ..tags.rules import ENDS, LEAVES, ON
from ..types import Floats2d
from .demands import ANY, Demands
from .lattice import ChainIndex, Lattice


class Track(NamedTuple):
    """Where a track is entered, and what it scores to leave it.

    number (int): From 1 on. No two tracks with one number share a token.
    start (int): The chain token of the batch where spans enter it.
    labels (Tuple[int, ...]): The label ids of these spans.
    scores (Dict[int, float]): The score in nats of ending before a chain token.
    """

    number: int
    start: int
    labels: Tuple[int, ...]
    scores: Dict[int, float]


def lay_tracks(demands: Sequence[Demands], indexes: Sequence[ChainIndex], ids: Mapping[str, int]) -> List[Track]:
    """Lay tracks for the scored spans of a batch, with as few numbers as can be.

    demands (Sequence[Demands]): The demands of each document. Spans that the chain cannot hold have no score.
    indexes (Sequence[ChainIndex]): Where the tokens of each document lie.
    ids (Mapping[str, int]): The id of each label.
    """
    scores: Dict[Tuple[int, int], Dict[int, float]] = {}
    for index, demand in zip(indexes, demands):
        for (start, end, label), score in demand.scored:
            if index.has_edges(start, end):
                first, last = int(index.before[start]), int(index.before[end])
                for i in ids.values() if label == ANY else [ids[label]] if label in ids else []:
                    ends = scores.setdefault((first, i), {})
                    ends[last] = ends.get(last, 0.0) + score
    alike: Dict[tuple, List[int]] = {}
    for (start, label), ends in sorted(scores.items()):
        alike.setdefault((start, *sorted(ends.items())), []).append(label)
    tracks: List[Track] = []
    free_from: List[int] = []  # of each number: the first token that it may be entered at again
    for (start, *ends), labels in alike.items():
        place = next((i for i, token in enumerate(free_from) if token <= start), len(free_from))
        free_from[place : place + 1] = [max(end for end, _ in ends)]
        tracks.append(Track(place + 1, start, tuple(labels), dict(ends)))
    return tracks


def with_tracks(states: States, tracks: Sequence[Track]) -> States:
    """The states of a chain, and those of tracks."""
    labels: Dict[int, Set[int]] = {}
    for track in tracks:
        labels.setdefault(track.number, set()).update(track.labels)
    return _with_tracks(states, tuple(tuple(sorted(labels[number])) for number in sorted(labels)))


@lru_cache(maxsize=64)
def _with_tracks(states: States, labels: Tuple[Tuple[int, ...], ...]) -> States:
    return States(states.tagset, [*states.rules, Tracks(labels)]) if labels else states


def write_tracks(lattice: Lattice, tracks: Sequence[Track], indexes: Sequence[ChainIndex]) -> Floats2d:
    """Let spans enter tracks where they begin, and only there, and leave them where they grow longer than all scored ones.

    lattice (Lattice): The lattice of the batch, whose states have tracks. Changed in place.
    tracks (Sequence[Track]): The tracks.
    indexes (Sequence[ChainIndex]): Where the tokens of each document lie.
    RETURNS (Floats2d): What each state at each token scores in addition. Shape: N, Q
    """
    states, allowed = lattice.states, lattice.allowed
    on, phase = states.memories[:, -2], states.memories[:, -1]
    opens = (states.label_ids >= 0) & ~states.continues
    rows = numpy.tile(on == 0, (len(allowed), 1))
    bonus = numpy.zeros(allowed.shape, dtype="f")
    for number, start, labels, scores in tracks:
        here, last = on == number, max(scores) - 1
        enters = opens & states.of_labels(labels)
        rows[start] &= ~enters
        rows[start, here & enters] = True
        rows[start + 1 : last + 1, here & states.continues] = True
        rows[start:last, here & (phase == LEAVES)] = False
        rows[last, here & (phase == ON)] = False
        for end, score in scores.items():
            if score == -numpy.inf:
                allowed[end - 1, here & (phase == ENDS)] = False
            else:
                bonus[end - 1, here & (phase == ENDS)] += score
    rows[[index.before[-1] - 1 for index in indexes if len(index)]] &= phase == ENDS
    allowed &= rows
    return bonus
