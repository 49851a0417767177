"""Column files (CoNLL and its kin) as text: a token a line, its tag in a column, blank lines between sentences."""
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from ..errors import Errors
from ..tags import MISSING, OUTSIDE, check_label
from .files import BOM, read_text
from .report import Report

DOCUMENT_MARK = "-DOCSTART-"
DOCUMENT_KEY = "document"  # in `doc.user_data`: which document of which file a doc is of, where there are marks
TAGS_ELSEWHERE = "no token has a tag in the last column, but others look like tags (`tag_column`, --tag-column)"
COMMENT_ROW = "line of comment that looks like a token and its tag"
_LABELLED = re.compile(r"[BIESLUM]-\S")
_UNLABELLED = (OUTSIDE, MISSING, "_", "*")
_FOREIGN = re.compile(r'(?P<json>\{$|\[$|\{\s*"|\[\s*\{)|(?P<xml><\?xml|<\w+>$)', re.IGNORECASE)


@dataclass(frozen=True)
class ColumnFormat:
    """How a column file is laid out.

    scheme (str): Tagging scheme.
    token_column (int): Column of the token; negative numbers count from the end.
    tag_column (int): Column of the tag.
    separator (Optional[str]): What parts the columns. None: any run of spaces and tabs.
    comment (Optional[str]): What a line of comment begins with, such as "# ". None: there are no comments.
    missing (str): The tag of a token that was not annotated, besides "-".
    label (Optional[str]): The label of bare tags ("B", "I"). None: there are no bare tags.
    encoding (str): Encoding of the file.
    layers (Optional[Mapping[str, int]]): Columns of tags by the names of the span groups that they are for, in
        the place of `tag_column`.
    bare_labels (bool): Whether a tag is a label and nothing else; a run of one label is a span, whatever the scheme.
    single_tokens (bool): Whether of bare labels each token is a span of its own.
    """

    scheme: str = "BIO"
    token_column: int = 0
    tag_column: int = -1
    separator: Optional[str] = None
    comment: Optional[str] = None
    missing: str = MISSING
    label: Optional[str] = None
    encoding: str = "utf-8"
    layers: Optional[Mapping[str, int]] = None
    bare_labels: bool = False
    single_tokens: bool = False

    def __post_init__(self):
        """RAISES (ValueError): The label or the separator cannot be one, or single tokens have no bare labels."""
        if self.separator is not None and (not self.separator or set(self.separator) & set("\r\n")):
            raise ValueError(Errors.E522.format(separator=self.separator))
        if self.label is not None:
            check_label(self.label)
        if self.single_tokens and not self.bare_labels:
            raise ValueError(Errors.E537)

    @property
    def tag_columns(self) -> Mapping[Optional[str], int]:
        """The columns of tags by the span groups that they are for; None stands for the entities."""
        return self.layers or {None: self.tag_column}

    @property
    def tag_scheme(self) -> str:
        return ("BIO" if self.single_tokens else "IO") if self.bare_labels else self.scheme

    def read_tag(self, cell: str) -> str:
        if cell in (self.missing, MISSING):
            return MISSING
        return f"{'B' if self.single_tokens else 'I'}-{cell}" if self.bare_labels and cell != OUTSIDE else cell

    def write_tag(self, tag: str) -> str:
        return tag.split("-", 1)[1] if self.bare_labels and tag != OUTSIDE else tag

    @property
    def split(self) -> Callable[[str], List[str]]:
        if self.separator is None:
            return re.compile("[ \t]+").split
        return lambda line: line.split(self.separator)


class Sentence(NamedTuple):
    words: List[str]
    tags: Dict[Optional[str], List[str]]  # of each layer; None stands for the entities
    lines: List[int]  # of the words
    document: int  # 0 before the first mark


