"""A seeded split of a corpus that has none."""
import math
from random import Random
from typing import Dict, Iterable, List, Sequence

from spacy.tokens import Doc

from ..errors import Errors
from .sentences import DOCUMENT_KEY


def split_docs(docs: Iterable[Doc], shares: Sequence[float] = (0.8, 0.1, 0.1), seed: int = 0) -> List[List[Doc]]:
    """Deal docs to splits, the same way on every machine.

    What belongs to one document stays together where the file marks documents, and so do docs of one text.

    docs (Iterable[Doc]): The docs.
    shares (Sequence[float]): The shares of the splits; they make 1.
    seed (int): Another seed is another split.
    RETURNS (List[List[Doc]]): The docs of each split, in their order in the corpus.
    RAISES (ValueError): The shares are no shares, or a split would be empty.
    """
    if not shares or min(shares) <= 0 or not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        raise ValueError(Errors.E519.format(shares=", ".join(map(str, shares))))
    docs = list(docs)
    groups: Dict[str, List[int]] = {}
    for i, doc in enumerate(docs):
        groups.setdefault(doc.user_data.get(DOCUMENT_KEY, doc.text), []).append(i)
    dealt = list(groups.values())
    Random(seed).shuffle(dealt)
    bounds = [sum(shares[: i + 1]) * len(docs) for i in range(len(shares) - 1)]
    splits: List[List[int]] = [[] for _ in shares]
    done = 0
    for group in dealt:
        middle = done + len(group) / 2
        splits[sum(middle > bound for bound in bounds)].extend(group)
        done += len(group)
    if not all(splits):
        raise ValueError(Errors.E520.format(found=len(groups), shares=", ".join(map(str, shares))))
    return [[docs[i] for i in sorted(split)] for split in splits]
