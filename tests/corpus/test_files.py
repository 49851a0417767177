"""Files in and out."""
import os

import pytest

from spacy_bio_crf.corpus import read_columns, save_docs
from spacy_bio_crf.corpus.files import find_files, read_text, replacing


def test_line_ends_and_mark(write):
    assert read_text(write("\ufeffa\r\nb\u2028\n")) == "a\nb\u2028\n"
    assert read_text(write("\ufeffa".encode("utf-16-le")), "utf-16-le") == "a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_kind_of_line_end(write, nlp, end):
    path = write(end.join(["a\tO", "b\tO", "", "c\tO", ""]))
    assert read_text(path) == "a\tO\nb\tO\n\nc\tO\n"
    assert [[token.text for token in doc] for doc in read_columns(path, nlp)] == [["a", "b"], ["c"]]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize(
    "content, line",
    [
        ("a O\nå O\n".encode("utf-16"), 1),
        ("我 O\n".encode("utf-16-be"), 1),
        ("我们".encode("utf-16"), 1),
        ("a O\n".encode("utf-32"), 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 3),
        (b"a O\r\xff O\r\x00", 3),
    ],
)
def test_what_is_no_text_is_known_by_its_bytes(write, encoding, content, line):
    with pytest.raises(ValueError, match=rf"^\[E502\].*line {line}: .*UTF-16"):
        read_text(write(content), encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "UTF_16_LE", "U32"])
def test_wide_encodings(write, encoding):
    assert read_text(write("\ufeffå O\r\n".encode(encoding)), encoding).endswith("å O\n")
    with pytest.raises(ValueError, match="E502.*line 2"):
        read_text(write("å\n\0".encode(encoding)), encoding)
    with pytest.raises(ValueError, match="E504"):
        read_text(write("å".encode(encoding)[:-1]), encoding)


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


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_are_those_of_open(tmp_path):
    path = tmp_path / "out.txt"
    umask = os.umask(0o027)
    try:
        with replacing(path) as temporary:
            temporary.write_text("new")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        with replacing(path) as temporary:
            temporary.write_text("again")
        assert path.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(umask)


def test_all_files_or_none(tmp_path, nlp):
    good, bad = nlp.make_doc("a"), nlp.make_doc("a b")
    bad.ents = [(nlp.vocab.strings.add("x"), 0, 1), (nlp.vocab.strings.add("x"), 1, 2)]
    with pytest.raises(ValueError, match="E106"):
        save_docs({tmp_path / "a.tsv": [good], tmp_path / "b.tsv": [bad]}, scheme="IO")
    assert not list(tmp_path.iterdir())
