"""Example -> the gold lattice: which states the annotation leaves to each token."""
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy
from spacy.attrs import ENT_IOB, ENT_TYPE, ORTH
from spacy.errors import Errors as SpacyErrors
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..attributes import annotated_labels, token_weights
from ..types import Bools1d, Bools2d, Floats1d, Floats2d
from .candidates import NOT, DocSpan, add_candidates, align, candidate_labels, read_candidates
from .chains import Chain
from .lattice import ChainIndex, KnownSpan, Lattice, part_expressible


def annotated_spans(doc: Doc, spans_key: Optional[str]) -> Iterable[Span]:
    """The annotated spans of a reference document: of a span group, or its entities if `spans_key` is None."""
    return doc.ents if spans_key is None else doc.spans.get(spans_key, ())


def gold_labels(doc: Doc, spans_key: Optional[str], candidates_key: Optional[str]) -> Set[str]:
    """The labels of the annotated spans and of the candidates of a reference document."""
    return {span.label_ for span in annotated_spans(doc, spans_key)} | candidate_labels(doc, candidates_key)


def chain_spans(doc: Doc, chain: Chain) -> List[Span]:
    """The annotated spans that concern a chain."""
    own = set(chain.tagset.labels) if chain.own else None
    return [span for span in annotated_spans(doc, chain.gold_key) if own is None or span.label_ in own]


def aligned_gold(example: Example, chain: Chain) -> Tuple[List[DocSpan], List[DocSpan], Bools1d]:
    """Project the annotation onto the tokens of the predicted document.

    example (Example): The example; the predicted document has T tokens.
    chain (Chain): The chain that learns from it.
    RETURNS (Tuple[List[DocSpan], List[DocSpan], Bools1d]): Spans; those that are not whole tokens, with the tokens that they
        touch; and the tokens of which nothing is known: not annotated, or misaligned. Shape of the last: T
    """
    if chain.gold_key is None and _same_tokens(example):
        spans, unknown = _entities(example.reference)
        return [span for span in spans if not chain.own or span[2] in chain.tagset.labels], [], unknown
    if chain.gold_key is None:
        ents, tags = example.get_aligned_ents_and_ner()
        spans = [(e.start, e.end, e.label_) for e in ents if not chain.own or e.label_ in chain.tagset.labels]
        unknown = numpy.array([tag in (None, "-") for tag in tags], dtype=bool)
        misaligned = align(example, chain_spans(example.reference, chain))[1] if unknown.any() else []
        return spans, misaligned, unknown
    unknown = numpy.full(len(example.predicted), chain.gold_key not in example.reference.spans)
    spans, misaligned = align(example, chain_spans(example.reference, chain))
    for start, end, _ in misaligned:
        unknown[start:end] = True
    return spans, misaligned, unknown


def _same_tokens(example: Example) -> bool:
    """Whether both documents have the same tokens, so that nothing has to be aligned."""
    return numpy.array_equal(example.predicted.to_array(ORTH), example.reference.to_array(ORTH))


def _entities(doc: Doc) -> Tuple[List[DocSpan], Bools1d]:
    """The entities of a document, and the tokens that say nothing: what `Example.get_aligned_ents_and_ner` gives where the
    tokens are the same, read from arrays, which is the greater part of the time of reading gold."""
    iob, labels = doc.to_array(ENT_IOB), doc.to_array(ENT_TYPE)
    starts = numpy.flatnonzero((iob == 3) & (labels != 0))
    after = numpy.append(numpy.flatnonzero(iob != 1), len(doc))
    ends = after[numpy.searchsorted(after, starts, side="right")]
    names = [doc.vocab.strings[label] for label in labels[starts].tolist()]
    unknown = iob != 2
    for start, end in zip(starts.tolist(), ends.tolist()):
        unknown[start:end] = False
    return list(zip(starts.tolist(), ends.tolist(), names)), unknown


class Gold(NamedTuple):
    """What an annotation says.

    allowed (Bools2d): The states that it leaves to each token of the chain. Shape: N, Q
    lost (List[DocSpan]): Spans that no legal sequence can hold: they overlap, are not whole tokens, begin or end on
        whitespace, cross a boundary, break a rule, or touch where the scheme cannot say so; and candidates that contradict
        the rest. Their tokens are left unknown.
    foreign (Set[str]): Labels that the chain does not have. Their spans count as outside.
    weights (Optional[Floats1d]): The weight of each token, None where all are 1. Shape: N
    heights (Optional[Floats2d]): The same for each state, 0 for those that are allowed. That a span does not go on has the
        weight of the last token of the span, all else that of the token itself. Shape: N, Q
    """

    allowed: Bools2d
    lost: List[DocSpan]
    foreign: Set[str]
    weights: Optional[Floats1d]
    heights: Optional[Floats2d]


