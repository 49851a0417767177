"""Scores of single spans, exactly: a scored span runs on a track of the automaton (`spacy_bio_crf.tags.Tracks`), and its
last token adds its score."""
from typing import Dict, Iterator, List, Mapping, NamedTuple, Sequence, Set, Tuple

import numpy

from ..tags import States, Tracks
from ..tags.rules import ENDS, LEAVES
from ..types import Bools1d, Floats2d
from .demands import ANY, Demands
from .lattice import ChainIndex, Lattice

KEPT = 8  # states with tracks that a chain keeps, each for another number of tracks

Ends = Dict[int, float]  # the score in nats of ending before a chain token


class Track(NamedTuple):
    """Where a track is entered, and what it scores to leave it.

    number (int): From 1 on. No two tracks with one number share a token.
    start (int): The chain token of the batch where spans enter it.
    labels (Tuple[int, ...]): The label ids of these spans.
    scores (Ends): What it scores to end on it.
    """

    number: int
    start: int
    labels: Tuple[int, ...]
    scores: Ends


def lay_tracks(demands: Sequence[Demands], indexes: Sequence[ChainIndex], ids: Mapping[str, int]) -> List[Track]:
    """Lay tracks for the scored spans of a batch, with as few numbers as can be.

    demands (Sequence[Demands]): The demands of each document. Spans that the chain cannot hold have no score.
    indexes (Sequence[ChainIndex]): Where the tokens of each document lie.
    ids (Mapping[str, int]): The id of each label.
    """
    asked: Dict[int, Dict[str, Ends]] = {}
    for index, demand in zip(indexes, demands):
        for (start, end, label), score in demand.scored:
            if (label == ANY or label in ids) and index.has_edges(start, end):
                first, last = int(index.before[start]), int(index.before[end])
                ends = asked.setdefault(first, {}).setdefault(label, {})
                ends[last] = ends.get(last, 0.0) + score
    tracks: List[Track] = []
    free_from: List[int] = []  # of each number: the first token that it may be entered at again
    for start, by_label in sorted(asked.items()):
        for ends, labels in _alike(by_label, ids):
            place = next((i for i, token in enumerate(free_from) if token <= start), len(free_from))
            free_from[place : place + 1] = [max(ends)]
            tracks.append(Track(place + 1, start, labels, ends))
    return tracks


def _alike(by_label: Dict[str, Ends], ids: Mapping[str, int]) -> Iterator[Tuple[Ends, Tuple[int, ...]]]:
    """The scores of ends, with the labels that have them all, from those of single labels and of `ANY`."""
    of_all = by_label.pop(ANY, {})
    labels_of: Dict[tuple, List[int]] = {}
    for label, ends in by_label.items():
        total = {end: of_all.get(end, 0.0) + ends.get(end, 0.0) for end in sorted({*of_all, *ends})}
        labels_of.setdefault(tuple(total.items()), []).append(ids[label])
    if of_all:
        others = [i for label, i in ids.items() if label not in by_label]
        labels_of.setdefault(tuple(sorted(of_all.items())), []).extend(others)
    return ((dict(ends), tuple(sorted(labels))) for ends, labels in labels_of.items() if labels)


def with_tracks(states: States, tracks: Sequence[Track]) -> States:
    """The states of a chain, and those of tracks. They are kept with the states of the chain, for so many tracks, and their
    labels only grow: few batches have the same labels on the same tracks, and rows decide which states are used.

    RAISES (ValueError): The tracks make too many states.
    """
    asked: Dict[int, Set[int]] = {}
    for track in tracks:
        asked.setdefault(track.number, set()).update(track.labels)
    if not asked:
        return states
    needed = [asked[number] for number in sorted(asked)]
    found = states.tracked.pop(len(needed), None)
    known = [set(labels) for labels in found.rules[-1].labels] if found else needed
    if found is None or any(more - have for more, have in zip(needed, known)):
        found = _lay_out(states, [more | have for more, have in zip(needed, known)], needed)
    states.tracked[len(needed)] = found
    if len(states.tracked) > KEPT:
        states.tracked.pop(next(iter(states.tracked)), None)
    return found


def _lay_out(states: States, labels: Sequence[Set[int]], needed: Sequence[Set[int]]) -> States:
    """States with these labels on tracks; with just the needed ones, where they would be too many."""
    try:
        return States(states.tagset, [*states.rules, Tracks(tuple(tuple(sorted(ids)) for ids in labels))])
    except ValueError:
        if labels == needed:
            raise
        return _lay_out(states, needed, needed)


def write_tracks(lattice: Lattice, tracks: Sequence[Track], indexes: Sequence[ChainIndex]) -> Floats2d:
    """Let spans enter tracks where they begin, and only there, and leave them where they grow longer than all scored ones.

    lattice (Lattice): The lattice of the batch, whose states have tracks. Changed in place.
    tracks (Sequence[Track]): The tracks.
    indexes (Sequence[ChainIndex]): Where the tokens of each document lie.
    RETURNS (Floats2d): What each state at each token scores in addition. Shape: N, Q
    """
    states, allowed = lattice.states, lattice.allowed
    on, phase = states.memories[:, -2], states.memories[:, -1]
    rows = numpy.tile(on == 0, (len(allowed), 1))
    bonus = numpy.zeros(allowed.shape, dtype="f")
    masks: Dict[Tuple[int, Tuple[int, ...]], List[Bools1d]] = {}
    for number, start, labels, scores in tracks:
        if (number, labels) not in masks:
            here, opens = on == number, states.of_labels(labels) & ~states.continues
            phases = (here & (phase == one) for one in (ENDS, LEAVES))
            masks[number, labels] = [~opens | here, here & opens, here & states.continues, *phases]
        no_way_around, enters, stays, ends, leaves = masks[number, labels]
        last = max(scores) - 1
        rows[start] &= no_way_around
        rows[start] |= enters
        rows[start + 1 : last + 1] |= stays
        rows[start:last] &= ~leaves
        for end, score in scores.items():
            if score == -numpy.inf:
                allowed[end - 1] &= ~ends
            else:
                bonus[end - 1, ends] += score
    rows[[index.before[-1] - 1 for index in indexes if len(index)]] &= phase == ENDS
    allowed &= rows
    return bonus
