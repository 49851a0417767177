"""The XML of usaddress and parserator: one label a token, a run of equal labels is a span."""
from itertools import groupby
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Union
from xml.etree import ElementTree

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .align import CharSpan
from .annotate import annotate, annotate_chars
from .files import read_text
from .report import Report

TRIMMED = "white space at the edge of a token dropped"
SEPARATORS = ",;"


class _Token(NamedTuple):
    text: str
    label: str
    space: bool


def read_usaddress(
    path: Union[str, Path],
    nlp: Language,
    *,
    file_tokens: bool = True,
    spans_key: Optional[str] = None,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read addresses, whose tokens are elements named for their labels.

    path (Union[str, Path]): The file.
    nlp (Language): Gives the vocabulary, and the tokenizer without `file_tokens`.
    file_tokens (bool): Whether to keep the tokens of the file, with punctuation glued on ("Evanston,"), so that figures
        compare with published ones. Otherwise the tokenizer cuts the text, and a span leaves the commas at its end out.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each address. Two neighbouring spans of one label cannot be told apart: they are one.
    RAISES (ValueError): The file is no such XML.
    """
    report = Report() if report is None else report
    try:
        root = ElementTree.fromstring(read_text(path))
    except ElementTree.ParseError as err:
        raise ValueError(Errors.E517.format(path=path, found=f"no XML ({err})")) from None
    addresses = [[_read_token(token, path, report) for token in address] for address in root]
    if not any(addresses):
        raise ValueError(Errors.E517.format(path=path, found=f"an element '{root.tag}' without addresses"))
    for tokens in filter(None, addresses):
        make = _keep_tokens if file_tokens else _tokenize
        yield report.add_doc(make(tokens, nlp, spans_key, str(path), report))


def _read_token(element: ElementTree.Element, path: Union[str, Path], report: Report) -> _Token:
    text = element.text or ""
    if not text.strip():
        raise ValueError(Errors.E517.format(path=path, found=f"an element '{element.tag}' without text"))
    if text != text.strip():
        report.add_note(TRIMMED, f"{path}: {element.tag} {text!r}")
    return _Token(text.strip(), element.tag, bool(element.tail) or text != text.rstrip())


def _runs(tokens: List[_Token]) -> Iterator[List[int]]:
    for _, run in groupby(range(len(tokens)), key=lambda i: tokens[i].label):
        yield list(run)


def _keep_tokens(tokens: List[_Token], nlp: Language, spans_key: Optional[str], where: str, report: Report) -> Doc:
    spaces = [token.space for token in tokens[:-1]] + [False]
    doc = Doc(nlp.vocab, words=[token.text for token in tokens], spaces=spaces)
    doc.has_unknown_spaces = True  # so that spaCy's own corpus reader keeps the tokens too
    return annotate(doc, [(run[0], run[-1] + 1, tokens[run[0]].label) for run in _runs(tokens)], spans_key=spans_key)


def _tokenize(tokens: List[_Token], nlp: Language, spans_key: Optional[str], where: str, report: Report) -> Doc:
    text, starts, ends = "", [], []
    for token in tokens:
        starts.append(len(text))
        ends.append(len(text) + len(token.text.rstrip(SEPARATORS) or token.text))
        text += token.text + " " * token.space
    spans = [CharSpan(starts[run[0]], ends[run[-1]], tokens[run[0]].label) for run in _runs(tokens)]
    return annotate_chars(nlp.make_doc(text.rstrip()), spans, spans_key=spans_key, report=report, where=where)
