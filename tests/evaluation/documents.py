"""Judged documents: made up, drawn by hypothesis, and gold with seeded mistakes."""
import numpy
from hypothesis import strategies as st

from spacy_bio_crf.evaluation.judged import JudgedDoc
from spacy_bio_crf.tags import TokenSpan

LABELS = ("A", "B", "C")
LENGTH = 8


def make_doc(gold, predicted, length=LENGTH, probability=None, source=""):
    """A document whose tokens are the words w0, w1, ..."""
    words = [f"w{i}" for i in range(length)]
    starts = numpy.cumsum([0, *(len(word) + 1 for word in words)])[:-1].tolist() if words else []
    probability = {} if probability is None else dict(zip((TokenSpan(*span) for span in predicted), probability))
    predicted = sorted({TokenSpan(*span) for span in predicted})
    return JudgedDoc(
        text=" ".join(words),
        places=[(start, start + len(word)) for start, word in zip(starts, words)],
        known=numpy.ones(length, dtype=bool),
        gold=sorted({TokenSpan(*span) for span in gold}),
        predicted=predicted,
        probability=numpy.array([probability.get(span, numpy.nan) for span in predicted], dtype="float64"),
        source=source,
    )


@st.composite
def flat(draw, length=LENGTH):
    """Spans that do not overlap."""
    spans, start = [], 0
    while start < length:
        end = draw(st.integers(start + 1, min(start + 4, length)))
        label = draw(st.sampled_from(("", *LABELS)))
        if label:
            spans.append(TokenSpan(start, end, label))
        start = end
    return spans


@st.composite
def nested(draw, length=LENGTH):
    """Spans that may overlap."""
    edges = st.tuples(st.integers(0, length - 1), st.integers(1, 4), st.sampled_from(LABELS))
    spans = draw(st.lists(edges, max_size=6))
    return sorted({TokenSpan(start, min(start + size, length), label) for start, size, label in spans})


def documents(spans=flat(), max_size=4, min_size=0):
    return st.lists(st.builds(make_doc, spans, spans), min_size=min_size, max_size=max_size)


def with_mistakes(gold, length, labels, generator):
    """Gold spans as a middling tagger would predict them: some moved, mislabelled, split, missed or made up."""
    found = []
    for start, end, label in gold:
        fate = generator.random()
        if fate < 0.1:
            continue
        if fate < 0.2:
            label = str(generator.choice(labels))
        elif fate < 0.3:
            start, end = start + int(generator.integers(-2, 3)), end + int(generator.integers(-2, 3))
        elif fate < 0.35 and end - start > 1:
            middle = int(generator.integers(start + 1, end))
            found.append(TokenSpan(middle, end, str(generator.choice(labels))))
            end = middle
        found.append(TokenSpan(start, end, label))
    if length and generator.random() < 0.3:
        start = int(generator.integers(0, length))
        found.append(TokenSpan(start, start + int(generator.integers(1, 4)), str(generator.choice(labels))))
    kept = []
    for span in sorted(found):
        if 0 <= span.start < span.end <= length and (not kept or kept[-1].end <= span.start):
            kept.append(span)
    return kept
