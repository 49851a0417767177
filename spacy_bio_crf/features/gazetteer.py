"""Lists of names: which tokens are in one."""
from typing import Iterable, List, Sequence


class Gazetteer:
    """A list of names. Case and white space do not matter, so that tokens need not be cut as the names are.

    names (Iterable[str]): The names.
    """

    def __init__(self, names: Iterable[str]):
        self.names = {_squeezed(name) for name in names} - {""}
        self._heads = {name[:2] for name in self.names}
        self._longest = max(map(len, self.names), default=0)

    def __call__(self, words: Sequence[str]) -> List[str]:
        """Where the longest names are, from left to right: "B" for the first token of one, "I" for the others, "" elsewhere."""
        words = [_squeezed(word) for word in words]
        found = [""] * len(words)
        start = 0
        while start < len(words):
            end = self._end(words, start)
            found[start:end] = ["B", *"I" * (end - start - 1)] if end > start else []
            start = max(end, start + 1)
        return found

    def _end(self, words: Sequence[str], start: int) -> int:
        """Where the longest name that begins at a token ends; the token itself if none does."""
        text, longest = "", start
        for end in range(start, len(words)):
            text += words[end]
            if not text or len(text) > self._longest or len(text) > 1 and text[:2] not in self._heads:
                break
            if text in self.names:
                longest = end + 1
        return longest


def _squeezed(name: str) -> str:
    return "".join(name.lower().split())