class _TokenLattice(Lattice):
    """What is said of each token by itself, without the boundaries of spans."""

    def part(self, positions: Sequence[int]) -> None:
        pass


def gold_lattice(
    example: Example, chain: Chain, *, candidates_key: Optional[str] = None, sentence_bounded: bool = False
) -> Gold:
    """Read the annotation of an example.

    example (Example): The example.
    chain (Chain): The chain that learns from it.
    candidates_key (Optional[str]): Key of the span group of candidates, see `read_candidates`.
    sentence_bounded (bool): Whether no span may cross a sentence boundary.
    RETURNS (Gold): The gold lattice, and what is odd about it.
    RAISES (ValueError): A label like "!PERSON", the old way to say "not a PERSON".
    """
    spans, misaligned, unknown = aligned_gold(example, chain)
    for _, _, label in spans:
        if label.startswith(NOT):
            raise ValueError(SpacyErrors.E869.format(label=label))
    ids = chain.tagset.index
    index = ChainIndex(example.predicted)
    known = sorted({(start, end, label) for start, end, label in spans if label in ids})
    on_space = [span for span in known if not index.has_edges(span[0], span[1])]
    original = {_in_chain(index, span, ids): span for span in known if span not in on_space}
    overlapping = _overlapping(sorted(original))
    starts = index.sentence_starts if sentence_bounded else []
    fitting, broken = part_expressible(chain.states, [s for s in sorted(original) if s not in overlapping], starts)

    candidates, in_candidates = read_candidates(example, candidates_key, chain)
    unknown[in_candidates] = True
    unknown = unknown[index.tokens]
    for span in [*overlapping, *broken, *(_in_chain(index, span, ids) for span in on_space)]:
        unknown[span.start : span.end] = True
    annotated = annotated_labels(example.reference)
    unannotated = [] if annotated is None else [ids[label] for label in ids if label not in annotated]

    lattice = Lattice(chain.states, len(index))
    lattice.read(fitting, unknown, unannotated)
    lattice.part(starts)
    possible = add_candidates(lattice, index, candidates)

    impossible = [one.triple for one in candidates if one not in possible]
    lost = [*misaligned, *sorted([*on_space, *(original[span] for span in [*overlapping, *broken])]), *impossible]
    foreign = {label for _, _, label in spans if label not in ids}
    given = token_weights(example.reference)
    if given is None:
        return Gold(lattice.allowed, lost, foreign, None, None)
    weights = _aligned_weights(example, given)[index.tokens]
    own = _TokenLattice(chain.states, len(index))
    own.read(fitting, unknown, unannotated)
    add_candidates(own, index, possible)
    ends = {span.end for span in fitting} | {int(index.before[one.end]) for one in possible if one.labels}
    return Gold(lattice.allowed, lost, foreign, weights, _heights(own, weights, ends))


def _in_chain(index: ChainIndex, span: DocSpan, ids: Dict[str, int]) -> KnownSpan:
    start, end, label = span
    return KnownSpan(int(index.before[start]), int(index.before[end]), ids[label])


def _aligned_weights(example: Example, weights: List[float]) -> Floats1d:
    """The weights of the predicted tokens: the lowest of the reference tokens that each is aligned with. Shape: T"""
    aligned = [min((weights[int(i)] for i in example.alignment.x2y[t]), default=0.0) for t in range(len(example.predicted))]
    return numpy.array(aligned, dtype="float64")


def _heights(own: Lattice, weights: Floats1d, ends: Set[int]) -> Floats2d:
    """The weight of what forbids a state, the highest where several things do; 0 where nothing does.

    own (Lattice): What is said of each token by itself.
    weights (Floats1d): The weights of the tokens. Shape: N
    ends (Set[int]): Tokens before which a known span ends.
    """
    heights = numpy.where(own.allowed, 0.0, weights[:, None])
    inner = [end for end in ends if end < len(weights)]
    of_last = weights[numpy.array(inner, dtype=int) - 1]
    heights[inner] = numpy.maximum(heights[inner], of_last[:, None] * own.states.continues)
    return heights


def _overlapping(spans: List[KnownSpan]) -> Set[KnownSpan]:
    """Spans of a sorted list that share a token with another."""
    bad = set()
    widest = None
    for span in spans:
        if widest is not None and span.start < widest.end:
            bad.update((span, widest))
        if widest is None or span.end > widest.end:
            widest = span
    return bad
