"""Templates: the attributes of which tokens make a feature."""
import re
from typing import List, NamedTuple, Sequence, Tuple

import numpy
from spacy.strings import get_string_id

from ..errors import Errors
from ..types import Ints1d, Ints2d
from .kernels import hash_templates

_TERM = re.compile(r"\s*([\w.:-]+)\s*(?:\[\s*([+-]?\d{1,4})\s*(?:\.\.\s*([+-]?\d{1,4})\s*)?\])?\s*")

_PLUS = re.compile(r"\+(?![^\[]*\])")  # not the sign of an offset


class Template(NamedTuple):
    """Attributes, each at an offset from the token."""

    terms: Tuple[Tuple[str, int], ...]

    def __str__(self) -> str:
        return " + ".join(f"{name}[{offset:+d}]" if offset else name for name, offset in self.terms)


def parse_templates(texts: Sequence[str]) -> List[Template]:
    """Read templates: "lower" is the token's lower-cased form, "lower[-2..2]" are five templates, for it and two tokens on
    either side, "lower[-1] + lower" is a pair.

    texts (Sequence[str]): The templates as they are written.
    RETURNS (List[Template]): The templates, each once.
    RAISES (ValueError): One that cannot be read.
    """
    templates: List[Template] = []
    for text in texts:
        parts = [_TERM.fullmatch(part) for part in _PLUS.split(str(text))]
        if not all(parts) or any(part[3] and (len(parts) > 1 or int(part[2]) > int(part[3])) for part in parts):
            raise ValueError(Errors.E301.format(template=text))
        name, first, last = parts[0].groups()
        if last is not None:
            templates += [Template(((name, offset),)) for offset in range(int(first), int(last) + 1)]
        else:
            templates.append(Template(tuple((part[1], int(part[2] or 0)) for part in parts)))
    return list(dict.fromkeys(templates))


class Hasher:
    """Hashes the features of tokens.

    templates (Sequence[Template]): The F templates.
    attributes (Sequence[str]): The A attributes that they name.
    """

    def __init__(self, templates: Sequence[Template], attributes: Sequence[str]):
        terms = [term for template in templates for term in template.terms]
        self._seeds = numpy.array([get_string_id(str(template)) for template in templates], dtype="uint64")
        self._first = numpy.cumsum([0, *(len(template.terms) for template in templates)]).astype("int32")
        self._columns = numpy.array([attributes.index(name) for name, _ in terms], dtype="int32")
        self._offsets = numpy.array([offset for _, offset in terms], dtype="int32")

    def __call__(self, codes: Ints2d, lengths: Ints1d) -> Ints2d:
        """The features of tokens.

        codes (Ints2d): Hashes of their attributes, uint64, 0 where one does not apply. Shape: N, A
        lengths (Ints1d): Tokens of each sequence. Shape: B
        RETURNS (Ints2d): Hashes of the features, 0 where a term of the template does not apply. Shape: N, F
        """
        return hash_templates(self._seeds, self._first, self._columns, self._offsets, codes, lengths)
