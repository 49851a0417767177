"""Documents -> hashes of the features of their tokens."""
from itertools import compress
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy
from spacy.attrs import IDS, ORTH
from spacy.tokens import Doc, Token

from ..errors import Errors
from ..types import Bools1d, Ints1d, Ints2d
from .attributes import WORD
from .gazetteer import Gazetteer
from .lexemes import LexemeCodes, code_of
from .templates import Hasher, parse_templates

GAZETTEER, EXTENSION = "gazetteer:", "_."
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
        self._others = [name for name in names if name not in self._words]
        for name in self._others:
            if name not in functions and not name.startswith((GAZETTEER, EXTENSION)) and not _is_attribute(name):
                known = ", ".join([*WORD, *functions])
                raise ValueError(Errors.E302.format(name=name, known=known))
        self._lexemes = LexemeCodes(self._words)
        self._hash = Hasher(self.templates, [*self._words, *self._others])

    def __call__(self, docs: Sequence[Doc], kept: Sequence[Bools1d]) -> Tuple[Ints2d, Ints1d]:
        """The features of the tokens of documents.

        docs (Sequence[Doc]): B documents.
        kept (Sequence[Bools1d]): The tokens that count; the others are as if they were not there.
        RETURNS (Tuple[Ints2d, Ints1d]): Hashes, uint64, 0 for none, shape: N, F; and lengths, shape: B
        """
        lengths = numpy.array([numpy.count_nonzero(mask) for mask in kept], dtype="int32")
        codes = [numpy.zeros((0, len(self._words) + len(self._others)), dtype="uint64")]
        orths = [doc.to_array(ORTH)[mask] for doc, mask in zip(docs, kept)]
        if docs:
            words = self._lexemes(numpy.concatenate(orths), *{id(doc.vocab): doc.vocab.strings for doc in docs}.values())
            others = [[self._codes(name, doc)[mask] for doc, mask in zip(docs, kept)] for name in self._others]
            codes.append(numpy.column_stack([words, *(numpy.concatenate(column) for column in others)]))
        return self._hash(numpy.concatenate(codes), lengths), lengths

    def set_gazetteers(self, names: Mapping[str, Iterable[str]]) -> None:
        """Give the gazetteers their names. RAISES (ValueError): One that a template names is not there."""
        for attribute in self._others:
            name = attribute[len(GAZETTEER) :]
            if attribute.startswith(GAZETTEER) and name not in names:
                raise ValueError(Errors.E304.format(name=name, known=sorted(names) or "none"))
        self.gazetteers = {name: Gazetteer(of) for name, of in names.items()}

    def describe(self, doc: Doc, kept: Bools1d) -> List[List[str]]:
        """The features of each token as text, in the order of the hashes, "" for none. Shape: N, F"""
        places = numpy.flatnonzero(kept).tolist()
        columns = {name: [WORD[name](doc[i].text) for i in places] for name in self._words}
        columns.update({name: list(compress(self._values(name, doc), kept)) for name in self._others})

        def value(name: str, at: int) -> str:
            return "(start)" if at < 0 else "(end)" if at >= len(places) else columns[name][at]

        def text(template, at: int) -> str:
            values = [value(name, at + offset) for name, offset in template.terms]
            return f"{template} = {' + '.join(values)}" if all(values) else ""

        return [[text(template, at) for template in self.templates] for at in range(len(places))]

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
            values = self.gazetteers[name[len(GAZETTEER) :]]([token.text for token in doc])
        elif name.startswith(EXTENSION):
            values = [token._.get(name[len(EXTENSION) :]) for token in doc]
        else:
            values = [getattr(token, _of_token(name)) for token in doc]
        return [str(value or "") for value in values]


def _of_token(name: str) -> str:
    """The attribute of `Token` for a name of spaCy's: "pos_" for "POS", "is_stop" for "IS_STOP"."""
    return f"{name.lower()}_" if hasattr(Token, f"{name.lower()}_") else name.lower()


def _is_attribute(name: str) -> bool:
    return (name.upper() in IDS or name.lower().startswith("is_")) and hasattr(Token, _of_token(name))
