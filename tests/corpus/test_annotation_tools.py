"""What Prodigy, doccano and Label Studio export, beyond what we write ourselves."""
import json

import pytest

from spacy_bio_crf.corpus import Report, read_doccano, read_label_studio, read_prodigy
from spacy_bio_crf.corpus.align import BEYOND, BLANK, OTHER_TEXT, SPAN_CUTS_TOKEN, TRIMMED
from spacy_bio_crf.corpus.annotate import MISSING_IN_GROUP, OVERLAPPING, OVERLAPS_ENTITY, TWICE
from spacy_bio_crf.corpus.formats import format_of
from spacy_bio_crf.corpus.label_studio import CANCELLED, CODE_POINTS, NO_SPAN, OTHER_CONTROL, SEVERAL, UNLABELLED
from spacy_bio_crf.corpus.prodigy import IGNORED
from spacy_bio_crf.corpus.records import RELATIONS, TOKENS_DIFFER

ROME = {"start": 3, "end": 7, "label": "city"}


def lines(*records):
    return "\n".join(map(json.dumps, records))


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_answers_of_prodigy(write, nlp):
    report = Report()
    task = {"text": "In Rome now", "spans": [ROME]}
    answers = [{**task, "answer": answer} for answer in ("accept", "ignore", "reject")]
    path = write(lines(*answers, {**answers[0], "_view_id": "ner"}, {"text": "Nothing", "_view_id": "ner_manual"}))
    manual, rejected, binary, empty = read_prodigy(path, nlp, report=report)
    assert ents(manual) == ents(binary) == [("Rome", "city")] and not rejected.ents
    assert [[token.ent_iob for token in doc] for doc in (manual, rejected, binary, empty)] == [
        [2, 3, 2], [0, 0, 0], [0, 3, 0], [2]]  # fmt: skip
    assert [(span.text, span.label_) for span in rejected.spans["incorrect_spans"]] == [("Rome", "city")]
    assert report.notes == {IGNORED: 1} and report.faithful
    assert format_of(path).name == "prodigy"


def test_tokens_of_prodigy(write, nlp):
    tokens = [{"text": "can", "start": 0, "end": 3, "id": 0}, {"text": "'t", "start": 3, "end": 5, "id": 1}]
    path = write(lines({"text": "can't", "tokens": tokens}, {"text": "can't no", "tokens": tokens}))
    report = Report()
    kept, cut = read_prodigy(path, nlp, report=report)
    assert [token.text for token in kept] == ["can", "'t"]
    assert [token.text for token in cut] == ["ca", "n't", "no"] and report.notes == {TOKENS_DIFFER: 1}
    kept, _ = read_prodigy(path, nlp, file_tokens=False)
    assert [token.text for token in kept] == ["ca", "n't"]


def test_spans_that_fit_no_tokens(write, nlp):
    places = [(0, 3), (3, 4), (3, 5), (4, 7), (5, 99), (-1, 3), (6, 6), (2, 3), (8, 11), (8, 11)]
    spans = [{"start": start, "end": end, "label": "x"} for start, end in places]
    text = {"start": 0, "end": 2, "label": "y", "text": "On"}
    report = Report()
    (doc,) = read_prodigy(write(lines({"text": "In Rome now", "spans": [*spans, text]})), nlp, report=report)
    assert ents(doc) == [("In", "x"), ("now", "x")]
    assert [token.ent_iob for token in doc] == [3, 0, 3]
    assert report.unaligned == {SPAN_CUTS_TOKEN: 3, BEYOND: 2, BLANK: 2, OTHER_TEXT: 1}
    assert report.notes == {TRIMMED: 1, TWICE: 1}


