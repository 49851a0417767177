"""Two files beside each other: a sentence of words a line, and a line of their tags (such as seq.in and seq.out)."""
from pathlib import Path
from typing import Iterator, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from .files import read_text
from .records import unexpected
from .report import Report
from .sentences import ColumnFormat, Sentence
from .tagged import make_doc


def read_parallel(
    path: Union[str, Path],
    nlp: Language,
    format: ColumnFormat = ColumnFormat(),
    *,
    repair: Optional[str] = None,
    spaces: bool = True,
    spans_key: Optional[str] = None,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read words and their tags, with spaces between them.

    path (Union[str, Path]): The file of words, that ends in .in; that of the tags ends in .out.
    nlp (Language): Gives the vocabulary; the tokens are those of the file.
    format (ColumnFormat): Its scheme, missing mark, label and encoding.
    repair (Optional[str]): What to do with illegal tags, see `spacy_bio_crf.tags.parse_tags`. None: raise.
    spaces (bool): Whether the language parts words by spaces.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each line that is not blank.
    RAISES (ValueError): The lines, or the words and tags of one, are not as many.
    """
    report = Report() if report is None else report
    tags_path = Path(path).with_suffix(".out")
    words, tags = (read_text(file, format.encoding).rstrip("\n").split("\n") for file in (path, tags_path))
    if len(words) != len(tags):
        raise unexpected(str(tags_path), f"{len(words)} lines, as in {path}", len(tags))
    for number, line in enumerate(zip(words, tags), start=1):
        row, cells = (part.split() for part in line)
        if len(row) != len(cells):
            raise unexpected(f"{tags_path}, line {number}", f"{len(row)} tags, as many as there are words", len(cells))
        if row:
            sentence = Sentence(row, {None: list(map(format.read_tag, cells))}, [number] * len(row), 0)
            where = f"{path}, line"
            doc = make_doc(nlp, [sentence], format, where=where, repair=repair, spaces=spaces, spans_key=spans_key, report=report)
            yield report.add_doc(doc)
