"""Random annotated docs."""
import spacy
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_bio_crf.corpus.annotate import annotate, spans_of

from ..tags.strategies import LABELS

NLP = spacy.blank("xx")
letters = st.sampled_from("aB,.!&<>\"'\\ \r\n\t;|[]{}é我😀\u200d\u0301")
texts = st.text(letters, max_size=25)


@st.composite
def docs(draw, overlaps=True, crossing=True, missing=False, own_tokens=False, labels=LABELS):
    """A doc, its spans placed at random but neither beginning nor ending with white space."""
    doc = NLP.make_doc(draw(texts))
    if own_tokens and doc.text and not doc.text[0].isspace():
        doc = _cut(doc.text, draw(st.sets(st.integers(1, len(doc.text)))))
    spans = []
    for _ in range(draw(st.integers(0, 4)) if len(doc) else 0):
        start = draw(st.integers(0, len(doc) - 1))
        end = draw(st.integers(start + 1, min(len(doc), start + 4)))
        label = draw(st.sampled_from(labels))
        fits = doc[start:end].text.strip() == doc[start:end].text
        if fits and (crossing or not any(_cross((start, end), span) for span in spans)):
            spans.append((start, end, label))
    if not overlaps:
        spans = [(s.start, s.end, s.label_) for s in spacy.util.filter_spans([Span(doc, *span) for span in spans])]
    unknown = draw(st.sets(st.integers(0, len(doc) - 1), max_size=3)) if missing and len(doc) else ()
    return annotate(doc, sorted(set(spans)), unknown)


def facts(doc, *, missing=False, tokens=False):
    """What a conversion must keep."""
    overlapping = [(span.start, span.end, span.label_) for span in doc.spans.get("overlapping", ())]
    kept = [doc.text, [(span.start_char, span.end_char, span.label_) for span in spans_of(doc)], sorted(overlapping)]
    kept += [[token.i for token in doc if token.ent_iob == 0]] if missing else []
    return kept + ([[token.text for token in doc]] if tokens else [])


def _cross(one, other):
    first, last = sorted([one[:2], other[:2]])
    return first[0] < last[0] < first[1] < last[1]


def _cut(text, places):
    """Tokens that no tokenizer would make; a single space after one is its trailing space."""
    words, spaces = [], []
    start = 0
    for place in sorted({*places, len(text)}):
        piece = text[start:place]
        start = place
        if piece == " " and spaces and not spaces[-1]:
            spaces[-1] = True
        elif piece:
            words.append(piece)
            spaces.append(False)
    return Doc(NLP.vocab, words=words, spaces=spaces)
