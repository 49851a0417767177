"""From pieces to a text: casing, separators and typing errors."""
import unicodedata
from random import Random
from typing import Callable, List, NamedTuple, Sequence, Tuple, TypeVar

NOISE = ""
CharSpan = Tuple[int, int, str]  # start, end (not included), label
T = TypeVar("T")


class Piece(NamedTuple):
    """A stretch of text of one component, or of none: its label is NOISE then."""

    text: str
    label: str


Line = List[Piece]

SEPARATORS = (", ",) * 9 + ("\n",) * 4 + (" ",) * 5 + (",", " / ", "; ", " - ", " | ", ",\n", "  ", " , ")


def render(lines: Sequence[Line], rng: Random) -> Tuple[str, List[CharSpan]]:
    """Write lines as people do.

    RETURNS (Tuple[str, List[CharSpan]]): The text, and the spans of the labelled pieces in it.
    """
    separator = rng.choice(SEPARATORS)
    case = _casing(rng)
    victim = rng.randrange(sum(map(len, lines))) if chance(rng, 0.12) else -1
    text, spans, index = "", [], 0
    for i, line in enumerate(lines):
        for j, piece in enumerate(line):
            words = case(_mistype(piece.text, rng) if index == victim else piece.text)
            if index:
                text += " " if j else _between(text, words, separator, rng)
            if piece.label:
                spans.append((len(text), len(text) + len(words), piece.label))
            text += words
            index += 1
    return text, spans


def chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def optional(rng: Random, probability: float, items: List[T]) -> List[T]:
    """The items, or none of them."""
    return items if chance(rng, probability) else []


def fill(rng: Random, template: str) -> Piece:
    """A noise of a number {n} and a letter {l}, such as "Apt {n}{l}"."""
    return Piece(template.format(n=rng.randint(1, 40), l=rng.choice("ABCDEFGH")), NOISE)


def with_care_of(rng: Random, lines: List[Line], templates: Sequence[str], people: Sequence[str]) -> List[Line]:
    """Put a person {p} before some addresses."""
    care_of = [[Piece(rng.choice(templates).format(p=rng.choice(people)), NOISE)]]
    return [*optional(rng, 0.12, care_of), *lines]


def _between(before: str, after: str, separator: str, rng: Random) -> str:
    if chance(rng, 0.15):
        return rng.choice((" ", ", "))
    if separator == "," and not (before[-1].isalpha() and after[0].isalpha()):
        return ", "  # a tokenizer parts letters at a bare comma, but not digits
    return separator


def _casing(rng: Random) -> Callable[[str], str]:
    kind = rng.random()
    if kind < 0.14:
        return str.lower
    if kind < 0.24:
        return str.upper
    if kind < 0.29:
        return lambda text: _without_accents(text).upper()
    return _without_accents if kind < 0.34 else str


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _mistype(text: str, rng: Random) -> str:
    """Drop, double or swap one letter inside a word of at least five."""
    places = [i for i in range(1, len(text) - 2) if text[i - 1 : i + 3].isalpha() and len(text) > 4]
    if not places:
        return text
    i = rng.choice(places)
    swapped = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return rng.choice((text[:i] + text[i + 1 :], text[: i + 1] + text[i:], swapped))
