"""Codes of words, remembered: the same as computed anew."""
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.strings import StringStore

from spacy_bio_crf.features import lexemes
from spacy_bio_crf.features.attributes import WORD
from spacy_bio_crf.features.lexemes import LexemeCodes, code_of

NAMES = ["lower", "case", "digits", "suffix3"]
FORMS = ["Berlin", "berlin", "BERLIN", "42", "4.2", "x", "NOUN", "Ölçü", ".", "\n"]
few = settings(max_examples=40, deadline=None)


def codes(strings, cache, forms):
    return cache(numpy.array([strings.add(form) for form in forms], dtype="uint64"), strings)


def expected(forms):
    return [[code_of(name, WORD[name](form)) for name in NAMES] for form in forms]


def test_code_of_a_value():
    assert code_of("lower", "") == 0
    found = [code_of(*pair) for pair in [("lower", "a"), ("lower", "b"), ("form", "a")]]
    assert len({0, *found}) == 4


def test_an_interrupt_leaves_no_word_half_learned(monkeypatch):
    strings, cache = StringStore(), LexemeCodes(NAMES)
    calls = iter(range(20))

    def interrupted(name, value):
        if next(calls) == 4:
            raise KeyboardInterrupt
        return code_of(name, value)

    monkeypatch.setattr(lexemes, "code_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        codes(strings, cache, FORMS)
    monkeypatch.undo()
    assert codes(strings, cache, FORMS).tolist() == expected(FORMS)


@few
@given(st.lists(st.lists(st.sampled_from(FORMS), max_size=6), max_size=4))
def test_codes_do_not_depend_on_what_came_before(batches):
    strings, cache = StringStore(), LexemeCodes(NAMES)
    for forms in batches:
        found = codes(strings, cache, forms)
        assert found.dtype == "uint64" and found.tolist() == expected(forms)


def test_codes_beyond_the_room_at_the_start():
    strings, cache = StringStore(), LexemeCodes(NAMES)
    for first in (0, 700, 1400):
        forms = [f"w{i}" for i in range(first, first + 1000)]
        assert codes(strings, cache, forms).tolist() == expected(forms)
    assert codes(strings, cache, ["w5", "w2399"]).tolist() == expected(["w5", "w2399"])


def test_no_more_are_remembered_than_the_limit_and_a_batch(monkeypatch):
    monkeypatch.setattr(lexemes, "LIMIT", 20)
    strings, cache = StringStore(), LexemeCodes(NAMES)
    computed = []
    monkeypatch.setitem(WORD, "case", lambda form: computed.append(form) or form[-1])
    for first in range(0, 200, 5):
        forms = [f"w{i}" for i in range(first, first + 8)]
        assert codes(strings, cache, forms).tolist() == expected(forms)
        assert len(cache._index) <= 28
    computed.clear()
    codes(strings, cache, ["w195", "w195", "w202"])
    assert computed == []  # known already


def test_a_pickled_cache_starts_anew():
    strings, cache = StringStore(), LexemeCodes(NAMES)
    before = codes(strings, cache, FORMS)
    copied = pickle.loads(pickle.dumps(cache))
    assert len(copied._index) == 0
    assert numpy.array_equal(codes(strings, copied, FORMS), before)


def test_no_attributes():
    assert codes(StringStore(), LexemeCodes([]), ["a", "b"]).shape == (2, 0)


@pytest.mark.parametrize("form", ["lower", "LOWER", "NOUN", "PERSON", "POS"])
def test_forms_that_are_symbols_of_spacy(form):
    assert codes(StringStore(), LexemeCodes(NAMES), ["a", form]).tolist() == expected(["a", form])


def test_codes_are_those_of_saved_models():
    """A table is saved with hashes of them, so they must not change."""
    assert code_of("lower", "berlin") == 4808423061850207947


def test_threads_share_a_cache():
    """Without a lock, rows and codes of words come apart, for good."""
    strings, cache = StringStore(), LexemeCodes(NAMES)
    words = [f"Word{i}" for i in range(6000)]
    for word in words:
        strings.add(word)
    parts = [words[start::4] for start in range(4)] * 2
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda part: [codes(strings, cache, part[i : i + 40]) for i in range(0, len(part), 40)], parts))
    finally:
        sys.setswitchinterval(interval)
    assert codes(strings, cache, words).tolist() == expected(words)


def test_words_of_several_vocabularies():
    stores = [StringStore(), StringStore()]
    orths = numpy.array([store.add(form) for store, form in zip(stores, FORMS)], dtype="uint64")
    assert LexemeCodes(NAMES)(orths, *stores).tolist() == expected(FORMS[:2])
