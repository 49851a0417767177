"""Tags to spans: strictly, or with a named repair for foreign data."""
from collections import Counter
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors
from .schemes import OUTSIDE, SCHEMES, get_scheme

MISSING = "-"
REPAIRS = ("begin", "drop", "join")
NAME_SCHEME = "name the true scheme (`scheme`, on the command line --scheme)"
NAME_COLUMN = "name the column of the tags (`tag_column`, --tag-column) or what comments begin with (`comment`, --comment)"
NAME_REPAIR = f"choose a repair (`repair`, --repair): {', '.join(REPAIRS)}"


class TokenSpan(NamedTuple):
    """A labelled span of tokens, `end` not included."""

    start: int
    end: int
    label: str


def split_tag(tag: str) -> Tuple[str, str]:
    """Split "B-person" into ("B", "person"). "O" and the missing mark "-" have no label; a bare "B" has the label ""."""
    if tag in (OUTSIDE, MISSING):
        return tag, ""
    letter, _, label = tag.partition("-")
    return letter, label


def parse_tags(
    tags: Sequence[str],
    scheme: str = "BIO",
    *,
    repair: Optional[str] = None,
    repairs: Optional[Dict[str, int]] = None,
    where: Callable[[int], str] = "token {} of the sequence".format,
) -> List[TokenSpan]:
    """Read the spans off a tag sequence. The missing mark "-" counts as outside here.

    tags (Sequence[str]): One tag a token.
    scheme (str): Name of the tagging scheme.
    repair (Optional[str]): What to do with an illegal sequence. None: raise. A tag is an orphan if it may neither
        continue the span before it nor open one. "begin": an orphan opens a span. "drop": an orphan is outside, and so
        is a span that never closes. "join": an orphan that would continue a span continues the one that ends right
        before it, whatever the label of that, or one "O" earlier if its label is the same; any other orphan opens a
        span. "begin" and "join" keep a span that never closes. What follows is read against the repaired tags.
    repairs (Optional[Dict[str, int]]): Counts what was repaired, by kind: "orphan" tags, "unclosed" spans.
    where (Callable[[int], str]): Names the token of a position in an error.
    RETURNS (List[TokenSpan]): The spans in order.
    RAISES (ValueError): An unknown scheme, repair or tag, or, without a repair, an illegal sequence.
    """
    rules = get_scheme(scheme)
    if repair is not None and repair not in REPAIRS:
        raise ValueError(Errors.E108.format(name=repair, known=", ".join(REPAIRS)))
    counts = Counter()
    spans: List[TokenSpan] = []
    before, label_before = OUTSIDE, ""  # as repaired

    def refuse(position: int, reason: str, hint: str) -> None:
        place, tag = where(position), tags[position]
        raise ValueError(Errors.E102.format(where=place, tag=tag, reason=reason, scheme=rules.name, hint=hint))

    def illegal(kind: str, position: int, reason: str = "") -> None:
        if repair is None:
            refuse(position, reason, f"Mend the data, {NAME_SCHEME}, or {NAME_REPAIR}.")
        counts[kind] += 1

    def close(position: int) -> None:
        """End the span that is open before `position`."""
        if before != OUTSIDE and before not in rules.closes:
            illegal("unclosed", position - 1, "leaves its span open")
            if repair == "drop":
                spans.pop()

    for position, tag in enumerate(tags):
        if tag in (OUTSIDE, MISSING):
            close(position)
            before, label_before = OUTSIDE, ""
            continue
        letter, label = split_tag(tag)
        if letter not in rules.letters or len(letter) != 1:
            letters = ", ".join(f"{x}-label" for x in rules.letters)
            hint = f"Its tags are {OUTSIDE} and {letters}. Mend the data, {NAME_COLUMN}, or {NAME_SCHEME}: {', '.join(SCHEMES)}."
            refuse(position, "does not exist", hint)
        same = before != OUTSIDE and label == label_before
        joined = same and rules.joined(before, letter)
        orphan = not joined and letter not in (rules.touches if same else rules.opens)
        if orphan and repair == "join" and rules.continues(letter) and _within_reach(spans, tags, position, label):
            illegal("orphan", position)
            joined, label = True, spans[-1].label
        if joined:
            spans[-1] = spans[-1]._replace(end=position + 1)
        else:
            close(position)
            if orphan:
                illegal("orphan", position, "can neither continue nor open a span here")
                if repair == "drop":
                    before, label_before = OUTSIDE, ""
                    continue
            spans.append(TokenSpan(position, position + 1, label))
        before, label_before = letter, label
    close(len(tags))
    if repairs is not None:
        for kind, count in counts.items():
            repairs[kind] = repairs.get(kind, 0) + count
    return spans


def _within_reach(spans: List[TokenSpan], tags: Sequence[str], position: int, label: str) -> bool:
    """Whether an orphan joins the last span: only the label differs, or only one "O" lies between."""
    if not spans:
        return False
    between = tags[spans[-1].end : position]
    return not between or (list(between) == [OUTSIDE] and label == spans[-1].label)
