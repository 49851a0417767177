"""Lists of names: which tokens are in one."""
from itertools import accumulate
from typing import Dict, Iterable, List, Sequence, Set


class Gazetteer:
    """A list of names. Case does not matter, nor do cuts between tokens and white space beside punctuation. White space of a name
    may be missing in a text; but letters that stand apart are only together in a name that has white space there: "I ran" is not Iran.

    names (Iterable[str]): The names.
    """

    def __init__(self, names: Iterable[str]):
        self.names = {" ".join(name.lower().split()) for name in names} - {""}
        self._gaps: Dict[str, List[Set[int]]] = {}  # by the names without white space: where they have it
        for name in self.names:
            words = name.split()
            self._gaps.setdefault("".join(words), []).append(set(accumulate(map(len, words[:-1]))))
        self._heads = {squeezed[:2] for squeezed in self._gaps}
        self._longest = max(map(len, self._gaps), default=0)

    def __call__(self, words: Sequence[str], spaced: Sequence[bool]) -> List[str]:
        """Where the longest names are, from left to right: "B" for the first token of one, "I" for the others, "" elsewhere.

        words (Sequence[str]): The tokens.
        spaced (Sequence[bool]): Whether white space follows each.
        """
        words = ["".join(word.lower().split()) for word in words]
        found = [""] * len(words)
        start = 0
        while start < len(words):
            end = self._end(words, spaced, start)
            found[start:end] = ["B", *"I" * (end - start - 1)] if end > start else []
            start = max(end, start + 1)
        return found

    def _end(self, words: Sequence[str], spaced: Sequence[bool], start: int) -> int:
        """Where the longest name that begins at a token ends; the token itself if none does."""
        text, gaps, apart, longest = "", set(), False, start
        for end in range(start, len(words)):
            if apart and words[end] and text[-1].isalnum() and words[end][0].isalnum():
                gaps.add(len(text))
            apart = spaced[end] or not words[end]
            text += words[end]
            if not text or len(text) > self._longest or len(text) > 1 and text[:2] not in self._heads:
                break
            if words[end] and any(gaps <= of_name for of_name in self._gaps.get(text, ())):
                longest = end + 1
        return longest
