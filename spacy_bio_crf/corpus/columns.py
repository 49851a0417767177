"""Column files to Docs, and Docs to column files."""
from itertools import groupby, islice
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..tags import MISSING, OUTSIDE, TokenSpan, write_tags
from .report import Report
from .sentences import DOCUMENT_KEY, DOCUMENT_MARK, ColumnFormat, read_sentences
from .tagged import make_doc, mark_sentences


def read_columns(
    path: Union[str, Path],
    nlp: Language,
    format: ColumnFormat = ColumnFormat(),
    *,
    repair: Optional[str] = None,
    spaces: bool = True,
    sentences_per_doc: int = 1,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read a column file.

    path (Union[str, Path]): The file.
    nlp (Language): Gives the vocabulary; the tokens are those of the file.
    format (ColumnFormat): How the file is laid out.
    repair (Optional[str]): What to do with illegal tags, see `spacy_bio_crf.tags.parse_tags`. None: raise.
    spaces (bool): Whether the language parts words by spaces.
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
            doc = make_doc(nlp, group, format, where=f"{path}, line", repair=repair, spaces=spaces, report=report)
            if sentences_per_doc != 1:
                mark_sentences(doc, group)
            if marked:
                doc.user_data[DOCUMENT_KEY] = f"{path}:{number}"
            yield report.add_doc(doc)


def write_columns(
    docs: Iterable[Doc], path: Union[str, Path], format: ColumnFormat = ColumnFormat(), *, documents: Optional[bool] = None
) -> None:
    """Write docs as columns, token and tag, or token and a tag of each layer.

    docs (Iterable[Doc]): The docs. Each sentence, or each doc without sentences, ends with a blank line.
    path (Union[str, Path]): The file.
    format (ColumnFormat): The numbers of its columns do not count; without a separator it is TAB.
    documents (Optional[bool]): Whether a mark stands before each doc. None: before the first doc of each document, where
        the docs were read from a file with such marks.
    RAISES (ValueError): A token or a label that would break its line, or spans that the scheme cannot express.
    """
    separator = "\t" if format.separator is None else format.separator
    before = None
    with Path(path).open("w", encoding=format.encoding, newline="\n") as file:
        for doc in docs:
            document = doc.user_data.get(DOCUMENT_KEY)
            starts, before = document != before, document
            if starts if documents is None else documents:
                file.write(separator.join([DOCUMENT_MARK, *["O"] * len(format.tag_columns)]) + "\n\n")
            for rows in _sentences_of(doc, format):
                file.writelines(separator.join(row) + "\n" for row in rows)
                file.write("\n")


def _sentences_of(doc: Doc, format: ColumnFormat) -> Iterator[List[List[str]]]:
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
        tags = map(format.write_tag, write_tags(_among(spans, kept), len(kept), format.tag_scheme))
        columns.append([format.missing if layer is None and doc[i].ent_iob == 0 else tag for i, tag in zip(kept, tags)])
    rows: List[List[str]] = []
    for i, *tags in zip(kept, *columns):
        if rows and doc[i].is_sent_start and i not in inside:
            yield rows
            rows = []
        rows.append([doc[i].text, *tags])
    if rows:
        yield rows


def _among(spans: Iterable[Span], kept: List[int]) -> List[TokenSpan]:
    """The spans, in places among the tokens that are kept."""
    place = {i: new for new, i in enumerate(kept)}
    places = [([place[token.i] for token in span if token.i in place], span.label_) for span in spans]
    return [TokenSpan(among[0], among[-1] + 1, label) for among, label in places if among]
