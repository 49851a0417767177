"""brat's standoff: a text in a .txt file, its annotation beside it in an .ann file."""
import re
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .align import CharSpan
from .annotate import spans_of
from .files import find_files, read_text
from .records import Record, checked_label, make_docs, unexpected
from .report import Report

DISCONTINUOUS = "span in several pieces"
NOT_ANNOTATED = "text without an .ann file; all its tokens are missing annotation"
NO_SPAN = "relations, events, attributes and notes, which are no spans, left out"
_SPAN = re.compile(r"T[^\t]*\t(?P<label>[^\t]+?) (?P<pieces>\d+ \d+(?:;\d+ \d+)*)(?:\t(?P<text>.*))?$", re.DOTALL)


def find_brat(path: Path) -> List[Path]:
    """The .ann files of a folder and its subfolders, and the .txt files that have none; or the file itself."""
    annotations = find_files(path, "*.ann")
    alone = [file for file in path.rglob("*.txt") if not file.with_suffix(".ann").exists()]
    return sorted([*annotations, *alone])


def read_brat(
    path: Union[str, Path],
    nlp: Language,
    *,
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read the annotation of one text.

    path (Union[str, Path]): The .ann file, beside its .txt file, or the other way round. A text without an .ann file, as
        they are before somebody opens them in brat, is a doc of which nothing is known.
    nlp (Language): Its tokenizer makes the docs.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of both files.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): The doc. The tokens of a span in several pieces, with other text between them, are missing.
    RAISES (ValueError): There is no text, or a line of the annotation is not as brat writes it.
    """
    report = Report() if report is None else report
    return make_docs(iter([_read_record(Path(path), encoding, report)]), nlp, spans_key=spans_key, report=report)


def write_brat(docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = ()) -> None:
    """Write a folder with two files for each doc. RAISES (ValueError): A label that holds white space."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for number, doc in enumerate(docs, start=1):
        for ending, content in ((".txt", doc.text), (".ann", "".join(_lines(doc, spans_keys)))):
            with (folder / f"{number:06}{ending}").open("w", encoding="utf-8", newline="") as file:
                file.write(content)


def _read_record(path: Path, encoding: str, report: Report) -> Record:
    text = read_text(path.with_suffix(".txt"), encoding, unify=False)
    annotation = path.with_suffix(".ann")
    if path.suffix == ".txt" and not annotation.exists():
        report.add_note(NOT_ANNOTATED, str(path))
        return Record(str(path), text, [], unknown=[(0, len(text))])
    spans: List[CharSpan] = []
    unknown: List[Tuple[int, int]] = []
    for number, line in enumerate(read_text(annotation, encoding).split("\n"), start=1):
        where = f"{annotation}, line {number}"
        if line.strip() and not line.startswith("T"):
            report.add_note(NO_SPAN, where)
        elif line.strip():
            span, pieces = _read_span(line, text, where)
            if len(pieces) == 1:
                spans.append(span)
            else:
                report.add_unaligned(DISCONTINUOUS, f"{where}: {span.label} {span.text!r}")
                unknown.extend(pieces)
    return Record(str(annotation), text, spans, unknown=unknown)


def _read_span(line: str, text: str, where: str) -> Tuple[CharSpan, List[Tuple[int, int]]]:
    """A span, and its pieces: brat parts a span at every line end, and those with nothing but space between are one."""
    match = _SPAN.match(line)
    if not match:
        raise unexpected(where, "an id, a label with offsets, and a text, with TAB between them", line)
    offsets = [int(offset) for offset in re.findall(r"\d+", match["pieces"])]
    pieces = [(offsets[0], offsets[1])]
    for start, end in zip(offsets[2::2], offsets[3::2]):
        if text[pieces[-1][1] : start].strip():
            pieces.append((start, end))
        else:
            pieces[-1] = (pieces[-1][0], end)
    label = checked_label(match["label"], where)
    return CharSpan(offsets[0], offsets[-1], label, match["text"] or None), pieces


def _lines(doc: Doc, spans_keys: Sequence[str]) -> Iterator[str]:
    for number, span in enumerate(spans_of(doc, spans_keys), start=1):
        if len(span.label_.split()) > 1:
            raise ValueError(Errors.E533.format(label=span.label_))
        text = " ".join(span.text.split())
        yield f"T{number}\t{span.label_} {span.start_char} {span.end_char}\t{text}\n"
