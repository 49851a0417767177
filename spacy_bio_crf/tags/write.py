"""Spans to tags."""
from typing import Iterable, List, Sequence, Tuple

from ..errors import Errors
from .parse import MISSING, parse_tags
from .schemes import OUTSIDE, get_scheme


def write_tags(spans: Iterable[Tuple[int, int, str]], length: int, scheme: str = "BIO") -> List[str]:
    """Write spans as tags.

    spans (Iterable[Tuple[int, int, str]]): (start, end, label) in token offsets, end not included, in any order.
    length (int): Number of tokens.
    scheme (str): Name of the tagging scheme.
    RETURNS (List[str]): One tag a token.
    RAISES (ValueError): A span that does not fit, overlaps another, or cannot be expressed by the scheme.
    """
    rules = get_scheme(scheme)
    tags = [OUTSIDE] * length
    before = None
    for span in sorted(tuple(span) for span in spans):
        start, end, label = span
        if not 0 <= start < end <= length:
            raise ValueError(Errors.E104.format(span=span, length=length))
        if before and start < before[1]:
            raise ValueError(Errors.E105.format(first=before, second=span))
        touching = bool(before) and before[1] == start and before[2] == label
        if touching and not rules.touches:
            raise ValueError(Errors.E106.format(first=before, second=span, scheme=rules.name))
        letters = rules.letters_of(end - start, touching=touching)
        tags[start:end] = [f"{letter}-{label}" if label else letter for letter in letters]
        before = span
    return tags


def convert_tags(tags: Sequence[str], source: str, target: str, **parsing) -> List[str]:
    """Rewrite tags of one scheme in another, through their spans. A missing mark "-" stays one; `parsing` goes to
    `parse_tags`.
    """
    converted = write_tags(parse_tags(tags, source, **parsing), len(tags), target)
    return [MISSING if old == MISSING else new for old, new in zip(tags, converted)]
