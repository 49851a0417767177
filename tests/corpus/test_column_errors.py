"""What a file that is not what it says is told."""
import pytest

from spacy_bio_crf.corpus import ColumnFormat, read_columns

TAB = ColumnFormat(separator="\t")


@pytest.mark.parametrize(
    "content, format, code, parts",
    [
        (b"a O\nb \x00 O\n", ColumnFormat(), "E502", ["line 2", "UTF-16"]),
        (b"a O\n\xff O\n", ColumnFormat(), "E504", ["line 2", "0xff", "utf-8", "latin-1"]),
        ("a O\n", ColumnFormat(encoding="klingon"), "E503", ["klingon", "utf-8"]),
        ('{"text": "a"}\n', ColumnFormat(), "E506", ["JSON", "--from"]),
        ("\n[\n  {}\n]", ColumnFormat(), "E506", ["JSON"]),
        ('[{"text": "a"}]\n', ColumnFormat(), "E506", ["JSON"]),
        ("<?xml version='1.0'?>\n", ColumnFormat(), "E506", ["XML"]),
        ("<AddressCollection>\n", ColumnFormat(), "E506", ["XML"]),
        ("", ColumnFormat(), "E507", ["no token"]),
        ("\n-DOCSTART- O\n\n", ColumnFormat(), "E507", ["no token"]),
        ("a O\n\nb c O\n", ColumnFormat(), "E508", ["line 3", "expected 2", "line 1", "3 columns", "'b c O'"]),
        ("a\tO\n\tO\n", TAB, "E508", ["line 2", "an empty token"]),
        ("a O\n", TAB, "E509", ["line 1", "1 column", r"'\t'"]),
        ("a\n", ColumnFormat(), "E509", ["line 1", "1 column", "spaces or tabs"]),
        ("a O\n", ColumnFormat(tag_column=2), "E509", ["column 2", "2 column"]),
        ("a O\n", ColumnFormat(token_column=-3), "E509", ["column -3"]),
        ("a O\n", ColumnFormat(tag_column=-2), "E509", ["column -2"]),
        ("a O\n\nb O\nc B\n", ColumnFormat(), "E510", ["line 4", "'B'", "--label"]),
        ("a O\n# b\nc B\n", ColumnFormat(comment="#"), "E510", ["line 3", "'B'"]),
        ("a O\n\nb O\nc I-x\n", ColumnFormat(), "E102", ["line 4: the token 'c'", "'I-x'", "BIO", "repair"]),
        ("a O\n# b\nc Q-x\n", ColumnFormat(comment="#"), "E102", ["line 3: the token 'c'", "'Q-x'", "--scheme"]),
        ("a O\n", ColumnFormat(scheme="BO"), "E101", ["BO"]),
    ],
)
def test_file_is_not_what_it_says(write, nlp, content, format, code, parts):
    path = write(content)
    with pytest.raises(ValueError, match=rf"^\[{code}\]") as err:
        list(read_columns(path, nlp, format))
    for part in parts + ([str(path)] if code not in ("E101", "E503") else []):
        assert part in str(err.value)


@pytest.mark.parametrize("first", ["[ O", "{ O", "< O", "<ORG> O", "<ORG>\tO\tO"])
def test_brackets_are_tokens(write, nlp, first):
    assert len(list(read_columns(write(f"{first}\n"), nlp))) == 1


def test_no_file(tmp_path, nlp):
    with pytest.raises(ValueError, match="E501.*nothing"):
        list(read_columns(tmp_path / "none", nlp))
    with pytest.raises(ValueError, match="E501.*a folder"):
        list(read_columns(tmp_path, nlp))


@pytest.mark.parametrize("separator", ["", "\n"])
def test_separator_that_parts_nothing(separator):
    with pytest.raises(ValueError, match="E522"):
        ColumnFormat(separator=separator)


@pytest.mark.parametrize("label", ["", "a\tb"])
def test_label_of_bare_tags(label):
    with pytest.raises(ValueError, match="E103"):
        ColumnFormat(label=label)


def test_unknown_repair(write, nlp):
    with pytest.raises(ValueError, match="E108"):
        list(read_columns(write("a O"), nlp, repair="mend"))
