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
from .lattice import NO_LABEL, ChainIndex, KnownSpan, Lattice, have_paths, index_batch, part_expressible
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


def preset_tokens(doc: Doc, own: AbstractSet[CharSpan] = frozenset()) -> Optional[Bools1d]:
    """Tell which tokens an earlier component or the user has settled: those in an entity, and blocked ones. A token that is
    merely outside may still be given an entity, as spaCy's `ner` has it.

    doc (Doc): The document.
    own (AbstractSet[CharSpan]): Entities that the tagger itself has predicted: they settle nothing.
    RETURNS (Optional[Bools1d]): Over all tokens of the document; None if nothing is settled. Shape: T
    """
    if not doc.has_annotation(ENT_IOB):
        return None
    iob = doc.to_array(ENT_IOB)
    preset = (iob == 1) | (iob == 3)
    for ent in doc.ents if own else ():
        if (ent.start_char, ent.end_char, ent.label_) in own:
            preset[ent.start : ent.end] = False
    return preset if preset.any() else None


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
    preset (Sequence[Optional[Bools1d]]): The preset tokens of each document, None if there are none, or they do not
        count. Shape: T
    RAISES (ValueError): Demands that no legal sequence can meet.
    """
    bounded = constraints["sentence_bounded"]
    settled = [mask is not None for mask in preset]
    if not bounded and not any(demands) and not any(settled):
        return Conditions(chain.states, None, None)
    indexes = index_batch(docs)
    tracks = lay_tracks(demands, indexes, chain.tagset.index)
    states = with_tracks(chain.states, tracks)
    lattice = Lattice(states, sum(map(len, indexes)))
    if any(settled):
        _add_preset(lattice, docs, indexes, preset, bounded)
    if bounded:
        lattice.part([start for index in indexes for start in index.sentence_starts])
    bonus = write_tracks(lattice, tracks, indexes) if tracks else None
    for doc, index, demand in zip(docs, indexes, demands):
        _add_demands(lattice, doc, index, demand)
    _require_paths(lattice, docs, indexes, demands, settled)
    return Conditions(states, lattice.allowed, bonus)


def _add_preset(
    lattice: Lattice, docs: Sequence[Doc], indexes: Sequence[ChainIndex], preset: Sequence[Optional[Bools1d]], bounded: bool
) -> None:
    known: List[KnownSpan] = []
    unknown = numpy.ones(len(lattice.allowed), dtype=bool)
    for doc, index, mask in zip(docs, indexes, preset):
        if mask is not None:
            spans = _preset_spans(doc, mask, index.before.tolist(), lattice.states.tagset.index)
            fitting, others = part_expressible(lattice.states, spans, index.sentence_starts if bounded else [])
            # The chain cannot say these: they are outside for it, and stand on the document all the same.
            known += fitting + [span._replace(label=NO_LABEL) for span in others]
            unknown[index.before[0] : index.before[-1]] = ~mask[index.tokens]
    lattice.read(known, unknown)


def _preset_spans(doc: Doc, preset: Bools1d, before: List[int], ids: Mapping[str, int]) -> List[KnownSpan]:
    """Preset entities, and blocked tokens as spans without a label, in order."""
    spans = [(ent.start, ent.end, ids.get(ent.label_, NO_LABEL)) for ent in doc.ents if preset[ent.start]]
    blocked = numpy.flatnonzero(preset & (doc.to_array(ENT_TYPE) == 0)).tolist()
    spans += [(i, i + 1, NO_LABEL) for i in blocked]
    return sorted(KnownSpan(before[start], before[end], label) for start, end, label in spans)


def _add_demands(lattice: Lattice, doc: Doc, index: ChainIndex, demands: Demands) -> None:
    ids = lattice.states.tagset.index
    for start, end, label in demands.required:
        if label != ANY and label not in ids:
            raise ValueError(Errors.E417.format(span=(start, end, label), labels=list(ids), text=doc.text[:80]))
        if not index.has_edges(start, end):
            raise ValueError(Errors.E418.format(span=(start, end, label), text=doc.text[:80]))
        labels = ids.values() if label == ANY else [ids[label]]
        lattice.require(index.before[start], index.before[end], labels)
    for token, labels in demands.allowed_labels().items():
        others = [i for label, i in ids.items() if label not in labels]
        lattice.forbid_labels(slice(index.before[token], index.before[token + 1]), others)


def _require_paths(
    lattice: Lattice,
    docs: Sequence[Doc],
    indexes: Sequence[ChainIndex],
    demands: Sequence[Demands],
    settled: Sequence[bool],
) -> None:
    """RAISES (ValueError): No legal sequence meets the demands of a document. Without required spans and preset entities,
    it may be outside everywhere."""
    at_risk = [i for i, demand in enumerate(demands) if demand.required or demand and settled[i]]
    if not at_risk:
        return
    rows = numpy.concatenate([numpy.arange(*indexes[i].before[[0, -1]]) for i in at_risk])
    found = have_paths(lattice.states, lattice.allowed[rows], [len(indexes[i]) for i in at_risk])
    if not found.all():
        i = at_risk[int(found.argmin())]
        raise ValueError(Errors.E419.format(text=docs[i].text[:80], demands=demands[i].describe()))
