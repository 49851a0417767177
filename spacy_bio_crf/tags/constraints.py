"""A scheme and its labels as ids and boolean arrays: what the chain may do, and what its tags mean."""
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

import numpy

from ..errors import Errors
from ..types import Bools2d, Constraints, Ints1d, Ints2d
from .schemes import OUTSIDE, Scheme, get_scheme

OUTSIDE_ID = 0


class TagSet:
    """The K tags of a scheme over some labels: id 0 is "O", then the letters of the first label, and so on.

    The tags of a disabled label exist, but no legal sequence holds them.

    scheme (Scheme): The tagging scheme.
    labels (Tuple[str, ...]): The labels, in the order of their ids.
    disabled (FrozenSet[str]): Those that are disabled.
    index (Dict[str, int]): Id of each label that is not.
    names (Tuple[str, ...]): Name of each tag. Shape: K
    label_ids (Ints1d): Label of each tag, -1 for "O". Shape: K
    joins (Bools2d): Whether the step continues a span; every other legal step is a boundary. Shape: K, K
    constraints (Constraints): The legal starts, steps and ends: with none disabled, exactly the sequences that
        `parse_tags` accepts.
    """

    def __init__(self, scheme: str, labels: Sequence[str], disabled: Iterable[str] = ()):
        """RAISES (ValueError): An unknown scheme, or a label that is empty, no string, or given twice."""
        self.scheme = get_scheme(scheme)
        self.labels: Tuple[str, ...] = tuple(labels)
        for label in self.labels:
            check_label(label)
        if len(set(self.labels)) < len(self.labels):
            twice = next(label for label in self.labels if self.labels.count(label) > 1)
            raise ValueError(Errors.E109.format(label=twice))
        letters = self.scheme.letters
        self.names = (OUTSIDE, *(f"{letter}-{label}" for label in self.labels for letter in letters))
        self.label_ids: Ints1d = numpy.repeat(numpy.arange(-1, len(labels)), [1] + [len(letters)] * len(labels))
        self.disabled: FrozenSet[str] = frozenset(disabled)
        self.index: Dict[str, int] = {label: i for i, label in enumerate(self.labels) if label not in self.disabled}
        enabled = numpy.isin(self.label_ids, [-1, *self.index.values()])
        self.joins, (start, step, end) = _masks(self.scheme, self.label_ids)
        self.constraints = Constraints(start & enabled, step & enabled & enabled[:, None], end & enabled)

    def __len__(self) -> int:
        return len(self.names)

    def tag_ids(self, letters: str, label: int) -> List[int]:
        """Ids of the tags with these letters of a label, by the label's id."""
        first = 1 + label * len(self.scheme.letters)
        return [first + self.scheme.letters.index(letter) for letter in letters]

    def spans(self, tags: Ints1d, lengths: Optional[Ints1d] = None) -> Ints2d:
        """Read the spans off legal sequences of tag ids.

        tags (Ints1d): Tag ids. Shape: N
        lengths (Optional[Ints1d]): How the N tokens are divided into sequences; None: they are one. Shape: B
        RETURNS (Ints2d): Rows of start, end (not included) and label id, in order. Shape: S, 3
        """
        tags = numpy.asarray(tags)
        if not len(tags):
            return numpy.zeros((0, 3), dtype="i")
        joined = numpy.concatenate(([False], self.joins[tags[:-1], tags[1:]], [False]))  # to the token before each, and last
        if lengths is not None:
            joined[numpy.cumsum(lengths)] = False
        inside = tags != OUTSIDE_ID
        starts = numpy.flatnonzero(inside & ~joined[:-1])
        ends = numpy.flatnonzero(inside & ~joined[1:]) + 1
        return numpy.stack((starts, ends, self.label_ids[tags[starts]]), axis=1).astype("i")

    def write(self, spans: Iterable[Tuple[int, int, int]], length: int) -> Ints1d:
        """Write spans that do not overlap as tag ids; the inverse of `spans`.

        spans (Iterable[Tuple[int, int, int]]): Start, end (not included) and label id, in order.
        length (int): Number of tokens, N.
        RETURNS (Ints1d): Tag ids. Shape: N
        """
        tags = numpy.full(length, OUTSIDE_ID, dtype="i")
        before = (None, None)
        for start, end, label in spans:
            letters = self.scheme.letters_of(end - start, touching=before == (start, label))
            tags[start:end] = self.tag_ids(letters, label)
            before = (end, label)
        return tags


def check_label(label: str) -> None:
    """RAISES (ValueError): No tag can carry the label: it is empty, not a string, or would break a line of a file."""
    if not isinstance(label, str) or not label.strip() or any(char in label for char in "\n\r\t"):
        raise ValueError(Errors.E103.format(label=label))


def _masks(scheme: Scheme, label_ids: Ints1d) -> Tuple[Bools2d, Constraints]:
    """Spell the scheme's strings out over all tags."""

    def of_letters(letters: str):
        of_label = numpy.array([letter in letters for letter in scheme.letters])
        return numpy.concatenate(([True], numpy.tile(of_label, label_ids.max() + 1)))  # "O" opens and closes freely

    same_label = (label_ids[:, None] == label_ids[None, :]) & (label_ids >= 0)
    letter_ids = numpy.concatenate(([0], numpy.tile(numpy.arange(len(scheme.letters)), label_ids.max() + 1)))
    pairs = numpy.array([[scheme.joined(a, b) for b in scheme.letters] for a in scheme.letters])
    joins = same_label & pairs[letter_ids[:, None], letter_ids[None, :]]
    opens, touches, closes = (of_letters(x) for x in (scheme.opens, scheme.touches, scheme.closes))
    boundaries = closes[:, None] & numpy.where(same_label, touches, opens)
    return joins, Constraints(start=opens, step=joins | boundaries, end=closes)
