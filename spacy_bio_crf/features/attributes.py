"""What describes a word by its form alone: strings, "" where an attribute does not apply."""
import re
from functools import lru_cache
from typing import Callable, Dict

from spacy.lang.lex_attrs import word_shape

_RUNS = re.compile(r"(.)\1+")
_DIGIT = re.compile(r"\d")
LONGEST_AFFIX = 6


def short_shape(form: str) -> str:
    """The shape with its runs cut to one letter: "Xx" for "Berlin", "d-d" for "1990-91"."""
    return _shorten(word_shape(form))


@lru_cache(maxsize=1 << 10)
def _shorten(shape: str) -> str:
    return _RUNS.sub(r"\1", shape)


def case(form: str) -> str:
    """Which letters are capitals."""
    if form.islower():
        return "lower"
    if form.isupper():
        return "upper" if len(form) > 1 else "initial"
    if form.istitle():
        return "title"
    return "mixed" if any(char.isalpha() for char in form) else ""


def digits(form: str) -> str:
    """How digits occur: "some" beside letters, else the form with each of them as "0"."""
    if not _DIGIT.search(form):
        return ""
    return "some" if any(char.isalpha() for char in form) else _DIGIT.sub("0", form)


def prefix(length: int) -> Callable[[str], str]:
    """The first characters of a longer form, in lower case."""
    return lambda form: form[:length].lower() if len(form) > length else ""


def suffix(length: int) -> Callable[[str], str]:
    """The last characters of a longer form, in lower case."""
    return lambda form: form[-length:].lower() if len(form) > length else ""


WORD: Dict[str, Callable[[str], str]] = {
    "bias": lambda form: "1",
    "form": str,
    "lower": str.lower,
    "shape": word_shape,
    "short_shape": short_shape,
    "case": case,
    "digits": digits,
    **{f"prefix{length}": prefix(length) for length in range(1, LONGEST_AFFIX + 1)},
    **{f"suffix{length}": suffix(length) for length in range(1, LONGEST_AFFIX + 1)},
}
