"""Where the parts of a text stand in it: from values, or offsets, to spans of tokens.

A value is looked for as it stands, then without regard to case, accents and what parts its words, then without what
parts its words at all. Of a value that occurs several times, the occurrence is taken that leaves room for the others.
"""
import unicodedata
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ..tags import TokenSpan

NOT_FOUND = "value not found in the text"
OVERLAPS = "value found, but overlaps another"
CUTS_TOKEN = "value found, but cuts a token"
NORMALISED = "value found only after normalisation"
WIDENED = "span widened over punctuation, to whole tokens"
SPAN_CUTS_TOKEN = "span cuts a token"
BEYOND = "span does not lie in the text"
BLANK = "span holds no text"
OTHER_TEXT = "span holds another text than the file says"
TRIMMED = "white space at the edge of a span left out"
MAX_STEPS = 5000

Range = Tuple[int, int]  # tokens, end not included


class Alignment(NamedTuple):
    """What became of the parts.

    spans (List[TokenSpan]): The parts that were placed, in order of the text.
    missing (List[int]): Tokens where a part stands that could not be placed.
    unaligned (Dict[int, str]): Why a part was not placed, by its index.
    notes (List[Tuple[int, str]]): What was done to place a part, with its index.
    """

    spans: List[TokenSpan]
    missing: List[int]
    unaligned: Dict[int, str]
    notes: List[Tuple[int, str]]


class CharSpan(NamedTuple):
    """A labelled stretch of a text, in characters.

    text (Optional[str]): What stands there according to the file; white space may differ.
    """

    start: int
    end: int
    label: str
    text: Optional[str] = None


class _Found(NamedTuple):
    """The occurrences of one value: those made of whole tokens, and if there are none, those that cut one."""

    fitting: Dict[Range, List[str]]  # with what was done to find them
    cutting: List[Range]


def align(doc: Doc, parts: Sequence[Tuple[str, str]]) -> Alignment:
    """Place labelled values in a text.

    doc (Doc): The tokenized text.
    parts (Sequence[Tuple[str, str]]): Labels and values. They need not be in the order of the text, but it helps.
    RETURNS (Alignment): The spans, and what could not be placed.
    """
    found = [_find(doc, value) for _, value in parts]
    chosen = _choose([sorted(each.fitting) for each in found])
    spans, missing, unaligned, notes = [], [], {}, []
    for i, ((label, _), each, place) in enumerate(zip(parts, found, chosen)):
        if place is not None:
            spans.append(TokenSpan(*place, label))
            notes.extend((i, note) for note in each.fitting[place])
            continue
        places = list(each.fitting) or each.cutting
        unaligned[i] = OVERLAPS if each.fitting else CUTS_TOKEN if each.cutting else NOT_FOUND
        if len(places) == 1:  # of several, nobody knows which one it is
            missing.extend(range(*places[0]))
    return Alignment(sorted(spans), missing, unaligned, notes)


def align_chars(doc: Doc, spans: Sequence[CharSpan]) -> Alignment:
    """Find the tokens of spans that are given by offsets. They may overlap.

    doc (Doc): The tokenized text.
    spans (Sequence[CharSpan]): The spans.
    RETURNS (Alignment): The spans of tokens, and what could not be placed. The tokens of a span that cuts one are
        missing.
    """
    text = doc.text  # made anew each time that it is asked for
    placed, missing, unaligned, notes = [], [], {}, []
    for i, span in enumerate(spans):
        start, end = span.start, span.end
        value = text[start:end]
        if not 0 <= start <= end <= len(text):
            unaligned[i] = BEYOND
        elif not value.strip():
            unaligned[i] = BLANK
        elif span.text is not None and value.split() != span.text.split():
            unaligned[i] = OTHER_TEXT
        else:
            if value != value.strip():
                notes.append((i, TRIMMED))
            start += len(value) - len(value.lstrip())
            tokens = doc.char_span(start, start + len(value.strip()), alignment_mode="expand")
            if len(tokens.text) == len(value.strip()):
                placed.append(TokenSpan(tokens.start, tokens.end, span.label))
            else:
                unaligned[i] = SPAN_CUTS_TOKEN
                missing.extend(range(tokens.start, tokens.end))
    return Alignment(sorted(placed), missing, unaligned, notes)


def _find(doc: Doc, value: str) -> _Found:
    cutting: List[Range] = []
    for level, (text, places, value_) in enumerate(_views(doc.text, value)):
        fitting: Dict[Range, List[str]] = {}
        for start in _occurrences(text, value_):
            first, last = places[start], places[start + len(value_) - 1] + 1
            span = doc.char_span(first, last, alignment_mode="expand")
            around = doc.text[span.start_char : first] + doc.text[last : span.end_char]
            if any(char.isalnum() for char in around):
                cutting.append((span.start, span.end))
                continue
            fitting[span.start, span.end] = [NORMALISED] * bool(level) + [WIDENED] * bool(around)
        if fitting:
            return _Found(fitting, [])
    return _Found({}, sorted(set(cutting)))


def _views(text: str, value: str) -> Iterator[Tuple[str, Sequence[int], str]]:
    """A text ever more normalised, the place in the text of each of its characters, and the value likewise."""
    yield text, range(len(text)), value.strip()
    for gap in (" ", ""):
        yield (*_normalise(text, gap), _normalise(value, gap)[0].strip())


def _normalise(text: str, gap: str) -> Tuple[str, List[int]]:
    chars: List[str] = []
    places: List[int] = []
    for i, char in enumerate(text):
        letters = [x for x in unicodedata.normalize("NFKD", char.casefold()) if x.isalnum()]
        if not letters and not unicodedata.combining(char) and chars and chars[-1] != gap:
            letters = [gap] if gap else []
        chars += letters
        places += [i] * len(letters)
    return "".join(chars), places


def _occurrences(text: str, value: str) -> Iterator[int]:
    start = text.find(value) if value else -1
    while start >= 0:
        yield start
        start = text.find(value, start + 1)


def _choose(places: Sequence[Sequence[Range]]) -> List[Optional[Range]]:
    """Choose a place for each part, or none, so that no two overlap.

    Best is what places most parts, then what keeps the given order best, then what covers most tokens. The choices
    that are tried first keep the order, so the search ends at once unless parts stand in each other's way.
    """
    best, best_score = (None,) * len(places), (-1, 0, 0)
    stack: List[Tuple[Optional[Range], ...]] = [()]
    for _ in range(MAX_STEPS + len(places)):
        if not stack:
            break
        chosen = stack.pop()
        placed = [place for place in chosen if place]
        left = len(places) - len(chosen)
        if len(placed) + left < best_score[0]:
            continue
        if not left:
            disorder = sum(after < before for before, after in zip(placed, placed[1:]))
            score = (len(placed), -disorder, sum(end - start for start, end in placed))
            if score > best_score:
                best, best_score = chosen, score
            if len(placed) == len(places) and not disorder:
                break
            continue
        free = [(s, e) for s, e in places[len(chosen)] if all(e <= start or end <= s for start, end in placed)]
        if placed:
            free.sort(key=lambda place: (place < placed[-1], place))
        stack.append((*chosen, None))
        stack.extend((*chosen, place) for place in reversed(free))
    return list(best)
