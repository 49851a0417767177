"""What is known of some tokens without being known for sure: candidates."""
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

from spacy.tokens import Doc, Span
from spacy.training import Example

from .chains import Chain
from .lattice import ChainIndex, Lattice, has_path

DocSpan = Tuple[int, int, str]  # start and end in tokens of the predicted document, label
NOT = "!"  # before the label of a candidate: no token of the span has it


class Candidate(NamedTuple):
    """Some tokens of the predicted document are one entity with one of the labels, and none of them has a barred label."""

    start: int
    end: int
    labels: FrozenSet[str]
    barred: FrozenSet[str]

    @property
    def triple(self) -> DocSpan:
        """For messages."""
        return self.start, self.end, " or ".join(sorted([*self.labels, *(NOT + label for label in self.barred)]))


def align(example: Example, spans: Sequence[Span]) -> Tuple[List[DocSpan], List[DocSpan]]:
    """Project spans of the reference onto the tokens of the predicted document.

    RETURNS (Tuple[List[DocSpan], List[DocSpan]]): The spans that are whole tokens; and the others, with all tokens that they
        touch.
    """
    aligned: List[DocSpan] = []
    misaligned: List[DocSpan] = []
    for span in spans:
        found = example.get_aligned_spans_y2x([span], allow_overlap=True)
        aligned += [(one.start, one.end, one.label_) for one in found]
        touched = () if found else example.alignment.y2x[span.start : span.end].tolist()
        if touched:
            misaligned.append((min(touched), max(touched) + 1, span.label_))
    return aligned, misaligned


def read_candidates(example: Example, key: Optional[str], chain: Chain) -> Tuple[List[Candidate], List[int]]:
    """Read the span group of candidates of a reference. Spans over the same tokens are one entity with one of their labels;
    one without a label is an entity with any label; and where the label is "!ORG", none of the tokens is in an ORG. What
    else is annotated of the tokens of a candidate, other than spans, does not count.

    A chain of its own labels has no use for candidates without one of them, and cannot tell whether one that may as well
    have another label is its own.

    example (Example): The example.
    key (Optional[str]): Key of the group.
    chain (Chain): The chain.
    RETURNS (Tuple[List[Candidate], List[int]]): The candidates; and the predicted tokens of which nothing is known, since
        they are in a candidate.
    """
    if key is None or key not in example.reference.spans:
        return [], []
    aligned, misaligned = align(example, list(example.reference.spans[key]))
    unknown = [token for start, end, _ in misaligned for token in range(start, end)]
    places: Dict[Tuple[int, int], Set[str]] = {}
    for start, end, label in aligned:
        places.setdefault((start, end), set()).add(label)
    found = []
    for (start, end), names in places.items():
        labels = frozenset(name for name in names if not name.startswith(NOT))
        barred = frozenset(name[len(NOT) :] for name in names if name.startswith(NOT)) & set(chain.tagset.labels)
        if chain.own:
            mine = labels & {"", *chain.tagset.labels}
            if not mine and not barred:
                continue
            labels = labels if mine == labels and "" not in labels else frozenset()
        unknown.extend(range(start, end))
        found.append(Candidate(start, end, labels, barred))
    return found, unknown


def candidate_labels(doc: Doc, key: Optional[str]) -> Set[str]:
    """The labels of the candidates of a reference document."""
    if key is None or key not in doc.spans:
        return set()
    return {span.label_ for span in doc.spans[key] if span.label_ and not span.label_.startswith(NOT)}


def add_candidates(lattice: Lattice, index: ChainIndex, candidates: Sequence[Candidate]) -> List[Candidate]:
    """Add candidates to a lattice, in order, but for those that would leave it without a legal sequence, or have a label that
    the chain does not know, or begin or end on whitespace.

    RETURNS (List[Candidate]): Those that were added.
    """
    fitting = [one for one in candidates if _fits(lattice, index, one)]
    before = lattice.allowed.copy()
    for one in fitting:
        _add(lattice, index, one)
    if not fitting or has_path(lattice):
        return fitting
    lattice.allowed = before
    return [one for one in fitting if _add_if_possible(lattice, index, one)]


def _fits(lattice: Lattice, index: ChainIndex, candidate: Candidate) -> bool:
    labels = candidate.labels
    known = "" in labels or labels <= set(lattice.states.tagset.index)
    return not labels or (known and index.has_edges(candidate.start, candidate.end))


def _add_if_possible(lattice: Lattice, index: ChainIndex, candidate: Candidate) -> bool:
    before = lattice.allowed.copy()
    _add(lattice, index, candidate)
    if has_path(lattice):
        return True
    lattice.allowed = before
    return False


def _add(lattice: Lattice, index: ChainIndex, candidate: Candidate) -> None:
    ids = lattice.states.tagset.index
    start, end = int(index.before[candidate.start]), int(index.before[candidate.end])
    lattice.forbid_labels(slice(start, end), [ids[label] for label in candidate.barred])
    if candidate.labels:
        lattice.require(start, end, [ids[label] for label in (ids if "" in candidate.labels else candidate.labels)])
