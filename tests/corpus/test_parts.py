"""JSON lines of texts and parts."""
import json

import pytest

from spacy_bio_crf.corpus import Report, read_parts
from spacy_bio_crf.corpus.align import NOT_FOUND

TEXT = "12 Main St, Main St, Springfield"


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.parametrize(
    "parts",
    [
        {"number": "12", "street": ["Main St", "Main St"], "unit": None, "floor": " "},
        {"number": 12, "street": ["Main St", "Main St"]},
        [["number", "12"], ["street", "Main St"], ["street", "Main St"]],
        [
            {"label": "number", "value": "12"},
            {"label": "street", "value": "Main St"},
            {"label": "street", "value": "Main St"},
        ],
    ],
)
def test_shapes_of_parts(write, nlp, parts):
    path = write("\n" + json.dumps({"text": TEXT, "components": parts}) + "\r\n\n")
    report = Report()
    (doc,) = read_parts(path, nlp, report=report)
    assert ents(doc) == [("12", "number"), ("Main St", "street"), ("Main St", "street")]
    assert report.faithful  # null and blank values are no parts
    assert doc.text == TEXT


def test_unaligned_parts_are_reported_and_missing(write, nlp):
    report = Report()
    lines = [{"raw": "1200 Oak", "fields": {"a": "12", "b": "Elm", "c": "oak"}}, {"raw": "Oak", "fields": {"c": "Oak"}}]
    path = write("\n".join(map(json.dumps, lines)))
    docs = list(read_parts(path, nlp, text_key="raw", parts_key="fields", report=report))
    assert [token.ent_iob for token in docs[0]] == [0, 3]
    assert (report.documents, report.spans, report.missing) == (2, 2, 1)
    assert sum(report.unaligned.values()) == 2 and not report.faithful
    assert report.examples[NOT_FOUND] == [f"{path}, line 1: b 'Elm' in '1200 Oak'"]
    assert sum(report.notes.values()) == 1


def test_examples_are_the_first_ones_only(write, nlp):
    report = Report()
    path = write('{"text": "a", "components": {"x": "z"}}\n' * 9)
    list(read_parts(path, nlp, report=report))
    assert report.unaligned[NOT_FOUND] == 9
    assert [example.split(":")[0] for example in report.examples[NOT_FOUND]] == [
        f"{path}, line {i}" for i in range(1, 6)
    ]
    assert json.loads(json.dumps(report.to_dict()))["unaligned"] == {NOT_FOUND: 9}


@pytest.mark.parametrize(
    "content, code, part",
    [
        ("", "E516", "no record"),
        ('{"text": "a", "components": {}}\nTEXT', "E514", "line 2"),
        (r'{"text": "a\ud800", "components": {}}', "E514", "line 1"),
        (r'{"text": "a", "components": {"\udfff": "a"}}', "E514", "line 1"),
        (r'{"text": "a", "components": {"x": "a", "x": "b"}}', "E514", "twice"),
        ("[1]", "E515", "an object"),
        ('{"components": {}}', "E515", "'text'"),
        ('{"text": " ", "components": {}}', "E515", "'text'"),
        ('{"text": 3, "components": {}}', "E515", "3"),
        ('{"text": "a"}', "E515", "'components'"),
        ('{"text": "a", "components": [["x"]]}', "E515", "[label, value]"),
        ('{"text": "a", "components": ["x"]}', "E515", "[label, value]"),
        ('{"text": "a", "components": {"x": {}}}', "E515", "'x'"),
        ('{"text": "a", "components": {"x": true}}', "E515", "True"),
        ('{"text": "a", "components": {"": "a"}}', "E103", "line 1"),
        ('{"text": "a", "components": [[1, "a"]]}', "E103", "line 1"),
    ],
)
def test_errors(write, nlp, content, code, part):
    path = write(content)
    with pytest.raises(ValueError, match=rf"^\[{code}\]") as err:
        list(read_parts(path, nlp))
    assert part in str(err.value) and str(path) in str(err.value)
