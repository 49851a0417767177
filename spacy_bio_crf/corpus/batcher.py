"""Batches of about so many words, and enough of them even of a small corpus."""
import math
from itertools import chain
from typing import Any, Callable, Iterable, Iterator, List, Optional

from spacy.training.batchers import minibatch_by_words

from ..errors import Errors

Batcher = Callable[[Iterable[Any]], Iterator[List[Any]]]


def create_batch_by_words_v1(
    size: int, least: int, tolerance: float = 0.2, get_length: Optional[Callable[[Any], int]] = None
) -> Batcher:
    """Create a batcher like `spacy.batch_by_words.v1`, with which steps can be counted on: an epoch has about `least` batches
    or more. Otherwise the epochs of a small corpus are over after a few steps, and before the first evaluation.

    size (int): Words of a batch.
    least (int): Batches of an epoch. Where the corpus has fewer than `least * size` words, the batches get smaller; where it has fewer
        documents, an epoch goes through them several times.
    tolerance (float): How far a batch may exceed the size, as a share of it. A longer document is a batch by itself.
    get_length (Optional[Callable[[Any], int]]): Counts the words of an item, by default `len`.
    RETURNS (Batcher): Takes the items of an epoch. Of a stream it holds the first so many words and documents.
    RAISES (ValueError): A setting that is out of its range.
    """
    if size < 1 or least < 1 or tolerance < 0:
        raise ValueError(Errors.E316.format(found={"size": size, "least": least, "tolerance": tolerance}))
    count = get_length or len

    def batch(items: Iterable[Any]) -> Iterator[List[Any]]:
        items, ahead, words = iter(items), [], 0
        for item in items:
            ahead.append(item)
            words += count(item)
            if words >= least * size and len(ahead) >= least:
                break
        fitting = min(size, max(1, words // least))
        passes = math.ceil(least / max(1, len(ahead)))
        yield from minibatch_by_words(chain(ahead * passes, items), fitting, tolerance=tolerance, get_length=count)

    return batch