def read_sentences(
    path: Union[str, Path], format: ColumnFormat = ColumnFormat(), *, report: Optional[Report] = None
) -> Iterator[Sentence]:
    """Read the words and the tags of a column file as they stand, except that every missing mark becomes "-".

    report (Optional[Report]): Is told if no token has a tag in the last column, which is read where none is named, and others
        look like tags.
    RAISES (ValueError): The file holds no token, or a line has other columns than the first.
    """
    report = Report() if report is None else report
    lines = read_text(path, format.encoding).split("\n")
    _check_text(path, lines)
    columns = _Columns(path, format)
    words: List[str] = []
    rows: List[List[str]] = []  # of tags
    places: List[int] = []
    document = 0
    for number, line in enumerate([*lines, ""], start=1):
        visible = line.strip(" \t" + BOM)
        comment = bool(format.comment) and line.lstrip(BOM).startswith(format.comment)
        starts_document = visible.startswith(DOCUMENT_MARK) or (comment and "newdoc" in visible.split()[1:2])
        if (not visible or starts_document) and words:
            yield Sentence(words, dict(zip(format.tag_columns, map(list, zip(*rows)))), places, document)
            words, rows, places = [], [], []
        document += starts_document
        if comment and columns.is_row(line):
            report.add_note(COMMENT_ROW, f"{path}, line {number}: {line!r}")
        if not visible or starts_document or comment:
            continue
        word, cells = columns.read(line, number)
        if BOM in word:
            report.add_note("byte order mark inside the text", f"{path}, line {number}: {word!r}")
            word = word.replace(BOM, "") or word
        words.append(word)
        places.append(number)
        rows.append([format.read_tag(cell) for cell in cells])
    if not columns.expected:
        raise ValueError(Errors.E507.format(path=path, lines=len(lines)))
    elsewhere = columns.tags_elsewhere()
    if elsewhere:
        report.add_unaligned(TAGS_ELSEWHERE, f"{path}: column {' and '.join(map(str, elsewhere))}")


class _Columns:
    """Cuts lines, and holds all of them to the number of columns of the first."""

    def __init__(self, path: Union[str, Path], format: ColumnFormat):
        self.path = path
        self.format = format
        self.split = format.split
        self.tags = list(format.tag_columns.values())
        self.expected = 0
        self.first = 0
        self.tagged = False  # whether a token had a tag
        self.others: Dict[int, bool] = {}  # of each column that has nothing but tags, and is not read: whether there are labels

    def read(self, line: str, number: int) -> Tuple[str, List[str]]:
        """RETURNS (Tuple[str, List[str]]): The token and the tags of a line."""
        cells = self.split(line.strip(" \t") if self.format.separator is None else line)
        if not self.expected:
            self._check_columns(len(cells), line, number)
            self.expected, self.first = len(cells), number
            read = {column % self.expected for column in (self.format.token_column, *self.tags)}
            if not self.format.layers and self.format.tag_column == -1:  # nobody has named the column
                self.others = dict.fromkeys(set(range(self.expected)) - read, False)
        word = cells[self.format.token_column] if len(cells) == self.expected else ""
        if not word:
            raise ValueError(
                Errors.E508.format(
                    path=self.path,
                    line=number,
                    expected=self.expected,
                    first=self.first,
                    separator=self._separator,
                    found=f"{len(cells)} columns" if len(cells) != self.expected else "an empty token",
                    text=line,
                )
            )
        tags = [cells[column].strip() for column in self.tags]
        self.tagged = self.tagged or any(self.format.read_tag(tag) not in (OUTSIDE, MISSING) for tag in tags)
        if self.others and not self.tagged:
            self._look_elsewhere(cells)
        return word, tags

    def is_row(self, line: str) -> bool:
        """Whether a line would be a token with a tag."""
        cells = self.split(line)
        return len(cells) == self.expected and any(map(_LABELLED.match, (cells[column] for column in self.tags)))

    def tags_elsewhere(self) -> List[int]:
        """The columns that look like tags, if those that were read hold none."""
        return [] if self.tagged else [column for column, labels in self.others.items() if labels]

    def _look_elsewhere(self, cells: List[str]) -> None:
        for column in list(self.others):
            if _LABELLED.match(cells[column].strip()):
                self.others[column] = True
            elif cells[column].strip() not in _UNLABELLED:
                del self.others[column]

    def _check_columns(self, count: int, line: str, number: int) -> None:
        indices = {i + count if i < 0 else i for i in (self.format.token_column, *self.tags)}
        if len(indices) < 1 + len(self.tags) or not indices <= set(range(count)):
            raise ValueError(
                Errors.E509.format(
                    path=self.path,
                    line=number,
                    token=self.format.token_column,
                    tag=", ".join(map(str, self.tags)),
                    separator=self._separator,
                    found=count,
                    text=line,
                )
            )

    @property
    def _separator(self) -> str:
        return "spaces or tabs" if self.format.separator is None else repr(self.format.separator)


def _check_text(path: Union[str, Path], lines: List[str]) -> None:
    """A column reader would find columns in JSON or XML too, and then complain of odd tags."""
    foreign = _FOREIGN.match(next((line.strip() for line in lines if line.strip()), ""))
    if foreign:
        raise ValueError(Errors.E506.format(path=path, found="XML" if foreign["xml"] else "JSON"))
