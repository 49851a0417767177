"""Tagging schemes as data.

A tag is a letter and a label ("B-person"), or "O" for a token outside every span. Between two neighbouring tags there is
either a *join* (the second continues the span of the first: same label, and a letter pair in `joins`) or a *boundary*
(the first may close a span, and the second may open one). A pair that is neither is illegal. Everything else in this
room (parsing, writing, constraints) follows from these few strings.
"""
from dataclasses import dataclass
from typing import Dict, Tuple

from ..errors import Errors

OUTSIDE = "O"


@dataclass(frozen=True)
class Scheme:
    """One tagging scheme.

    name (str): Its name in configs.
    letters (str): The letters of a label's tags, in the order of their ids.
    joins (Tuple[str, ...]): Letter pairs that continue a span.
    opens (str): Letters that may open a span, at the start or after a tag of another label or "O".
    touches (str): Letters that may open a span right after a span of the same label.
    closes (str): Letters that a span may end with.
    writes (str): Letters written for a single token, and for the first, an inside and the last token of a longer span.
    """

    name: str
    letters: str
    joins: Tuple[str, ...]
    opens: str
    touches: str
    closes: str
    writes: str

    def joined(self, before: str, after: str) -> bool:
        """Whether the letter `after` continues the span of the letter `before`, both of one label."""
        return before + after in self.joins

    def continues(self, letter: str) -> bool:
        """Whether the letter can continue a span at all."""
        return any(join[1] == letter for join in self.joins)

    def letters_of(self, length: int, *, touching: bool = False) -> str:
        """Write the letters of a span.

        length (int): Number of tokens, at least 1.
        touching (bool): Whether a span of the same label ends right before.
        RETURNS (str): One letter a token.
        """
        single, first, inside, last = self.writes
        letters = single if length == 1 else first + inside * (length - 2) + last
        if touching and letters[0] not in self.touches:
            letters = self.touches[0] + letters[1:]
        return letters


def _bioes(name: str, letters: str) -> Scheme:
    begin, inside, end, single = letters
    return Scheme(
        name,
        letters,
        joins=(begin + inside, begin + end, inside + inside, inside + end),
        opens=begin + single,
        touches=begin + single,
        closes=end + single,
        writes=single + begin + inside + end,
    )


_SCHEMES = (
    Scheme("BIO", "BI", ("BI", "II"), opens="B", touches="B", closes="BI", writes="BBII"),
    Scheme("IOB1", "BI", ("BI", "II"), opens="I", touches="B", closes="BI", writes="IIII"),
    Scheme("IO", "I", ("II",), opens="I", touches="", closes="I", writes="IIII"),
    _bioes("BIOES", "BIES"),
    _bioes("BILUO", "BILU"),
    _bioes("BMES", "BMES"),
)
SCHEMES: Dict[str, Scheme] = {scheme.name: scheme for scheme in _SCHEMES}
ALIASES = {"IOB2": "BIO", "IOB": "IOB1", "IOBES": "BIOES", "BILOU": "BILUO", "BIOUL": "BILUO", "BMESO": "BMES"}


def get_scheme(name: str) -> Scheme:
    """Look up a scheme by its name or an alias, in any case.

    RAISES (ValueError): No scheme has this name.
    """
    key = str(name).upper()
    key = ALIASES.get(key, key)
    if key not in SCHEMES:
        raise ValueError(Errors.E101.format(name=name, known=", ".join([*SCHEMES, *ALIASES])))
    return SCHEMES[key]
