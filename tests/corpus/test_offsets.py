"""Tables of spans."""
import pytest

from spacy_bio_crf.corpus import read_offsets
from spacy_bio_crf.corpus.formats import format_of


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_rows_of_one_text(write, nlp):
    path = write(
        'Text,Start,End,Label\n"In Rome, now",3,7,city\n"In Rome, now",9,12,time\nNo one,,,\nIn Bonn,3,7,city\n'
    )
    docs = list(read_offsets(path, nlp))
    assert [ents(doc) for doc in docs] == [[("Rome", "city"), ("now", "time")], [], [("Bonn", "city")]]
    assert format_of(path).name == "offsets"


@pytest.mark.parametrize("separator", ["", "||"])
def test_separators(write, nlp, separator):
    with pytest.raises(ValueError, match="E540"):
        list(read_offsets(write("text,start,end,label\na,0,1,x\n"), nlp, separator=separator))


def test_documents_by_their_ids(write, nlp):
    path = write("label;end;start;doc_id;body\nx;2;0;1;He\ny;2;0;2;He\n")
    docs = list(read_offsets(path, nlp, text_key="body", separator=";"))
    assert [ents(doc) for doc in docs] == [[("He", "x")], [("He", "y")]]


@pytest.mark.parametrize(
    "content, code, part",
    [
        ("", "E515", "columns named text, start, end, label"),
        ("text,start,end\n", "E515", "line 1"),
        ("text,start,end,label\n", "E516", "no record"),
        ("text,start,end,label\na,0,1,x\na,0\n", "E515", "line 3"),
        ("text,start,end,label\na,0,x,x\n", "E515", "whole numbers"),
        ("text,start,end,label\na,0,1,\n", "E103", "line 2"),
        ("doc_id,text,start,end,label\n1,a,0,1,x\n1,b,0,1,x\n", "E515", "line 3"),
    ],
)
def test_errors(write, nlp, content, code, part):
    with pytest.raises(ValueError, match=rf"^\[{code}\]") as err:
        list(read_offsets(write(content), nlp))
    assert part in str(err.value)
