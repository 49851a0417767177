"""The behaviour asserted by spaCy's spacy/tests/vocab_vectors/test_memory_zone.py (MIT)."""
import pytest

from .util import ents


def test_memory_zone_leaves_nothing_behind(trained):
    trained("I like London.")
    strings = len(trained.vocab.strings)
    with trained.memory_zone():
        for doc in trained.pipe(["Zyzzyva likes London.", "Qoph likes Berlin."]):
            assert doc.ents
    assert "Zyzzyva" not in trained.vocab
    assert len(trained.vocab.strings) == strings


def test_memory_zone_changes_no_prediction(trained):
    before = ents(trained("I like London."))
    for _ in range(2):
        with trained.memory_zone():
            assert ents(trained("I like London.")) == before
    assert ents(trained("I like London.")) == before == [("London", "LOC")]


def test_memory_zone_exception_cleanup(trained):
    with pytest.raises(RuntimeError):
        with trained.memory_zone():
            trained("Zyzzyva likes London.")
            raise RuntimeError
    assert not trained.vocab.in_memory_zone
    assert "Zyzzyva" not in trained.vocab
    assert ents(trained("I like London.")) == [("London", "LOC")]
