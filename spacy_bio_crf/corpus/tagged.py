"""Sentences of words and their tags to Docs."""
from typing import Dict, Iterator, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import MISSING, TokenSpan, parse_tags
from .annotate import annotate
from .report import Report
from .sentences import ColumnFormat, Sentence


def make_doc(
    nlp: Language,
    sentences: Sequence[Sentence],
    format: ColumnFormat,
    *,
    where: str,
    repair: Optional[str],
    spaces: bool,
    spans_key: Optional[str] = None,
    report: Report,
) -> Doc:
    """Make a doc of sentences.

    nlp (Language): Gives the vocabulary.
    sentences (Sequence[Sentence]): Their words, and their tags in each layer.
    format (ColumnFormat): Its scheme, layers and label.
    where (str): Where the number of a line leads, such as "train.tsv, line".
    repair (Optional[str]): What to do with illegal tags, see `spacy_bio_crf.tags.parse_tags`. None: raise.
    spaces (bool): Whether the language parts words by spaces.
    spans_key (Optional[str]): The span group for the spans, in place of the entities, where there are no layers.
    report (Report): Is told of repairs.
    RETURNS (Doc): The doc.
    RAISES (ValueError): Illegal tags, or bare ones without a label.
    """
    words = [word for sentence in sentences for word in sentence.words]
    # spaces=None: the doc knows that its spaces are a guess, and spaCy's own corpus reader keeps its tokens.
    doc = Doc(nlp.vocab, words=words, spaces=None if spaces else [False] * len(words))
    for layer in format.tag_columns:
        spans, missing, offset = [], [], 0
        for sentence in sentences:
            found = _parse_layer(sentence, layer, format, where, repair, report)
            spans.extend(TokenSpan(start + offset, end + offset, label) for start, end, label in found)
            missing.extend(i + offset for i, tag in enumerate(sentence.tags[layer]) if tag == MISSING)
            offset += len(sentence.words)
        place = f"{where} {sentences[0].lines[0]}"
        annotate(doc, spans, missing, spans_key=layer or spans_key, report=report, where=place)
    return doc


def _parse_layer(
    sentence: Sentence, layer: Optional[str], format: ColumnFormat, where: str, repair: Optional[str], report: Report
) -> Iterator[TokenSpan]:
    counts: Dict[str, int] = {}
    tags = sentence.tags[layer]
    for start, end, label in parse_tags(
        tags,
        format.tag_scheme,
        repair=repair,
        repairs=counts,
        where=lambda i: f"{where} {sentence.lines[i]}: the token {sentence.words[i]!r}",
    ):
        if not label and format.label is None:
            raise ValueError(Errors.E510.format(where=f"{where} {sentence.lines[start]}", tag=tags[start]))
        yield TokenSpan(start, end, label or format.label)
    if counts:
        report.add_repairs(counts, f"{where} {sentence.lines[0]}, sentence: {' '.join(sentence.words[:12])}")


def mark_sentences(doc: Doc, sentences: Sequence[Sentence]) -> None:
    """Set the sentence boundaries of a doc that was made of these sentences."""
    starts, offset = set(), 0
    for sentence in sentences:
        starts.add(offset)
        offset += len(sentence.words)
    for token in doc:
        token.is_sent_start = token.i in starts
