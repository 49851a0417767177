"""Which documents a model is least certain of, and so worth annotating. Settles and Craven (2008), An analysis of active
learning strategies for sequence labeling tasks, compares these measures."""
import heapq
from typing import Any, Callable, Dict, Iterable, List, Tuple, TypeVar

T = TypeVar("T")

# From the posterior of a document, as the component gives it. The greater, the less certain.
UNCERTAINTY: Dict[str, Callable[[Any], float]] = {
    "entropy": lambda posterior: posterior.entropy(),
    "margin": lambda posterior: 1 - posterior.margin(),
    "confidence": lambda posterior: 1 - posterior.best_probability(),
}


def least_certain(scored: Iterable[Tuple[float, T]], limit: int) -> List[Tuple[float, T]]:
    """Find the greatest scores of a stream, which is read once; no more than `limit` of its items are held at a time.

    scored (Iterable[Tuple[float, T]]): Items with the uncertainty of each.
    limit (int): How many to find; 0 for all.
    RETURNS (List[Tuple[float, T]]): The least certain first; equals in the order of the stream.
    """
    if not limit:
        return sorted(scored, key=lambda pair: -pair[0])
    return heapq.nlargest(limit, scored, key=lambda pair: pair[0])
