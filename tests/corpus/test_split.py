"""Seeded splits."""
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_bio_crf.corpus import read_columns, split_docs

VOCAB = Vocab()


def make(texts):
    return [Doc(VOCAB, words=[text]) for text in texts]


def texts(splits):
    return [[doc[0].text for doc in split] for split in splits]


def test_the_same_on_every_machine():
    docs = make(map(str, range(20)))
    train = ["0", "2", "3", "4", "5", "7", "9", "10", "11", "14", "16", "17", "18", "19"]
    expected = [train, ["6", "8", "15"], ["1", "12", "13"]]
    assert texts(split_docs(docs, (0.7, 0.15, 0.15), seed=0)) == expected
    assert texts(split_docs(iter(docs), (0.7, 0.15, 0.15), seed=1)) != expected


@given(st.integers(30, 200), st.integers(0, 5), st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (1 / 3, 1 / 3, 1 / 3)]))
def test_shares_are_kept_and_nothing_is_lost(size, seed, shares):
    splits = texts(split_docs(make(map(str, range(size))), shares, seed))
    assert sorted(int(text) for split in splits for text in split) == list(range(size))
    assert all(abs(len(split) - share * size) <= 1 for split, share in zip(splits, shares))
    assert all(split == sorted(split, key=int) for split in splits)


@given(st.lists(st.sampled_from("abcdefghij"), min_size=60, max_size=80), st.integers(0, 5))
def test_docs_of_one_text_stay_together(letters, seed):
    try:
        first, second = texts(split_docs(make(letters), (0.5, 0.5), seed))
    except ValueError:
        return  # all too alike
    assert not set(first) & set(second)


def test_documents_stay_together(write, nlp):
    text = "".join(f"-DOCSTART- O\n\n{i} O\n\nsame O\n\nx{i} O\n\n" for i in range(30))
    docs = list(read_columns(write(text), nlp))
    splits = texts(split_docs(docs, (0.5, 0.5)))
    assert [len(split) for split in splits] == [45, 45]
    numbers = [{text.strip("x") for text in split} - {"same"} for split in splits]
    assert not numbers[0] & numbers[1]


@pytest.mark.parametrize("shares", [(), (0.5, 0.4), (1.0, 0.0), (1.5, -0.5)])
def test_shares_that_are_none(shares):
    with pytest.raises(ValueError, match="E519"):
        split_docs(make("abc"), shares)


def test_too_few_documents():
    with pytest.raises(ValueError, match=r"E520.*Found 1 "):
        split_docs(make("aaa"), (0.5, 0.5))