def test_overlapping_spans(write, nlp):
    path = write(lines({"text": "New York City", "label": [[0, 8, "a"], [0, 13, "b"], [4, 13, "c"]]}))
    report = Report()
    (doc,) = read_doccano(path, nlp, report=report)
    assert ents(doc) == [("New York City", "b")]
    assert [(span.text, span.label_) for span in doc.spans[OVERLAPPING]] == [("New York", "a"), ("York City", "c")]
    assert report.notes == {OVERLAPS_ENTITY: 2} and report.faithful and report.spans == 3
    (doc,) = read_doccano(path, nlp, spans_key="sc")
    assert len(doc.spans["sc"]) == 3 and not doc.ents and not doc.has_annotation("ENT_IOB")


def test_shapes_of_doccano(write, nlp):
    entity = {"id": 1, "label": "city", "start_offset": 3, "end_offset": 7}
    rome = [[3, 7, "city"]]
    spans = [{"labels": rome}, {"label": rome}, {"entities": [entity], "relations": [{"id": 2}]}]
    path = write(lines(*({"text": "In Rome", **each} for each in spans), {"text": "x", "label": []}))
    report = Report()
    docs = list(read_doccano(path, nlp, report=report))
    assert [ents(doc) for doc in docs] == [[("Rome", "city")]] * 3 + [[]]
    assert report.notes == {RELATIONS: 1}
    assert format_of(path).name == "doccano"


def test_other_controls_of_label_studio(write, nlp):
    """What they mark in the text is lost, and so told; choices say nothing of a stretch."""
    lost = [
        {"type": "hypertextlabels", "value": {"startOffset": 3, "endOffset": 7, "hypertextlabels": ["LOC"]}},
        {"type": "labels", "value": {"start": 0, "end": 2, "labels": []}},
    ]
    choice = {"type": "choices", "value": {"choices": ["good"]}}
    path = write(json.dumps(tasks({"annotations": [{"result": [*lost, choice, result(3, 7)]}]})), "data.json")
    report = Report()
    (doc,) = read_label_studio(path, nlp, report=report)
    assert ents(doc) == [("Rome", "city")]
    assert report.unaligned == {OTHER_CONTROL: 2} and report.notes == {NO_SPAN: 1}
    assert "hypertextlabels" in report.examples[OTHER_CONTROL][0]


def test_relations_of_prodigy(write, nlp):
    report = Report()
    path = write(lines({"text": "In Rome", "spans": [], "relations": [{"head": 0, "child": 1, "label": "x"}]}, {"text": "a", "relations": []}))
    list(read_prodigy(path, nlp, report=report))
    assert report.notes == {RELATIONS: 1}


def test_rejected_spans_are_counted_apart(write, nlp):
    span = {"start": 3, "end": 7, "label": "city"}
    report = Report()
    path = write(lines(*({"text": "In Rome", "spans": [span], "answer": answer} for answer in ("accept", "reject", "reject"))))
    list(read_prodigy(path, nlp, report=report))
    assert (report.spans, report.wrong) == (1, 2) and report.to_dict()["wrong"] == 2


@pytest.mark.parametrize("key", [None, "sc"])
def test_texts_of_which_little_is_known(write, nlp, key):
    """A group says of all tokens what they are: a doc gets none if nothing is known of it, and what it cannot hold is told."""
    span = {"start": 3, "end": 7, "label": "city"}
    tasks = [
        {"text": "In Rome", "spans": [span], "answer": "reject"},
        {"text": "In Rome", "spans": [span], "_view_id": "ner"},
        {"text": "In Rome", "spans": []},
    ]
    report = Report()
    rejected, partial, plain = read_prodigy(write(lines(*tasks)), nlp, spans_key=key, report=report)
    if key is None:
        assert report.faithful and report.missing == 3
    else:
        assert [key in doc.spans for doc in (rejected, partial, plain)] == [False, True, True]
        assert report.unaligned == {MISSING_IN_GROUP: 1} and "'In'" in report.examples[MISSING_IN_GROUP][0]
        assert report.missing == 2, "of the rejected one nothing is known"


