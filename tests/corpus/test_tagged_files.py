"""Words and tags in other files than columns: parallel ones, and datasets of Hugging Face."""
import json

import pytest

from spacy_bio_crf.corpus import ColumnFormat, Report, read_corpus, read_datasets, read_parallel
from spacy_bio_crf.corpus.formats import format_of


def facts(doc):
    return [(ent.text, ent.label_) for ent in doc.ents], [token.i for token in doc if token.ent_iob == 0]


@pytest.fixture
def pair(write):
    def write_both(words, tags):
        write(tags, "seq.out")
        return write(words, "seq.in")

    return write_both


def test_parallel_files(pair, nlp):
    path = pair("Ann Lee left \n\nin  Rome\n", "B-x I-x O\n\n- B-y\n")
    assert [facts(doc) for doc in read_parallel(path, nlp)] == [([("Ann Lee", "x")], []), ([("Rome", "y")], [0])]
    assert format_of(path).name == "parallel" and len(list(read_corpus(path.parent, nlp, "parallel"))) == 2


@pytest.mark.parametrize(
    "tags, message",
    [
        ("O\n", "E515.*2 lines"),
        ("O O\nO\n", "E515.*line 2.*2 tags"),
        ("O I-x\nO O\n", "E102.*line 1: the token 'b'"),
    ],
)
def test_parallel_files_that_do_not_fit(pair, nlp, tags, message):
    with pytest.raises(ValueError, match=message):
        list(read_parallel(pair("a b\nc d\n", tags), nlp))


@pytest.fixture
def dataset(tmp_path):
    """A folder as `Dataset.save_to_disk` makes it."""

    def make(columns, features=None):
        pyarrow = pytest.importorskip("pyarrow")
        table = pyarrow.table(columns)
        with pyarrow.ipc.new_stream(str(tmp_path / "data-00000-of-00001.arrow"), table.schema) as stream:
            stream.write_table(table)
        (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
        (tmp_path / "dataset_info.json").write_text(json.dumps({"features": features or {}}))
        return tmp_path

    return make


CLASSES = {"names": ["O", "B-x", "I-x"], "_type": "ClassLabel"}


@pytest.mark.parametrize("feature", [{"feature": CLASSES, "_type": "List"}, [CLASSES]])
def test_classes_of_a_dataset(dataset, nlp, feature):
    columns = {"tokens": [["Ann", "Lee", "left"], [], ["a", "b"]], "ner_tags": [[1, 2, 0], [], [-100, 1]]}
    folder = dataset(columns, {"ner_tags": feature})
    report = Report()
    docs = list(read_datasets(folder, nlp, report=report))
    assert [facts(doc) for doc in docs] == [([("Ann Lee", "x")], []), ([("b", "x")], [0])]
    assert report.documents == 2 and format_of(folder).name == "datasets"


def test_strings_of_a_dataset(dataset, nlp):
    folder = dataset({"words": [["Ann", "Lee"]], "t": [["PER", "PER"]]})
    format = ColumnFormat(bare_labels=True)
    (doc,) = read_datasets(folder, nlp, format, tokens_key="words", tags_key="t")
    assert facts(doc) == ([("Ann Lee", "PER")], [])


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"text": ["a"], "ner_tags": [[1]]}, "E515.*columns tokens and ner_tags"),
        ({"tokens": [["a"]], "x": [[1]]}, "E515.*tokens and ner_tags or tags or labels.*tokens, x"),
        ({"tokens": [["a"]], "tags": [[1]]}, "E515.*row 1.*names"),
        ({"tokens": [["a", "b"]], "tags": [["O"]]}, "E515.*row 1.*2 tokens"),
        ({"tokens": [["a"]], "tags": [["I-x"]]}, "E102.*row 1: the token 'a'"),
    ],
)
def test_datasets_that_do_not_fit(dataset, nlp, columns, message):
    with pytest.raises(ValueError, match=message):
        list(read_datasets(dataset(columns), nlp))


@pytest.mark.parametrize("state", ["{", "{}", "[]", '{"_data_files": 1}'])
def test_folders_that_are_no_dataset(tmp_path, nlp, state):
    (tmp_path / "state.json").write_text(state)
    with pytest.raises(ValueError, match="E515.*state.json.*'_data_files'"):
        list(read_datasets(tmp_path, nlp))


def test_several_datasets(tmp_path, nlp):
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(ValueError, match="E535.*train, test"):
        list(read_corpus(tmp_path, nlp))


def test_pyarrow_is_not_installed(tmp_path, nlp, monkeypatch):
    (tmp_path / "state.json").write_text('{"_data_files": []}')
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"E534.*spacy-bio-crf\[datasets\]"):
        list(read_corpus(tmp_path, nlp))
