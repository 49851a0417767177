"""Gold of a batch where nothing is odd about it, read from arrays; what is odd, `gold_lattice` reads."""
from typing import List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, ORTH
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
    """Spans of documents that are laid end to end, sorted.

    starts, ends (Ints1d): Shape: S
    labels (Ints1d): Hashes of their labels, or ids. Shape: S
    """

    starts: Ints1d
    ends: Ints1d
    labels: Ints1d

    def take(self, chosen: Bools1d) -> "_Spans":
        return _Spans(*(array[chosen] for array in self))


def plain_golds(
    examples: Sequence[Example], chain: Chain, odd_keys: Sequence[Optional[str]] = ()
) -> List[Optional[Gold]]:
    """Read the annotation of plain examples: both documents have the same tokens, all tokens weigh the same, all labels
    are annotated, and legal sequences can hold every span.

    examples (Sequence[Example]): The batch.
    chain (Chain): The chain that learns from it. If its rules may forbid a span, no example is plain.
    odd_keys (Sequence[Optional[str]]): A reference with a span group of such a key is not plain.
    RETURNS (List[Optional[Gold]]): What `gold_lattice` says of each example, None for one that is not plain.
    """
    golds: List[Optional[Gold]] = [None] * len(examples)
    places = _places(examples, {KEY, *odd_keys})
    if not places or any(not isinstance(rule, LabelBefore) for rule in chain.states.rules):
        return golds
    references = [examples[i].reference for i in places]
    tokens = numpy.concatenate([examples[i].predicted.to_array([ORTH, IS_SPACE]) for i in places])
    told = numpy.concatenate([doc.to_array([ORTH, ENT_IOB, ENT_TYPE]) for doc in references])
    widths = numpy.array([len(doc) for doc in references])
    owner = numpy.repeat(numpy.arange(len(places)), widths)
    if chain.gold_key is None:
        spans, unknown = _entities(told[:, 1], told[:, 2], widths)
    else:
        spans, unknown = _of_groups(references, chain.gold_key, widths)
    spans = _with_ids(spans, chain)

    of, in_chain = owner[spans.starts], tokens[:, 1] == 0
    before = numpy.concatenate(([0], numpy.cumsum(in_chain)))
    known, doc_ends = _Spans(before[spans.starts], before[spans.ends], spans.labels), before[numpy.cumsum(widths)]
    odd = numpy.zeros(len(places), dtype=bool)
    odd[owner[tokens[:, 0] != told[:, 0]]] = True
    odd[of[~(in_chain[spans.starts] & in_chain[spans.ends - 1]) | (spans.labels < 0)]] = True
    odd[of[_collide(known, of, chain)]] = True

    plain = ~odd[of]
    known, of = known.take(plain), of[plain]
    allowed = chain.states.meanings[kinds_of_tokens(*known, unknown[in_chain])]
    allowed[known.ends[known.ends < doc_ends[of]]] &= ~chain.states.continues
    first = 0
    for i, is_odd, end in zip(places, odd.tolist(), doc_ends.tolist()):
        if not is_odd:
            golds[i] = Gold(allowed[first:end], [], set(), None, None)
        first = end
    return golds


def _places(examples: Sequence[Example], odd_keys: Set[Optional[str]]) -> List[int]:
    """The examples that may be plain, as far as their lengths and span groups tell."""
    return [
        i
        for i, eg in enumerate(examples)
        if 0 < len(eg.predicted) == len(eg.reference) and odd_keys.isdisjoint(eg.reference.spans)
    ]


def _with_ids(spans: _Spans, chain: Chain) -> _Spans:
    """Spans with ids for labels, -1 for one that the chain does not have; less those that do not concern it."""
    ids = {get_string_id(label): i for label, i in chain.tagset.index.items()}
    spans = spans._replace(labels=numpy.array([ids.get(label, -1) for label in spans.labels.tolist()], dtype=int))
    return spans.take(spans.labels >= 0) if chain.own else spans


def _collide(spans: _Spans, of: Ints1d, chain: Chain) -> Bools1d:
    """Whether each span overlaps with the one before it, or touches it where the scheme cannot say so. If any two spans
    overlap, then two neighbours do. Shape: S

    of (Ints1d): The example of each span. Shape: S
    """
    collides = numpy.zeros(len(of), dtype=bool)
    collides[1:] = spans.starts[1:] < spans.ends[:-1]
    if not chain.tagset.scheme.touches:
        same = (spans.labels[1:] == spans.labels[:-1]) & (of[1:] == of[:-1])
        collides[1:] |= same & (spans.starts[1:] == spans.ends[:-1])
    return collides


def _entities(iob: Ints1d, labels: Ints1d, widths: Ints1d) -> Tuple[_Spans, Bools1d]:
    """The entities of a batch, and the tokens that say nothing."""
    goes_on = iob == 1
    goes_on[numpy.cumsum(widths[:-1])] = False
    starts = numpy.flatnonzero((iob == 3) & (labels != 0))
    stops = numpy.append(numpy.flatnonzero(~goes_on), len(iob))
    ends = stops[numpy.searchsorted(stops, starts, side="right")]
    unknown = iob != 2
    unknown[ranges(starts, ends)] = False
    return _Spans(starts, ends, labels[starts]), unknown


def _of_groups(docs: Sequence[Doc], key: str, widths: Ints1d) -> Tuple[_Spans, Bools1d]:
    """The spans of a span group of each document; a document without the group says nothing."""
    firsts = (numpy.cumsum(widths) - widths).tolist()
    rows = {
        (first + span.start, first + span.end, span.label)
        for first, doc in zip(firsts, docs)
        for span in doc.spans.get(key, ())
    }
    starts, ends, labels = numpy.array(sorted(rows), dtype="uint64").reshape(-1, 3).T
    silent = [key not in doc.spans for doc in docs]
    return _Spans(starts.astype(int), ends.astype(int), labels), numpy.repeat(silent, widths)
