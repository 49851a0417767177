"""What is odd between documents and between the parts of a corpus, and what they hold."""
from collections import Counter, defaultdict
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy
from spacy.tokens import Doc

from ..counts import normal_form
from ..judged import known_tokens
from .documents import annotated_spans, in_context
from .findings import Findings

FEW = 10  # spans of a label that can be learned, perhaps
NEARLY_ALL, AT_LEAST = 0.8, 4  # share and number of annotated occurrences that make another one suspect
Parts = Mapping[str, Sequence[Doc]]


def statistics(docs: Sequence[Doc], key: Optional[str]) -> Dict[str, Any]:
    """Count documents, tokens and spans, and tell how long the spans of each label are.

    docs (Sequence[Doc]): Annotated documents.
    key (Optional[str]): Key of the span group, None for the entities.
    RETURNS (Dict[str, Any]): Plain JSON data.
    """
    lengths: Dict[str, List[int]] = defaultdict(list)
    forms = defaultdict(set)
    for doc in docs:
        for span in annotated_spans(doc, key):
            lengths[span.label_].append(len(span))
            forms[span.label_].add(normal_form(span.text))
    labels = {
        label: {
            "spans": len(values),
            "forms": len(forms[label]),
            "mean_length": float(numpy.mean(values)),
            "longest": max(values),
        }
        for label, values in sorted(lengths.items(), key=lambda item: -len(item[1]))
    }
    sizes = [len(doc) for doc in docs]
    return {
        "documents": len(docs),
        "tokens": sum(sizes),
        "longest_document": max(sizes, default=0),
        "missing_tokens": sum(int((~known_tokens(doc, key)).sum()) for doc in docs),
        "without_spans": sum(not annotated_spans(doc, key) for doc in docs),
        "spans": sum(map(len, lengths.values())),
        "labels": labels,
    }


def check_parts(parts: Parts, key: Optional[str], findings: Findings) -> None:
    """Look for duplicates, leaks, contradictions, and labels that are rare or unseen. The first part is that of training.

    parts (Parts): The documents of each part, by its name.
    key (Optional[str]): Key of the span group, None for the entities.
    findings (Findings): Is filled.
    """
    _check_texts(parts, key, findings)
    train, *others = parts
    learned = Counter(span.label_ for doc in parts[train] for span in annotated_spans(doc, key))
    for part in others:
        counts = Counter(span.label_ for doc in parts[part] for span in annotated_spans(doc, key))
        for label, count in counts.items():
            if label not in learned:
                findings.add("unseen label", part, f"{label}: {count:,} span(s)", 1)
    for label, count in learned.items():
        if count < FEW:
            findings.add("rare label", train, f"{label}: {count}")


def _check_texts(parts: Parts, key: Optional[str], findings: Findings) -> None:
    seen: Dict[str, Dict[str, Doc]] = {}  # of each text, the first document in each part
    for part, docs in parts.items():
        for doc in docs:
            text = normal_form(doc.text)
            if not text:
                continue
            places = seen.setdefault(text, {})
            if part in places:
                findings.add("duplicate", part, repr(doc.text[:100]))
            elsewhere = [place for place in places if place != part]
            if elsewhere:
                findings.add("leak", part, f"{doc.text[:100]!r}, also in {', '.join(elsewhere)}")
            if any(_contradict(doc, other, key) for other in places.values()):
                findings.add("contradiction", part, repr(doc.text[:100]))
            places.setdefault(part, doc)


class _Annotation(NamedTuple):
    """What a document says, whatever its tokens and its white space.

    spans (FrozenSet[Tuple[int, int, str]]): Its spans, in characters other than white space.
    known (numpy.ndarray): Which of these characters are annotated.
    """

    spans: FrozenSet[Tuple[int, int, str]]
    known: numpy.ndarray

    @classmethod
    def of(cls, doc: Doc, key: Optional[str]) -> "_Annotation":
        place = numpy.cumsum([0, *(not char.isspace() for char in doc.text)])
        spans = [(span.start_char, span.end_char, span.label_) for span in annotated_spans(doc, key)]
        sizes = [place[token.idx + len(token)] - place[token.idx] for token in doc]
        moved = ((int(place[start]), int(place[end]), label) for start, end, label in spans)
        return cls(frozenset(moved), numpy.repeat(known_tokens(doc, key), sizes))

    def denies(self, other: "_Annotation") -> bool:
        """Whether it knows a part of a span of the other, and does not have the span."""
        return any(self.known[start:end].any() for start, end, _ in other.spans - self.spans)


def _contradict(doc: Doc, other: Doc, key: Optional[str]) -> bool:
    one, two = _Annotation.of(doc, key), _Annotation.of(other, key)
    return one.denies(two) or two.denies(one)


def check_strings(parts: Parts, key: Optional[str], findings: Findings) -> None:
    """Look for strings with several labels, and for occurrences of annotated strings that are not annotated.

    parts (Parts): The documents of each part, by its name.
    key (Optional[str]): Key of the span group, None for the entities.
    findings (Findings): Is filled.
    """
    labels: Dict[Tuple[str, ...], Counter] = defaultdict(Counter)
    for docs in parts.values():
        for doc in docs:
            for span in annotated_spans(doc, key):
                labels[_words(span)][span.label_] += 1
    everywhere = ", ".join(parts)
    for words, counts in sorted(labels.items(), key=lambda item: -sum(item[1].values())):
        if len(counts) > 1:
            told = ", ".join(f"{label} {count}" for label, count in counts.most_common())
            findings.add("ambiguous", everywhere, f"{' '.join(words)!r}: {told}")
    loose: Dict[Tuple[str, ...], List[Tuple[str, str]]] = defaultdict(list)
    for part, docs in parts.items():
        for doc in docs:
            for start, end, words in _loose(doc, key, labels):
                loose[words].append((part, in_context(doc[start:end])))
    for words, places in loose.items():
        times = sum(labels[words].values())
        if times >= AT_LEAST and times / (times + len(places)) >= NEARLY_ALL:
            for part, example in places:
                findings.add("maybe missed", part, f"{example}, {labels[words].most_common(1)[0][0]} {times} times")


def _loose(doc: Doc, key: Optional[str], labels: Mapping[Tuple[str, ...], Counter]) -> Iterator[Tuple[int, int, Tuple[str, ...]]]:
    """Occurrences of annotated strings, longest first, that lie outside all spans, on annotated tokens."""
    free = known_tokens(doc, key).copy()
    for span in annotated_spans(doc, key):
        free[span.start : span.end] = False
    words = _words(doc)
    longest = max(map(len, labels), default=0)
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + longest), start, -1):
            if words[start:end] in labels and free[start:end].all():
                yield start, end, words[start:end]
                start = end - 1
                break
        start += 1


def _words(tokens: Any) -> Tuple[str, ...]:
    return tuple(token.text for token in tokens)
