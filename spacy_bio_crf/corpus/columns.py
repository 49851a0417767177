"""Column files to Docs, and Docs to column files."""
from itertools import groupby, islice
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..tags import MISSING, OUTSIDE, TokenSpan, write_tags
from .annotate import LONG
from .report import Report
from .sentences import DOCUMENT_KEY, DOCUMENT_MARK, ColumnFormat, read_sentences
from .tagged import make_doc, mark_sentences
NO_WORDS = "docs without words, which columns cannot hold"
NO_TOKENS = "spans of nothing but white space that no line can hold"


def read_columns(
    path: Union[str, Path],
    nlp: Language,
    format: ColumnFormat = ColumnFormat(),
    *,
    repair: Optional[str] = None,
    spaces: bool = True,
    spans_key: Optional[str] = None,
    sentences_per_doc: int = 1,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read a column file.

    path (Union[str, Path]): The file.
    nlp (Language): Gives the vocabulary; the tokens are those of the file.
    format (ColumnFormat): How the file is laid out.
    repair (Optional[str]): What to do with illegal tags, see `spacy_bio_crf.tags.parse_tags`. None: raise.
    spaces (bool): Whether the language parts words by spaces.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    sentences_per_doc (int): Sentences of a doc, never across the end of a document. 0: whole documents.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): Docs with entities, and with sentences where they may have several.
    RAISES (ValueError): The file is not what `format` says, with its name and the line.
    """
    report = Report() if report is None else report
    sentences = list(read_sentences(path, format, report=report))
    marked = any(sentence.document for sentence in sentences)
    for number, document in groupby(sentences, key=lambda sentence: sentence.document):
        size = sentences_per_doc or None
        for group in iter(lambda: list(islice(document, size)), []):
            doc = make_doc(nlp, group, format, where=f"{path}, line", repair=repair, spaces=spaces, spans_key=spans_key, report=report)
            if sentences_per_doc != 1:
                mark_sentences(doc, group)
            if marked:
                doc.user_data[DOCUMENT_KEY] = f"{path}:{number}"
            yield report.add_doc(doc)


def write_columns(
    docs: Iterable[Doc],
    path: Union[str, Path],
    format: ColumnFormat = ColumnFormat(),
    *,
    documents: Optional[bool] = None,
    report: Optional[Report] = None,
) -> None:
    """Write docs as columns, token and tag, or token and a tag of each layer.

    docs (Iterable[Doc]): The docs. Each sentence, or each doc without sentences, ends with a blank line.
    path (Union[str, Path]): The file.
    format (ColumnFormat): The numbers of its columns do not count; without a separator it is TAB.
    documents (Optional[bool]): Whether a mark stands before each doc. None: before the first doc of each document. Docs are
        of one where they were read so from a file with such marks; otherwise a doc with sentences is one by itself.
    report (Optional[Report]): Is told what has no token that a line can hold.
    RAISES (ValueError): A token or a label that would break its line, or spans that the scheme cannot express.
    """
    separator = "\t" if format.separator is None else format.separator
    report = Report() if report is None else report
    before, mark = None, separator.join([DOCUMENT_MARK, *[OUTSIDE] * len(format.tag_columns)]) + "\n\n"
    with Path(path).open("wb") as file:
        for i, doc in enumerate(docs):
            document = doc.user_data.get(DOCUMENT_KEY, i if doc.has_annotation("SENT_START") else None)
            first = i == 0 and (document == 0 or str(document).endswith(":0"))  # nothing marks what is before the first mark
            starts, before = document != before and not first, document
            sentences = list(_sentences_of(doc, format, report))
            if not sentences:
                report.add_dropped(NO_WORDS, repr(doc.text[:LONG]))
            lines = "".join("".join(separator.join(row) + "\n" for row in rows) + "\n" for rows in sentences)
            file.write(_encode(mark * (starts if documents is None else documents) + lines, format.encoding))


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except LookupError:
        raise ValueError(Errors.E503.format(encoding=encoding)) from None
    except UnicodeEncodeError as err:
        raise ValueError(Errors.E538.format(char=err.object[err.start], encoding=encoding, text=text[:LONG])) from None


def _sentences_of(doc: Doc, format: ColumnFormat, report: Report) -> Iterator[List[List[str]]]:
    """The rows of each sentence: a token, and its tag in each layer. No sentence begins inside a span."""
    breaking = set("\n\r" + (" \t" if format.separator is None else format.separator))
    kept = []
    for token in doc:
        if breaking.isdisjoint(token.text):
            kept.append(token.i)
        elif not token.is_space:  # white space that no line can hold is left out, all else is an error
            raise ValueError(Errors.E511.format(kind="token", text=token.text, doc=doc.text[:50]))
    columns, inside = [], set()
    for layer in format.tag_columns:
        spans = list(doc.ents if layer is None else doc.spans.get(layer, ()))
        for span in spans:
            if not breaking.isdisjoint(span.label_):
                raise ValueError(Errors.E511.format(kind="label", text=span.label_, doc=doc.text[:50]))
            if format.bare_labels and format.read_tag(span.label_) in (OUTSIDE, MISSING):
                raise ValueError(Errors.E529.format(label=span.label_))
            inside.update(range(span.start + 1, span.end))
            if format.single_tokens and len(span) > 1:
                raise ValueError(Errors.E536.format(span=f"{span.label_} {span.text!r}"))
        among = _among(spans, kept, report)
        tags = map(format.write_tag, write_tags(among, len(kept), format.tag_scheme))
        missing = [doc[i].ent_iob == 0 if layer is None else layer not in doc.spans for i in kept]
        columns.append([format.missing if unknown else tag for unknown, tag in zip(missing, tags)])
    rows: List[List[str]] = []
    for i, *tags in zip(kept, *columns):
        if rows and doc[i].is_sent_start and i not in inside:
            yield rows
            rows = []
        rows.append([doc[i].text, *tags])
    if rows:
        yield rows


def _among(spans: Iterable[Span], kept: List[int], report: Report) -> List[TokenSpan]:
    """The spans, in places among the tokens that are kept."""
    place = {i: new for new, i in enumerate(kept)}
    placed = []
    for span in spans:
        among = [place[token.i] for token in span if token.i in place]
        if among:
            placed.append(TokenSpan(among[0], among[-1] + 1, span.label_))
        else:
            report.add_dropped(NO_TOKENS, f"{span.label_} {span.text!r} in {span.doc.text[:LONG]!r}")
    return placed
