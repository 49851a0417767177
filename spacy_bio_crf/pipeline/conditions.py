"""Doc -> what decoding must respect: preset entities and blocked tokens."""
from typing import List, Optional

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc

from ..tags import TagSet
from ..types import Bools1d, Bools2d
from .lattice import UNKNOWN, ChainIndex, KnownSpan, build_lattice, drop_inexpressible


def preset_tokens(doc: Doc) -> Bools1d:
    """Tell which tokens an earlier component or the user has settled: those in an entity, and blocked ones. A token that is
    merely outside may still be given an entity, as spaCy's `ner` has it.

    RETURNS (Bools1d): Over all tokens of the document. Shape: T
    """
    iob = doc.to_array(ENT_IOB)
    return (iob == 1) | (iob == 3)


def preset_lattice(doc: Doc, tagset: TagSet) -> Optional[Bools2d]:
    """Tell which tags the preset entities and blocked tokens leave to each token of the chain.

    doc (Doc): The document.
    tagset (TagSet): The tags.
    RETURNS (Optional[Bools2d]): None where nothing is preset. Shape: N, K
    """
    preset = preset_tokens(doc)
    if not preset.any():
        return None
    index = ChainIndex(doc)
    spans = _preset_spans(doc, tagset, index)
    spans, inexpressible = drop_inexpressible(tagset, spans)
    # The tag set has no tags for these: they are outside for the chain, and stand on the document all the same.
    spans += [span._replace(label=UNKNOWN) for span in inexpressible]
    return build_lattice(tagset, spans, ~preset[index.tokens])


def _preset_spans(doc: Doc, tagset: TagSet, index: ChainIndex) -> List[KnownSpan]:
    spans = [(ent.start, ent.end, tagset.index.get(ent.label_, UNKNOWN)) for ent in doc.ents]
    iob_type = doc.to_array([ENT_IOB, ENT_TYPE])
    blocked = numpy.flatnonzero((iob_type[:, 0] == 3) & (iob_type[:, 1] == 0))
    spans += [(int(i), int(i) + 1, UNKNOWN) for i in blocked]
    return sorted(KnownSpan(int(index.before[start]), int(index.before[end]), label) for start, end, label in spans)
