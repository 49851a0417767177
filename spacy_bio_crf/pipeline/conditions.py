"""Doc -> what decoding must respect: preset entities and blocked tokens."""
from typing import AbstractSet, List, Optional, Tuple

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc

from ..tags import TagSet
from ..types import Bools1d, Bools2d
from .lattice import NO_LABEL, ChainIndex, KnownSpan, build_lattice, drop_inexpressible

CharSpan = Tuple[int, int, str]  # start and end in characters, label


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


def preset_lattice(doc: Doc, tagset: TagSet, own: AbstractSet[CharSpan] = frozenset()) -> Optional[Bools2d]:
    """Tell which tags the preset entities and blocked tokens leave to each token of the chain.

    doc (Doc): The document.
    tagset (TagSet): The tags.
    own (AbstractSet[CharSpan]): Entities that the tagger itself has predicted: they settle nothing.
    RETURNS (Optional[Bools2d]): None where nothing is preset. Shape: N, K
    """
    preset = preset_tokens(doc, own)
    if not preset.any():
        return None
    index = ChainIndex(doc)
    spans = _preset_spans(doc, tagset, index, preset)
    spans, inexpressible = drop_inexpressible(tagset, spans)
    # The tag set has no tags for these: they are outside for the chain, and stand on the document all the same.
    spans += [span._replace(label=NO_LABEL) for span in inexpressible]
    return build_lattice(tagset, spans, ~preset[index.tokens])


def _preset_spans(doc: Doc, tagset: TagSet, index: ChainIndex, preset: Bools1d) -> List[KnownSpan]:
    spans = [(e.start, e.end, tagset.index.get(e.label_, NO_LABEL)) for e in doc.ents if preset[e.start]]
    blocked = numpy.flatnonzero(preset & (doc.to_array(ENT_TYPE) == 0))
    spans += [(int(i), int(i) + 1, NO_LABEL) for i in blocked]
    return sorted(KnownSpan(int(index.before[start]), int(index.before[end]), label) for start, end, label in spans)
