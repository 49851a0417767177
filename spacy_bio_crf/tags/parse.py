"""Tags to spans: strictly, or with a named repair for foreign data."""
from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors
from .schemes import OUTSIDE, Scheme, get_scheme

MISSING = "-"
REPAIRS = ("begin", "drop", "join")


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
    where: str = "the sequence",
) -> List[TokenSpan]:
    """Read the spans off a tag sequence. The missing mark "-" counts as outside here.

    tags (Sequence[str]): One tag a token.
    scheme (str): Name of the tagging scheme.
    repair (Optional[str]): What to do with an illegal sequence. None: raise. "begin": a tag that continues nothing opens
        a span. "drop": it is outside, and so is a span that never closes. "join": it joins the span right before it, or
        one outside token before it, whatever its label, and opens a span where there is none.
    repairs (Optional[Dict[str, int]]): Counts what was repaired, by kind: "orphan" tags, "unclosed" spans.
    where (str): Names the sequence in an error.
    RETURNS (List[TokenSpan]): The spans in order.
    RAISES (ValueError): An unknown scheme, repair or tag, or, without a repair, an illegal sequence.
    """
    rules = get_scheme(scheme)
    if repair is not None and repair not in REPAIRS:
        raise ValueError(Errors.E108.format(name=repair, known=", ".join(REPAIRS)))
    counts = Counter()
    spans: List[TokenSpan] = []
    before, label_before = OUTSIDE, ""  # as repaired

    def illegal(kind: str, position: int, reason: str) -> None:
        if repair is None:
            raise ValueError(
                Errors.E102.format(
                    where=where,
                    position=position,
                    tag=tags[position],
                    reason=reason,
                    scheme=rules.name,
                    hint="Mend the data, name its true scheme, or choose a repair: " + ", ".join(REPAIRS) + ".",
                )
            )
        counts[kind] += 1

    def close(position: int) -> None:
        """End the span that is open before `position`."""
        if before != OUTSIDE and before not in rules.closes:
            illegal("unclosed", position - 1, "leaves its span open")
            if repair == "drop":
                spans.pop()

    for position, tag in enumerate(tags):
        letter, label = split_tag(tag)
        if letter in (OUTSIDE, MISSING):
            close(position)
            before, label_before = OUTSIDE, ""
            continue
        _check_letter(rules, letter, tag, position, where)
        same = before != OUTSIDE and label == label_before
        if same and rules.joined(before, letter):
            spans[-1] = spans[-1]._replace(end=position + 1)
        else:
            close(position)
            if letter not in (rules.touches if same else rules.opens):
                illegal("orphan", position, "continues no span" if not same else "cannot follow the tag before it")
                if repair == "drop":
                    before, label_before = OUTSIDE, ""
                    continue
                if repair == "join" and spans and position - spans[-1].end <= 1:
                    label = spans[-1].label
                    spans[-1] = spans[-1]._replace(end=position + 1)
                    before, label_before = letter, label
                    continue
            spans.append(TokenSpan(position, position + 1, label))
        before, label_before = letter, label
    close(len(tags))
    if repairs is not None:
        for kind, count in counts.items():
            repairs[kind] = repairs.get(kind, 0) + count
    return spans


def _check_letter(rules: Scheme, letter: str, tag: str, position: int, where: str) -> None:
    if letter not in rules.letters or len(letter) != 1:
        raise ValueError(
            Errors.E102.format(
                where=where,
                position=position,
                tag=tag,
                reason="does not exist",
                scheme=rules.name,
                hint=f"Its tags are {OUTSIDE} and {', '.join(x + '-label' for x in rules.letters)}.",
            )
        )
