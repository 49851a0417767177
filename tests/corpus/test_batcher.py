"""Batches whose number can be counted on."""
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.util import registry

from spacy_bio_crf.corpus.batcher import create_batch_by_words_v1


def items(lengths):
    return [[i] * length for i, length in enumerate(lengths)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 30), st.integers(1, 12))
def test_every_item_as_often_in_batches_of_the_size_or_of_what_makes_enough_of_them(lengths, size, least):
    fitting = min(size, max(1, sum(lengths) // least))
    passes = -(-least // len(lengths)) if lengths else 1
    batches = list(create_batch_by_words_v1(size, least)(items(lengths)))
    assert sorted(item for batch in batches for item in batch) == sorted(items(lengths) * passes)
    assert all(sum(map(len, batch)) <= 1.2 * fitting or len(batch) == 1 for batch in batches)


@pytest.mark.parametrize("least, batches", [(1, 3), (3, 3), (6, 6), (30, 30), (60, 60), (70, 90)])
def test_number_of_batches(least, batches):
    """30 documents of 10 words, in batches of 100; where that is not enough, they come again."""
    made = create_batch_by_words_v1(100, least, tolerance=0.0)
    assert len(list(made(items([10] * 30)))) == batches


def test_long_documents_are_batches_of_their_own():
    assert [len(batch) for batch in create_batch_by_words_v1(20, 5)(items([1000] * 3))] == [1] * 6


def test_a_stream_is_not_read_to_its_end():
    batches = create_batch_by_words_v1(20, 5)([0] * 10 for _ in count())
    assert [len(batch) for batch in islice(batches, 7)] == [2] * 7


def test_settings():
    block = {"@batchers": "spacy_bio_crf.batch_by_words.v1", "size": 4, "least": 1, "tolerance": 0.0}
    by_digits = registry.resolve({"batcher": block})["batcher"]
    assert [len(batch) for batch in by_digits(["aa", "bb", "cc"])] == [2, 1]
    assert [len(batch) for batch in create_batch_by_words_v1(4, 1, tolerance=0.5)(["aa", "bb", "cc"])] == [3]
    assert len(list(create_batch_by_words_v1(4, 1, get_length=lambda item: 4)(["aa", "bb", "cc"]))) == 3
    for wrong in ({"size": 0}, {"least": 0}, {"tolerance": -0.1}):
        with pytest.raises(ValueError, match="E316"):
            create_batch_by_words_v1(**{"size": 1, "least": 1, **wrong})
