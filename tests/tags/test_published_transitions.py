"""The legal transitions that AllenNLP publishes for its `allowed_transitions`, written as one row a tag."""
import pytest

from spacy_bio_crf.tags import TagSet

BIO = {
    "start": "O B-X B-Y",
    "O": "O B-X B-Y end",
    "B-X": "O B-X I-X B-Y end",
    "I-X": "O B-X I-X B-Y end",
    "B-Y": "O B-X B-Y I-Y end",
    "I-Y": "O B-X B-Y I-Y end",
}
IOB1 = {
    "start": "O I-X I-Y",
    "O": "O I-X I-Y end",
    "B-X": "O B-X I-X I-Y end",
    "I-X": "O B-X I-X I-Y end",
    "B-Y": "O I-X B-Y I-Y end",
    "I-Y": "O I-X B-Y I-Y end",
}
BIOUL = {
    "start": "O B-X U-X B-Y U-Y",
    "O": "O B-X U-X B-Y U-Y end",
    "B-X": "I-X L-X",
    "I-X": "I-X L-X",
    "L-X": "O B-X U-X B-Y U-Y end",
    "U-X": "O B-X U-X B-Y U-Y end",
    "B-Y": "I-Y L-Y",
    "I-Y": "I-Y L-Y",
    "L-Y": "O B-X U-X B-Y U-Y end",
    "U-Y": "O B-X U-X B-Y U-Y end",
}
BMES = {
    "start": "B-X S-X B-Y S-Y",
    "B-X": "M-X E-X",
    "M-X": "M-X E-X",
    "E-X": "B-X S-X B-Y S-Y end",
    "S-X": "B-X S-X B-Y S-Y end",
    "B-Y": "M-Y E-Y",
    "M-Y": "M-Y E-Y",
    "E-Y": "B-X S-X B-Y S-Y end",
    "S-Y": "B-X S-X B-Y S-Y end",
}


def rows(scheme):
    tag_set = TagSet(scheme, ["X", "Y"])
    start, step, end = tag_set.constraints
    named = {"start": {name for name, legal in zip(tag_set.names, start) if legal}}
    for i, before in enumerate(tag_set.names):
        named[before] = {after for j, after in enumerate(tag_set.names) if step[i, j]} | ({"end"} if end[i] else set())
    return named


@pytest.mark.parametrize("scheme, published", [("BIO", BIO), ("IOB1", IOB1), ("BIOUL", BIOUL)])
def test_transitions(scheme, published):
    assert rows(scheme) == {before: set(after.split()) for before, after in published.items()}


def test_bmes_adds_outside_to_the_published_one():
    """Published BMES is made for word segmentation, where no token is outside."""
    ours = {before: after - {"O"} for before, after in rows("BMES").items() if before != "O"}
    assert ours == {before: set(after.split()) for before, after in BMES.items()}
    assert rows("BMES")["O"] == {"O", "B-X", "S-X", "B-Y", "S-Y", "end"}