def result(start, end, text=None, *labels):
    value = {"start": start, "end": end, "labels": list(labels or ["city"]), **({"text": text} if text else {})}
    return {"value": value, "type": "labels", "from_name": "label", "to_name": "text"}


def tasks(*annotated, text="😀 Rome, Rome"):
    return [{"id": i, "data": {"text": text}, **each} for i, each in enumerate(annotated)]


@pytest.mark.parametrize("indent", [None, 2])
def test_shapes_of_label_studio(write, nlp, indent):
    made = tasks(
        {"annotations": [{"result": [result(3, 7)]}, {"result": []}]},
        {"annotations": [{"was_cancelled": True, "result": []}]},
        {"annotations": [], "predictions": [{"result": [result(9, 13), {"type": "relation", "from_id": "a"}]}]},
        {"annotations": [], "predictions": []},
    )
    path = write(json.dumps(made, indent=indent), "data.json")
    report = Report()
    docs = list(read_label_studio(path, nlp, report=report))
    assert [[(ent.text, ent.start_char) for ent in doc.ents] for doc in docs] == [[("Rome", 2)], [("Rome", 8)]]
    assert report.notes == {SEVERAL: 1, CANCELLED: 1, UNLABELLED: 1, NO_SPAN: 1} and report.faithful
    assert format_of(path).name == "label_studio"


def test_offsets_of_label_studio(write, nlp):
    """In UTF-16, as the browser has them, unless the texts of the spans say that they are not."""
    counts = [(2, 6, "Rome", 2, CODE_POINTS), (3, 7, "Rome", 2, None), (8, 12, "Rome", 8, CODE_POINTS)]
    for start, end, text, place, note in counts:
        path = write(json.dumps(tasks({"annotations": [{"result": [result(start, end, text)]}]})))
        report = Report()
        (doc,) = read_label_studio(path, nlp, report=report)
        assert [ent.start_char for ent in doc.ents] == [place]
        assert list(report.notes) == ([note] if note else []) and report.faithful


def test_minimal_json_and_several_labels(write, nlp):
    path = write(json.dumps([{"id": 1, "article": "In Rome", "ner": [{"start": 3, "end": 7, "labels": ["a", "b"]}]}]))
    (doc,) = read_label_studio(path, nlp, text_key="article")
    assert ents(doc) == [("Rome", "a")] and [span.label_ for span in doc.spans[OVERLAPPING]] == ["b"]
    assert format_of(path).name == "label_studio"


@pytest.mark.parametrize(
    "read, record, part",
    [
        (read_prodigy, [1], "an object"),
        (read_prodigy, {"spans": []}, "'text'"),
        (read_prodigy, {"text": "a", "spans": [1]}, "'spans'"),
        (read_prodigy, {"text": "a", "spans": [{"start": 0.5, "end": 1, "label": "x"}]}, "'start'"),
        (read_prodigy, {"text": "a", "spans": [{"start": 0, "label": "x"}]}, "'end'"),
        (read_prodigy, {"text": "a", "spans": [{"start": 0, "end": 1}]}, "E103"),
        (read_prodigy, {"text": "a", "answer": "perhaps"}, "'perhaps'"),
        (read_doccano, {"text": "a", "label": [[0, 1]]}, "[start, end, label]"),
        (read_doccano, {"text": "a", "label": ["x"]}, "'label'"),
        (read_label_studio, {"data": 1, "annotations": [{"result": []}]}, "'data'"),
        (read_label_studio, {"data": {"txt": "a"}, "annotations": [{"result": []}]}, "'text'"),
        (read_label_studio, {"data": {"text": "a"}, "annotations": {}}, "'annotations'"),
    ],
)
def test_errors(write, nlp, read, record, part):
    path = write("\n\n" + json.dumps(record))
    with pytest.raises(ValueError, match=r"^\[E(515|103)\]") as err:
        list(read(path, nlp))
    assert part in str(err.value) and f"{path}, line 3" in str(err.value)
