"""Docs -> what decoding must respect: preset entities and blocked tokens, and what is demanded of single spans."""
from typing import AbstractSet, Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import States
from ..types import Bools1d, Bools2d, Floats2d
from .chains import Chain
from .demands import ANY, Demands
from .lattice import NO_LABEL, ChainIndex, KnownSpan, Lattice, has_path, part_expressible
from .tracks import lay_tracks, with_tracks, write_tracks

CharSpan = Tuple[int, int, str]  # start and end in characters, label


class Conditions(NamedTuple):
    """What a chain must respect in a batch of documents.

    states (States): The states of the chain, with as many tracks as there must be.
    allowed (Optional[Bools2d]): The states that each token may have, None for all. Shape: N, Q
    bonus (Optional[Floats2d]): What a state at a token scores in addition, in nats. Shape: N, Q
    """

    states: States
    allowed: Optional[Bools2d]
    bonus: Optional[Floats2d]


def preset_tokens(doc: Doc, own: AbstractSet[CharSpan] = frozenset()) -> Bools1d:
    """Tell which tokens an earlier component or the user has settled: those in an entity, and blocked ones. A token that is
    merely outside may still be given an entity, as spaCy's `ner` has it.

    doc (Doc): The document.
    own (AbstractSet[CharSpan]): Entities that the tagger itself has predicted: they settle nothing.
    RETURNS (Bools1d): Over all tokens of the document. Shape: T
    """
    iob = doc.to_array(ENT_IOB)
    preset = (iob == 1) | (iob == 3)
    for ent in doc.ents if own else ():
        if (ent.start_char, ent.end_char, ent.label_) in own:
            preset[ent.start : ent.end] = False
    return preset


def find_conditions(
    docs: Sequence[Doc],
    chain: Chain,
    constraints: Mapping[str, Any],
    demands: Sequence[Demands],
    preset: Sequence[Optional[Bools1d]],
) -> Conditions:
    """Find what a chain must respect in a batch.

    docs (Sequence[Doc]): The documents.
    chain (Chain): The chain.
    constraints (Mapping[str, Any]): The settings of the component.
    demands (Sequence[Demands]): What is demanded of each document.
    preset (Sequence[Optional[Bools1d]]): The preset tokens of each document, None if they do not count. Shape: T
    RAISES (ValueError): Demands that no legal sequence can meet.
    """
    bounded = constraints["sentence_bounded"]
    if not bounded and not any(demands) and not any(mask is not None and mask.any() for mask in preset):
        return Conditions(chain.states, None, None)
    indexes = [ChainIndex(doc) for doc in docs]
    tracks = [lay_tracks(demand, index, chain.tagset.index) for demand, index in zip(demands, indexes)]
    states = with_tracks(chain.states, (track for laid in tracks for track in laid))
    rows, bonus = [], []
    for doc, index, mask, demand, laid in zip(docs, indexes, preset, demands, tracks):
        lattice = Lattice(states, len(index))
        if mask is not None and mask.any():
            _add_preset(lattice, doc, index, mask, index.sentence_starts if bounded else [])
        if bounded:
            lattice.part(index.sentence_starts)
        bonus.append(write_tracks(lattice, laid) if states is not chain.states else None)
        if demand:
            _add_demands(lattice, doc, index, chain, demand)
        rows.append(lattice.allowed)
    return Conditions(states, numpy.concatenate(rows), numpy.concatenate(bonus) if states is not chain.states else None)


def _add_preset(lattice: Lattice, doc: Doc, index: ChainIndex, preset: Bools1d, boundaries: List[int]) -> None:
    ids = lattice.states.tagset.index
    spans = [(e.start, e.end, ids.get(e.label_, NO_LABEL)) for e in doc.ents if preset[e.start]]
    blocked = numpy.flatnonzero(preset & (doc.to_array(ENT_TYPE) == 0)).tolist()
    spans += [(i, i + 1, NO_LABEL) for i in blocked]
    known = sorted(KnownSpan(int(index.before[start]), int(index.before[end]), label) for start, end, label in spans)
    fitting, others = part_expressible(lattice.states, known, boundaries)
    # The chain cannot say these: they are outside for it, and stand on the document all the same.
    fitting += [span._replace(label=NO_LABEL) for span in others]
    lattice.read(fitting, ~preset[index.tokens])


def _add_demands(lattice: Lattice, doc: Doc, index: ChainIndex, chain: Chain, demands: Demands) -> None:
    ids = chain.tagset.index
    for start, end, label in demands.required:
        if label != ANY and label not in ids:
            if chain.own:
                continue  # another chain's business
            raise ValueError(Errors.E417.format(span=(start, end, label), labels=list(ids), text=doc.text[:80]))
        if not index.has_edges(start, end):
            raise ValueError(Errors.E418.format(span=(start, end, label), text=doc.text[:80]))
        labels = ids.values() if label == ANY else [ids[label]]
        lattice.require(int(index.before[start]), int(index.before[end]), labels)
    for (start, end), labels in demands.allowed_labels().items():
        others = [i for label, i in ids.items() if label not in labels]
        lattice.forbid_labels(numpy.arange(index.before[start], index.before[end]), others)
    if not has_path(lattice):
        raise ValueError(Errors.E419.format(text=doc.text[:80], demands=demands.describe()))
