"""Documents -> hashes of the features of their tokens."""
from itertools import compress
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy
from spacy.attrs import IDS, ORTH
from spacy.lexeme import Lexeme
from spacy.strings import StringStore
from spacy.tokens import Doc, Token

from ..errors import Errors
from ..types import Bools1d, Ints1d, Ints2d
from .attributes import WORD
from .gazetteer import Gazetteer
from .lexemes import LexemeCodes, code_of
from .templates import Hasher, parse_templates

GAZETTEER, EXTENSION = "gazetteer:", "_."
STRINGS = ("ORTH", "LOWER", "NORM", "SHAPE", "PREFIX", "SUFFIX", "LEMMA", "POS", "TAG", "DEP", "ENT_TYPE")  # as arrays hold them
TokenFunction = Callable[[Doc], Sequence[Any]]


class Featurizer:
    """Describes tokens by templates over their attributes: those of the form (`attributes.WORD`), names of spaCy's
    ("POS", "IS_STOP"), custom extensions ("_.name"), registered functions by their name, and gazetteers ("gazetteer:name").

    templates (Sequence[str]): The templates, as `parse_templates` reads them.
    functions (Mapping[str, TokenFunction]): Give each token of a document a value; None, False, 0 and "" for none.
    RAISES (ValueError): A template that cannot be read or names an attribute that is not known, or what is no function.
    """

    def __init__(self, templates: Sequence[str], functions: Mapping[str, TokenFunction]):
        for name, function in functions.items():
            if not callable(function):
                raise ValueError(Errors.E311.format(name=name, found=function))
        self.templates = parse_templates(templates)
        self.functions = dict(functions)
        self.gazetteers: Dict[str, Gazetteer] = {}
        names = list(dict.fromkeys(name for template in self.templates for name, _ in template.terms))
        self._words = [name for name in names if name in WORD and name not in functions]
        self._arrays = [name for name in names if (name in STRINGS or _is_flag(name)) and name not in functions]
        self._others = [name for name in names if name not in self._words and name not in self._arrays]
        for name in self._others:
            if name not in functions and not name.startswith((GAZETTEER, EXTENSION)) and not _is_attribute(name):
                known = ", ".join([*WORD, *functions])
                raise ValueError(Errors.E302.format(name=name, known=known))
        self._lexemes = LexemeCodes(self._words)
        self._strings = {name: LexemeCodes([name]) for name in self._arrays if name in STRINGS}
        self._hash = Hasher(self.templates, [*self._words, *self._arrays, *self._others])

    def __call__(self, docs: Sequence[Doc], kept: Sequence[Bools1d]) -> Tuple[Ints2d, Ints1d]:
        """The features of the tokens of documents.

        docs (Sequence[Doc]): B documents.
        kept (Sequence[Bools1d]): The tokens that count; the others are as if they were not there.
        RETURNS (Tuple[Ints2d, Ints1d]): Hashes, uint64, 0 for none, shape: N, F; and lengths, shape: B
        """
        lengths = numpy.array([numpy.count_nonzero(mask) for mask in kept], dtype="int32")
        if not docs:
            return self._hash(numpy.zeros((0, len(self._words + self._arrays + self._others)), dtype="uint64"), lengths), lengths
        stores = {id(doc.vocab): doc.vocab.strings for doc in docs}.values()
        read = [doc.to_array([ORTH, *self._arrays]).reshape(len(doc), 1 + len(self._arrays))[mask] for doc, mask in zip(docs, kept)]
        orths, *columns = numpy.ascontiguousarray(numpy.concatenate(read).T)
        codes = [self._lexemes(orths, *stores)]
        codes += [self._of_array(name, column, stores) for name, column in zip(self._arrays, columns)]
        others = [[self._codes(name, doc)[mask] for doc, mask in zip(docs, kept)] for name in self._others]
        return self._hash(numpy.column_stack([*codes, *map(numpy.concatenate, others)]), lengths), lengths

    def set_gazetteers(self, names: Mapping[str, Iterable[str]]) -> None:
        """Give the gazetteers of the templates their names. RAISES (ValueError): One of them is not there."""
        used = [attribute[len(GAZETTEER) :] for attribute in self._others if attribute.startswith(GAZETTEER)]
        for name in used:
            if name not in names:
                raise ValueError(Errors.E304.format(name=name, known=sorted(names) or "none"))
        self.gazetteers = {name: Gazetteer(names[name]) for name in used}

    def describe(self, doc: Doc, kept: Bools1d) -> List[List[str]]:
        """The features of each token as text, in the order of the hashes, "" for none. Shape: N, F"""
        places = numpy.flatnonzero(kept).tolist()
        columns = {name: [WORD[name](doc[i].text) for i in places] for name in self._words}
        columns.update({name: list(compress(self._values(name, doc), kept)) for name in self._arrays + self._others})

        def value(name: str, at: int) -> str:
            return "(start)" if at < 0 else "(end)" if at >= len(places) else columns[name][at]

        def text(template, at: int) -> str:
            values = [value(name, at + offset) for name, offset in template.terms]
            return f"{template} = {' + '.join(values)}" if all(values) else ""

        return [[text(template, at) for template in self.templates] for at in range(len(places))]

    def _of_array(self, name: str, ids: Ints1d, stores: Iterable[StringStore]) -> Ints1d:
        """The codes of one of spaCy's attributes, from what `Doc.to_array` gives for it. Shapes: N and N"""
        codes = numpy.zeros(len(ids), dtype="uint64")
        there = ids != 0
        codes[there] = self._strings[name](ids[there], *stores)[:, 0] if name in STRINGS else code_of(name, "True")
        return codes

    def _codes(self, name: str, doc: Doc) -> Ints1d:
        """The codes of an attribute that is not of the form alone. Shape: T"""
        codes: Dict[str, int] = {}
        values = self._values(name, doc)
        for value in values:
            if value not in codes:
                codes[value] = code_of(name, value)
        return numpy.array([codes[value] for value in values], dtype="uint64")

    def _values(self, name: str, doc: Doc) -> List[str]:
        """The values of such an attribute, "" for none. Length: T"""
        if name in self.functions:
            values = list(self.functions[name](doc))
            if len(values) != len(doc):
                raise ValueError(Errors.E303.format(name=name, tokens=len(doc), values=len(values)))
        elif name.startswith(GAZETTEER):
            gazetteer = self.gazetteers[name[len(GAZETTEER) :]]
            values = gazetteer([token.text for token in doc], [bool(token.whitespace_) for token in doc])
        elif name.startswith(EXTENSION):
            values = [token._.get(name[len(EXTENSION) :]) for token in doc]
        else:
            values = [getattr(token, _of_token(name)) for token in doc]
        return [str(value or "") for value in values]


def _of_token(name: str) -> str:
    """The attribute of `Token` for a name of spaCy's: "pos_" for "POS", "is_stop" for "IS_STOP"."""
    return f"{name.lower()}_" if hasattr(Token, f"{name.lower()}_") else name.lower()


def _is_attribute(name: str) -> bool:
    known = (name in IDS or name.startswith("IS_")) and hasattr(Token, _of_token(name))
    return known and not callable(getattr(Token, _of_token(name)))


def _is_flag(name: str) -> bool:
    """Whether arrays hold the attribute as 0 and 1, as they do the flags of a lexeme."""
    return name in IDS and name.startswith(("IS_", "LIKE_")) and hasattr(Lexeme, name.lower())
