"""Gold of a batch where nothing is odd about it, read from arrays; what is odd, `gold_lattice` reads."""
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, ORTH, SPACY
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.training import Example

from ..attributes import KEY
from ..tags import LabelBefore
from ..types import Bools1d, Ints1d
from .chains import Chain
from .gold import Gold
from .lattice import kinds_of_tokens, ranges


class _Spans(NamedTuple):
    """Annotated spans of the documents of a batch, laid end to end, sorted.

    starts, ends (Ints1d): In tokens of the batch. Shape: S
    labels (Ints1d): Hashes of their labels. Shape: S
    """

    starts: Ints1d
    ends: Ints1d
    labels: Ints1d

    def take(self, chosen: Bools1d) -> "_Spans":
        return _Spans(*(array[chosen] for array in self))


def plain_golds(examples: Sequence[Example], chain: Chain, odd_keys: Sequence[Optional[str]] = ()) -> List[Optional[Gold]]:
    """Read the annotation of plain examples: both documents have the same tokens, all tokens weigh the same, all labels are
    annotated, and the chain can say every span. The rules of the chain, if it has any, are kept.

    examples (Sequence[Example]): The batch.
    chain (Chain): The chain that learns from it.
    odd_keys (Sequence[Optional[str]]): A reference with a span group of such a key is not plain.
    RETURNS (List[Optional[Gold]]): What `gold_lattice` says of each example, None for one that is not plain.
    """
    golds: List[Optional[Gold]] = [None] * len(examples)
    if any(not isinstance(rule, LabelBefore) for rule in chain.states.rules):
        return golds
    keys = {KEY, *odd_keys}
    places = [
        i
        for i, eg in enumerate(examples)
        if 0 < len(eg.predicted) == len(eg.reference) and keys.isdisjoint(eg.reference.spans)
    ]
    if not places:
        return golds
    references = [examples[i].reference for i in places]
    tokens = numpy.concatenate([examples[i].predicted.to_array([ORTH, SPACY, IS_SPACE]) for i in places])
    told = numpy.concatenate([doc.to_array([ORTH, SPACY, ENT_IOB, ENT_TYPE]) for doc in references])
    doc_ends = numpy.cumsum([len(doc) for doc in references])
    owner = numpy.repeat(numpy.arange(len(places)), numpy.diff(doc_ends, prepend=0))
    if chain.gold_key is None:
        spans, unknown = _entities(told[:, 2], told[:, 3], doc_ends)
    else:
        spans, unknown = _of_groups(references, chain.gold_key, doc_ends)

    ids = {get_string_id(label): i for label, i in chain.tagset.index.items()}
    labels = numpy.array([ids.get(label, -1) for label in spans.labels.tolist()], dtype=int)
    foreign = labels < 0
    in_chain = tokens[:, 2] == 0
    before = numpy.concatenate(([0], numpy.cumsum(in_chain)))
    odd = numpy.zeros(len(places), dtype=bool)
    odd[owner[(tokens[:, :2] != told[:, :2]).any(axis=1)]] = True
    if foreign.any() and chain.own:
        spans, labels = spans.take(~foreign), labels[~foreign]
    else:
        odd[owner[spans.starts[foreign]]] = True
    on_space = ~(in_chain[spans.starts] & in_chain[spans.ends - 1])
    odd[owner[spans.starts[on_space]]] = True
    starts, ends = before[spans.starts], before[spans.ends]
    odd[owner[spans.starts[1:][_collide(starts, ends, labels, bool(chain.tagset.scheme.touches))]]] = True

    plain = ~odd[owner[spans.starts]]
    last = before[doc_ends][owner[spans.starts]]
    starts, ends, labels, last = (array[plain] for array in (starts, ends, labels, last))
    allowed = chain.states.meanings[kinds_of_tokens(starts, ends, labels, unknown[in_chain])]
    allowed[ends[ends < last]] &= ~chain.states.continues
    first = 0
    for i, is_odd, end in zip(places, odd.tolist(), before[doc_ends].tolist()):
        if not is_odd:
            golds[i] = Gold(allowed[first:end], [], set(), None, None)
        first = end
    return golds


def _entities(iob: Ints1d, labels: Ints1d, doc_ends: Ints1d) -> Tuple[_Spans, Bools1d]:
    """The entities of a batch, and the tokens that say nothing."""
    goes_on = iob == 1
    goes_on[doc_ends[:-1]] = False
    starts = numpy.flatnonzero((iob == 3) & (labels != 0))
    stops = numpy.append(numpy.flatnonzero(~goes_on), len(iob))
    ends = stops[numpy.searchsorted(stops, starts, side="right")]
    unknown = iob != 2
    unknown[ranges(starts, ends)] = False
    return _Spans(starts, ends, labels[starts]), unknown


def _of_groups(docs: Sequence[Doc], key: str, doc_ends: Ints1d) -> Tuple[_Spans, Bools1d]:
    """The spans of a span group of each document; a document without the group says nothing."""
    firsts = [0, *doc_ends.tolist()]
    rows = sorted(
        (first + span.start, first + span.end, span.label)
        for first, doc in zip(firsts, docs)
        for span in doc.spans.get(key, ())
    )
    starts, ends, labels = numpy.array(rows, dtype="uint64").reshape(-1, 3).T
    silent = [key not in doc.spans for doc in docs]
    return _Spans(starts.astype(int), ends.astype(int), labels), numpy.repeat(silent, numpy.diff(firsts))


def _collide(starts: Ints1d, ends: Ints1d, labels: Ints1d, may_touch: bool) -> Bools1d:
    """Whether each span but the first overlaps with an earlier one, or touches one of its label although the scheme cannot
    say so. Shape: S - 1"""
    furthest = numpy.maximum.accumulate(ends)[:-1]
    collides = starts[1:] < furthest
    if not may_touch:
        collides |= (starts[1:] == ends[:-1]) & (labels[1:] == labels[:-1])
    return collides
