"""Column files to Docs, and Docs to column files."""
from itertools import groupby, islice
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import MISSING, TokenSpan, parse_tags, write_tags
from .annotate import annotate
from .report import Report
from .sentences import DOCUMENT_MARK, ColumnFormat, Sentence, read_sentences

DOCUMENT_KEY = "document"


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
            doc = _make_doc(path, nlp, group, format, repair=repair, spaces=spaces, report=report)
            if sentences_per_doc != 1:
                _mark_sentences(doc, group)
            if marked:
                doc.user_data[DOCUMENT_KEY] = f"{path}:{number}"
            yield report.add_doc(doc)


def write_columns(
    docs: Iterable[Doc], path: Union[str, Path], format: ColumnFormat = ColumnFormat(), *, documents: bool = False
) -> None:
    """Write docs as two columns, token and tag, with TAB between them unless `format` says otherwise.

    docs (Iterable[Doc]): The docs. Each sentence, or each doc without sentences, ends with a blank line.
    path (Union[str, Path]): The file.
    format (ColumnFormat): Its scheme, separator, missing mark and encoding count; its columns do not.
    documents (bool): Whether a mark stands before each doc.
    RAISES (ValueError): A token or a label that would break its line, or spans that the scheme cannot express.
    """
    separator = "\t" if format.separator is None else format.separator
    with Path(path).open("w", encoding=format.encoding, newline="\n") as file:
        for doc in docs:
            if documents:
                file.write(f"{DOCUMENT_MARK}{separator}O\n\n")
            for words, tags in _sentences_of(doc, format):
                file.writelines(f"{word}{separator}{tag}\n" for word, tag in zip(words, tags))
                file.write("\n")


def _make_doc(
    path: Union[str, Path],
    nlp: Language,
    sentences: List[Sentence],
    format: ColumnFormat,
    *,
    repair: Optional[str],
    spaces: bool,
    report: Report,
) -> Doc:
    words = [word for sentence in sentences for word in sentence.words]
    spans, missing, offset = [], [], 0
    for sentence in sentences:
        counts = {}
        for start, end, label in parse_tags(
            sentence.tags,
            format.scheme,
            repair=repair,
            repairs=counts,
            where=lambda i: f"{path}, line {sentence.lines[i]}: the token {sentence.words[i]!r}",
        ):
            if not label and format.label is None:
                raise ValueError(Errors.E510.format(path=path, line=sentence.lines[start], tag=sentence.tags[start]))
            spans.append(TokenSpan(start + offset, end + offset, label or format.label))
        if counts:
            opening = " ".join(sentence.words[:12])
            report.add_repairs(counts, f"{path}, sentence at line {sentence.lines[0]}: {opening}")
        missing.extend(i + offset for i, tag in enumerate(sentence.tags) if tag == MISSING)
        offset += len(sentence.words)
    # spaces=None: the doc knows that its spaces are a guess, and spaCy's own corpus reader keeps its tokens.
    doc = Doc(nlp.vocab, words=words, spaces=None if spaces else [False] * len(words))
    return annotate(doc, spans, missing)


def _mark_sentences(doc: Doc, sentences: List[Sentence]) -> None:
    starts, offset = set(), 0
    for sentence in sentences:
        starts.add(offset)
        offset += len(sentence.words)
    for token in doc:
        token.is_sent_start = token.i in starts


def _sentences_of(doc: Doc, format: ColumnFormat) -> Iterator[Tuple[List[str], List[str]]]:
    """The words and tags of each sentence. A sentence that would begin inside a span is no sentence here."""
    breaking = set("\n\r" + (" \t" if format.separator is None else format.separator))
    kept = []
    for token in doc:
        if breaking.isdisjoint(token.text):
            kept.append(token.i)
        elif not token.is_space:  # white space that no line can hold is left out, all else is an error
            raise ValueError(Errors.E511.format(kind="token", text=token.text, doc=doc.text[:50]))
    for span in doc.ents:
        if not breaking.isdisjoint(span.label_):
            raise ValueError(Errors.E511.format(kind="label", text=span.label_, doc=doc.text[:50]))
    place = {i: new for new, i in enumerate(kept)}
    spans = []
    for span in doc.ents:
        places = [place[token.i] for token in span if token.i in place]
        if places:
            spans.append((places[0], places[-1] + 1, span.label_))
    tags = write_tags(spans, len(kept), format.scheme)
    words: List[str] = []
    written: List[str] = []
    for i, tag in zip(kept, tags):
        token = doc[i]
        if words and token.is_sent_start and token.ent_iob_ != "I":
            yield words, written
            words, written = [], []
        words.append(token.text)
        written.append(format.missing if token.ent_iob == 0 else tag)
    if words:
        yield words, written
