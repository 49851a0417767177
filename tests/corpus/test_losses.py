"""What of docs a written file does not hold."""
import pytest

from spacy_bio_crf.attributes import register_attributes
from spacy_bio_crf.corpus import Report, write_corpus
from spacy_bio_crf.corpus.annotate import annotate
from spacy_bio_crf.corpus.losses import NO_DOCUMENTS, NO_MISSING, NO_OVERLAPS, NO_SENTENCES, NOT_WRITTEN


@pytest.fixture
def losses(tmp_path):
    """Write docs; RETURNS the report."""

    def write(docs, format, strict=False, **options):
        report = Report(strict=strict)
        write_corpus(docs if isinstance(docs, list) else [docs], tmp_path / format, format, report=report, **options)
        return report

    return write


def lost(place):
    return NOT_WRITTEN.format(place=place)


def test_missing_marks_beside_a_group(losses, nlp):
    """What is unknown to the entities says nothing of a group; a doc without the group is unknown."""
    doc, without = annotate(nlp("Ann of Rome"), [], [1]), annotate(nlp("Ann went"), [], [0])
    annotate(doc, [(0, 1, "a")], [0], spans_key="sc", report=Report(strict=True))
    assert losses(doc, "prodigy", strict=True, spans_keys=["sc"]).faithful
    assert losses([doc, without], "prodigy", spans_keys=["sc"]).dropped == {NO_MISSING: 1}


def test_overlaps(losses, nlp):
    report = losses(annotate(nlp("Ann of New York"), [(0, 1, "a"), (0, 4, "b")]), "columns")
    assert report.dropped == {NO_OVERLAPS: 1} and not report.faithful
    assert losses(annotate(nlp("Ann of New York"), [(0, 1, "a"), (0, 4, "b")]), "brat", strict=True).faithful


def test_missing_marks(losses, nlp):
    report = losses(annotate(nlp("Ann went"), [], [0, 1]), "doccano")
    assert report.dropped == {NO_MISSING: 2} and "'Ann went'" in report.examples[NO_MISSING][0]
    with pytest.raises(ValueError, match=r"E530.*without annotation"):
        losses(annotate(nlp("Ann went"), [], [0]), "doccano", strict=True)


@pytest.mark.parametrize("format", ["columns", "prodigy", "offsets", "markup"])
def test_groups_that_are_not_written(losses, nlp, format):
    doc = annotate(nlp("Ann of New York"), [(0, 1, "a")])
    doc.spans["sc"] = [doc.char_span(0, 3, "a"), doc.char_span(7, 15, "b"), doc.char_span(7, 10, "b")]
    report = losses(doc, format)
    assert report.dropped == {lost("sc"): 2}, "the first stands among the entities"
    assert "b 'New York'" in report.examples[lost("sc")][0]
    with pytest.raises(ValueError, match="E530.*'sc'"):
        losses(doc, format, strict=True)
    for holds_all in ("spacy", "spacy_json"):
        assert losses(doc, holds_all, strict=True).faithful


@pytest.mark.parametrize("choice", [{"format": "prodigy", "spans_keys": ["sc"]}, {"format": "columns", "layers": {"sc": 1}}])
def test_what_was_not_asked_for_is_noted(losses, nlp, choice):
    doc = annotate(nlp("Ann of New York"), [(0, 1, "a"), (0, 2, "c")])
    doc.spans["sc"] = [doc[2:4]]
    doc.spans["other"] = [doc[0:1], doc[2:4]]
    report = losses(doc, strict=True, **choice)
    assert report.faithful
    assert report.notes == {lost("doc.ents"): 1, lost("overlapping"): 1, lost("other"): 1}


def test_equal_groups_are_no_loss(losses, nlp):
    """As a tagger writes them, for their scores."""
    doc = annotate(nlp("Ann of New York"), [(0, 1, "a")])
    doc.spans["bio_crf_tagger"] = list(doc.ents)
    register_attributes()
    doc._.learning_weight = 0.5
    report = losses(doc, "prodigy", strict=True)
    assert report.faithful and not report.notes


def test_sentences(losses, nlp):
    doc = annotate(nlp("Ann ran . Bob too . Eve not"), [])
    for token in doc:
        token.is_sent_start = token.i in (0, 3, 6)
    report = losses(doc, "label_studio")
    assert report.dropped == {NO_SENTENCES: 2} and "before 'Bob'" in report.examples[NO_SENTENCES][0]
    for holds in ("columns", "spacy", "spacy_json"):
        assert losses(doc, holds, strict=True).faithful
    for token in doc[1:]:
        token.is_sent_start = False
    assert losses(doc, "label_studio", strict=True).faithful


def test_documents(losses, nlp):
    """Four docs of two documents: where the format has no marks, it is lost that some belong together."""
    docs = [annotate(nlp("Ann ran"), []) for _ in range(4)]
    for doc, number in zip(docs, (1, 1, 1, 2)):
        doc.user_data["document"] = f"train.conll:{number}"
    report = losses(docs, "doccano")
    assert report.dropped == {NO_DOCUMENTS: 2} and "train.conll:1" in report.examples[NO_DOCUMENTS][0]
    for holds in ("columns", "spacy"):
        assert losses(docs, holds, strict=True).faithful
    assert losses(docs[2:], "doccano", strict=True).faithful
