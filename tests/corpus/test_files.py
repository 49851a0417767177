"""Files in and out."""
import pytest

from spacy_bio_crf.corpus import ColumnFormat, save_docs
from spacy_bio_crf.corpus.files import find_files, read_text, replacing


def test_line_ends_and_mark(write):
    assert read_text(write("\ufeffa\r\nb\u2028\n")) == "a\nb\u2028\n"
    assert read_text(write("\ufeffa".encode("utf-16-le")), "utf-16-le") == "a"


def test_files_of_a_folder(tmp_path):
    for name in ("b/x.json", "a/x.json", "a/y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert find_files(tmp_path, "*.json") == [tmp_path / "a/x.json", tmp_path / "b/x.json"]
    assert find_files(tmp_path / "a/y.txt") == [tmp_path / "a/y.txt"]
    with pytest.raises(ValueError, match=r"E505.*\*\.xml"):
        find_files(tmp_path, "*.xml")


def test_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "new" / "out.txt"
    with replacing(path) as temporary:
        temporary.write_text("old")
    with pytest.raises(RuntimeError):
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_all_files_or_none(tmp_path, nlp):
    good, bad = nlp.make_doc("a"), nlp.make_doc("a b")
    bad.ents = [(nlp.vocab.strings.add("x"), 0, 1), (nlp.vocab.strings.add("x"), 1, 2)]
    with pytest.raises(ValueError, match="E106"):
        save_docs({tmp_path / "a.tsv": [good], tmp_path / "b.tsv": [bad]}, ColumnFormat(scheme="IO"))
    assert not list(tmp_path.iterdir())
