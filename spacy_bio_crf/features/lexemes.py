"""The attributes of words, each computed once per lexeme."""
from threading import Lock
from typing import List, Sequence

import numpy
from spacy.strings import StringStore, get_string_id

from ..types import Ints1d, Ints2d
from .attributes import WORD
from .kernels import Index

LIMIT = 200_000  # lexemes that are remembered


def code_of(name: str, value: str) -> int:
    """The hash of an attribute with its value; 0 if it has none."""
    return get_string_id(f"{name}={value}") if value else 0


class LexemeCodes:
    """Codes of attributes of words, remembered. Threads may share them.

    names (List[str]): The attributes, A of them. One that is not in `WORD` has the strings themselves for values.
    """

    def __init__(self, names: List[str]):
        self.names = names
        self._lock = Lock()
        self._forget()

    def __reduce__(self):
        return LexemeCodes, (self.names,)

    def __call__(self, orths: Ints1d, *stores: StringStore) -> Ints2d:
        """The codes of words.

        orths (Ints1d): The hashes of their forms, uint64. Shape: N
        *stores (StringStore): One of them has the form.
        RETURNS (Ints2d): uint64, 0 where an attribute does not apply. Shape: N, A
        """
        with self._lock:
            rows = self._index.find(orths)
            if (rows < 0).any():
                if len(self._index) > LIMIT:
                    self._forget()
                self._learn(numpy.unique(orths[self._index.find(orths) < 0]), stores)
                rows = self._index.find(orths)
            return self._codes[rows]

    def _learn(self, orths: Ints1d, stores: Sequence[StringStore]) -> None:
        forms = [next(strings[orth] for strings in stores if orth in strings) for orth in orths.tolist()]
        codes = numpy.zeros((len(forms), len(self.names)), dtype="uint64")
        for column, name in enumerate(self.names):
            values = list(map(WORD.get(name, str), forms))
            of_value = {value: code_of(name, value) for value in set(values)}
            codes[:, column] = [of_value[value] for value in values]
        first = len(self._index)
        if first + len(codes) > len(self._codes):
            self._codes = numpy.concatenate([self._codes, numpy.zeros((first + len(codes), len(self.names)), dtype="uint64")])
        self._codes[first : first + len(codes)] = codes
        self._index.add(orths)  # last: an interrupt leaves nothing half learned

    def _forget(self) -> None:
        self._index = Index()
        self._codes = numpy.zeros((1024, len(self.names)), dtype="uint64")
