"""Texts with tags in them: XML, SGML, or what looks like it."""
import html
import re
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .align import CharSpan
from .annotate import spans_of
from .files import read_text
from .records import Record, checked_label, make_docs, unexpected
from .report import Report

CROSSING = "span that crosses another, which tags cannot express"
EMPTY = "tag around nothing, left out"
NO_TAGS = ("span", "doc")  # names of tags that say nothing of the label
_NAME = r"[^\W\d][\w.:-]*"
_ATTRIBUTE = r"\s+[\w.:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*')"
_ELEMENT = rf"<(?P<end>/?)(?P<name>{_NAME})(?P<attributes>(?:{_ATTRIBUTE})*)\s*(?P<empty>/?)>"
_TAG = re.compile(rf"<!--.*?-->|<!\[CDATA\[(?P<text>.*?)\]\]>|<[?!][^>]*>|{_ELEMENT}", re.DOTALL)
_LABEL = re.compile(r"\s(?:label|type)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d+|#[xX][\da-fA-F]+|\w+);")


def read_markup(
    path: Union[str, Path],
    nlp: Language,
    *,
    document_tag: Optional[str] = None,
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read texts with tags around the spans, such as "In <city>Rome</city>", or "In <NE TYPE="city">Rome</NE>".

    path (Union[str, Path]): The file. Tags need not make it XML: a "<" or "&" that belongs to none is a character.
    nlp (Language): Its tokenizer makes the docs.
    document_tag (Optional[str]): What a document stands in, such as "doc"; all outside is left out. None: each line
        that is not blank is a document.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each document. The label of a span is its attribute "label" or "type", else the name of its
        tag.
    RAISES (ValueError): A tag that is not closed, or closes nothing, with the line.
    """
    report = Report() if report is None else report
    content = read_text(path, encoding)
    records = (
        _read_record(f"{path}, line {line}", text, report) for line, text in _documents(content, document_tag, str(path))
    )
    return make_docs(records, nlp, spans_key=spans_key, report=report)


def write_markup(
    docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = (), report: Optional[Report] = None
) -> None:
    """Write a doc a line, with a tag around each span. Of two spans that cross, the later one is left out."""
    report = Report() if report is None else report
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_line(doc, spans_keys, report) + "\n" for doc in docs)


def _documents(content: str, tag: Optional[str], path: str) -> Iterator[Tuple[int, str]]:
    if not content.strip():
        raise ValueError(Errors.E516.format(path=path))
    if tag is None:
        yield from ((number, line) for number, line in enumerate(content.split("\n"), start=1) if line.strip())
        return
    matches = list(
        re.finditer(rf"<{re.escape(tag)}(?:\s[^>]*)?>(.*?)</{re.escape(tag)}\s*>", content, re.DOTALL | re.IGNORECASE)
    )
    if not matches:
        raise unexpected(path, f"documents in <{tag}> and </{tag}>", content[:40])
    for match in matches:
        yield content.count("\n", 0, match.start()) + 1, match[1].strip("\n")


def _read_record(where: str, content: str, report: Report) -> Record:
    text, done = "", 0
    opened: List[Tuple[str, str, int]] = []  # name, label, start
    spans: List[CharSpan] = []
    for match in _TAG.finditer(content):
        text += _unescape(content[done : match.start()])
        done = match.end()
        name = match["name"]
        if match["empty"]:
            report.add_note(EMPTY, f"{where}: {match[0]}")
        if name is None or match["empty"]:  # what XML takes as it stands, a comment, a declaration, or a tag around nothing
            text += match["text"] or ""
            continue
        if not match["end"]:
            label = _LABEL.search(match["attributes"])
            label = html.unescape(label[1] or label[2] or "") if label else name
            opened.append((name, checked_label(label, where), len(text)))
        elif opened and opened[-1][0] == name:
            _, label, start = opened.pop()
            spans.append(CharSpan(start, len(text), label))
        else:
            expected = f"</{opened[-1][0]}>" if opened else "no end of a tag"
            raise unexpected(where, expected, match[0])
    if opened:
        raise unexpected(where, f"</{opened[-1][0]}>", "the end of the text")
    return Record(where, text + _unescape(content[done:]), spans)


def _unescape(text: str) -> str:
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), text)


def _line(doc: Doc, spans_keys: Sequence[str], report: Report) -> str:
    text = doc.text
    pieces: List[str] = []
    opened: List[Tuple[int, str]] = []  # end, name
    done = 0
    for span in [*spans_of(doc, spans_keys), None]:
        start = len(text) if span is None else span.start_char
        while opened and (opened[-1][0] <= start or span is None):
            end, name = opened.pop()
            pieces += [_escape(text[done:end]), f"</{name}>"]
            done = end
        pieces.append(_escape(text[done:start]))
        done = start
        if span is not None and opened and span.end_char > opened[-1][0]:
            report.add_dropped(CROSSING, f"{span.label_} {span.text!r} in {text[:100]!r}")
        elif span is not None:
            plain = re.fullmatch(_NAME, span.label_) and span.label_ not in NO_TAGS
            name = span.label_ if plain else NO_TAGS[0]
            pieces.append(f"<{name}>" if plain else f'<{name} label="{_escape(span.label_)}">')
            opened.append((span.end_char, name))
    return _visible("".join(pieces))


def _escape(text: str) -> str:
    return re.sub("[\n\r\ufeff]", lambda match: f"&#{ord(match[0])};", html.escape(text))


def _visible(line: str) -> str:
    """A line that is not blank, and says the same."""
    return line if line.strip() else "<!-- -->" + line
