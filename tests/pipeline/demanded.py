"""All analyses of a document that keep to what is demanded of it: the judge of constraints at prediction, each of which is stated
once more here, over spans; and random cases for it."""
from functools import lru_cache
from itertools import accumulate

import numpy
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_bio_crf.pipeline.settings import CONSTRAINTS
from spacy_bio_crf.tags import SCHEMES, write_tags

from .test_posterior import LABELS, VOCAB, random_tagger, triples

SPAN_SCORES = {"plus": 3.0, "minus": -1.5}
KEYS = {"required_key": "must", "forbidden_key": "never", "allowed_key": "only"}
KINDS = {"required": "must", "forbidden": "never", "allowed": "only"}

cached_tagger = lru_cache(maxsize=None)(random_tagger)


def every_span(length, labels):
    return [(i, j, label) for i in range(length) for j in range(i + 1, length + 1) for label in labels]


def set_conditions(tagger, decode="viterbi", **constraints):
    tagger.cfg.update(decode=decode, constraints={**CONSTRAINTS, "span_scores": SPAN_SCORES, **KEYS, **constraints})


class Analyses:
    """Every analysis of a document that keeps to all constraints, with its probability."""

    def __init__(self, tagger, doc, called=None):
        """called: Demands made in a call, as keyword arguments."""
        self.doc, self.constraints, called = doc, tagger.cfg["constraints"], called or {}
        self.labels = [label for label in tagger.labels if label not in self.constraints["disabled_labels"]]
        self.tokens = [token.i for token in doc if not token.is_space]
        self.before = [0, *accumulate(not token.is_space for token in doc)]
        self.touches = bool(SCHEMES[tagger.cfg["scheme"]].touches)
        self.demands = {
            kind: triples(doc.spans[key] if key in doc.spans else ()) + list(called.get(kind, ()))
            for kind, key in KINDS.items()
        }
        self.scored = [(span, s) for key, s in SPAN_SCORES.items() if key in doc.spans for span in triples(doc.spans[key])]
        self.scored += called.get("scored", ())
        self.preset = self.read_preset()
        found = [chain for chain in self.spans_from(0, None) if self.is_right(chain)]
        self.paths = [self.path(tagger, chain) for chain in found]
        self.spans = [set(map(self.in_doc, chain)) for chain in found]
        scores = tagger.model.predict([doc])
        weights = numpy.array([self.weight(scores, *one) for one in zip(self.paths, self.spans)], dtype="d")
        self.probabilities = numpy.exp(weights - numpy.logaddexp.reduce(weights)) if len(weights) else weights

    def spans_from(self, position, before):
        """All lists of spans over the tokens of the chain from here on."""
        yield []
        for start in range(position, len(self.tokens)):
            for end in range(start + 1, len(self.tokens) + 1):
                for label in self.labels:
                    if self.touches or before != (start, label):
                        yield from ([(start, end, label), *rest] for rest in self.spans_from(end, (end, label)))

    def in_doc(self, span):
        return self.tokens[span[0]], self.tokens[span[1] - 1] + 1, span[2]

    def in_chain(self, start, end):
        return self.before[start], self.before[end]

    def has_edges(self, start, end):
        return not self.doc[start].is_space and not self.doc[end - 1].is_space

    def keeps_rules(self, chain):
        single, order, limits = (self.constraints[name] for name in ("at_most_one", "label_order", "max_span_length"))
        if self.constraints["sentence_bounded"]:
            starts = {self.before[token.i] for token in self.doc if token.is_sent_start}
            if any(start < position < end for position in starts for start, end, _ in chain):
                return False
        if isinstance(limits, int):
            limits = dict.fromkeys(self.labels, limits)
        if any(end - start > (limits or {}).get(label, end) for start, end, label in chain):
            return False
        labels = [label for _, _, label in chain]
        ranks = [order.index(label) for label in labels if label in order]
        return all(labels.count(label) <= 1 for label in single) and ranks == sorted(ranks)

    def read_preset(self):
        """The preset entities that the chain can hold, in order; the others are outside for it."""
        spans = [(*self.in_chain(ent.start, ent.end), ent.label_) for ent in self.doc.ents]
        spans = [span for span in spans if span[0] < span[1]]
        if not self.touches:
            pairs = [pair for pair in zip(spans, spans[1:]) if pair[0][1:] == (pair[1][0], pair[1][2])]
            spans = [span for span in spans if not any(span in pair for pair in pairs)]
        kept = []
        for span in spans:
            if span[2] in self.labels and self.keeps_rules([*kept, span]):
                kept.append(span)
        return kept

    def keeps_preset(self, chain):
        doc = self.doc
        preset = [(ent.start, ent.end) for ent in doc.ents]
        preset += [(t.i, t.i + 1) for t in doc if t.ent_iob == 3 and not t.ent_type]  # blocked
        places = [self.in_chain(*place) for place in preset]
        others = [span for span in chain if span not in self.preset]
        return set(self.preset) <= set(chain) and not any(
            s < end and start < e or s < start < e or s < end < e for start, end in places for s, e, _ in others
        )

    def meets_demands(self, chain):
        spans = set(map(self.in_doc, chain))
        spans |= {(start, end, "") for start, end, _ in spans}
        if not set(self.demands["required"]) <= spans or set(self.demands["forbidden"]) & spans:
            return False
        for token in range(len(self.doc)):
            labels = {label for start, end, label in self.demands["allowed"] if start <= token < end}
            first, last = self.in_chain(token, token + 1)
            if labels and any(s <= first < e and label not in labels for s, e, label in chain if first < last):
                return False
        return True

    def is_right(self, chain):
        return self.keeps_rules(chain) and self.keeps_preset(chain) and self.meets_demands(chain)

    def path(self, tagger, chain):
        names = write_tags(chain, len(self.tokens), tagger.cfg["scheme"])
        return tuple(tagger.tagset.names.index(name) for name in names)

    def weight(self, scores, path, spans):
        weight = sum(row[tag] for row, tag in zip(scores.emissions.astype("d"), path))
        weight += sum(scores.step[i, j] for i, j in zip(path, path[1:]))
        weight += scores.start[path[0]] + scores.end[path[-1]] if path else 0.0
        both = spans | {(start, end, "") for start, end, _ in spans}
        return weight + sum(score for span, score in self.scored if span in both)

    def span_probability(self, span):
        return sum(p for p, spans in zip(self.probabilities, self.spans) if span in spans)

    def error(self):
        """The code of the error that the demands must raise, if any."""
        for start, end, label in self.demands["required"]:
            if label and label not in self.labels:
                return "E417"
            if not self.has_edges(start, end):
                return "E418"
        return None if len(self.spans) else "E419"


@st.composite
def rule_settings(draw):
    limit = st.integers(1, 3)
    some = st.lists(st.sampled_from([*LABELS, "unknown"]), unique=True, max_size=3)
    rules = {
        "sentence_bounded": st.just(True),
        "max_span_length": st.one_of(limit, st.dictionaries(st.sampled_from([*LABELS, "unknown"]), limit)),
        "at_most_one": some,
        "label_order": some,
        "disabled_labels": st.lists(st.sampled_from(LABELS), unique=True, max_size=1),
    }
    return {name: draw(rules[name]) for name in rules if draw(st.integers(0, 2)) == 0}


@st.composite
def documents(draw):
    """A document of up to 5 tokens with sentences, whitespace, preset entities and blocked tokens."""
    length = draw(st.sampled_from([5, 4, 3, 2, 1]))
    words = draw(st.lists(st.sampled_from(["x", "y", "z", " "]), min_size=length, max_size=length))
    doc = Doc(VOCAB, words=words, sent_starts=[i == 0 or draw(st.booleans()) for i in range(len(words))])
    ents, blocked, position = [], [], 0
    while draw(st.booleans()) and position < len(doc):
        start = draw(st.integers(position, len(doc) - 1))
        end = draw(st.integers(start + 1, min(len(doc), start + 2)))
        label = draw(st.sampled_from([*LABELS, "unknown", None]))
        if label is None:
            blocked.append(doc[start:end])
        else:
            ents.append(Span(doc, start, end, label=label, kb_id="Q1", span_id=f"id{start}"))
        position = end
    doc.set_ents(ents, blocked=blocked, default="missing")
    return doc


@st.composite
def some_spans(draw, doc, max_size, labels=(*LABELS, "", "unknown")):
    places = every_span(len(doc), labels)
    return draw(st.lists(st.sampled_from(places), max_size=max_size))


@st.composite
def cases(draw, by_call=True):
    """A tagger, a document, and what is demanded of it: in groups, or in a call."""
    scale, seed = draw(st.sampled_from([0.03, 0.1, 0.3, 1.0])), draw(st.integers(0, 9))
    tagger = cached_tagger(draw(st.sampled_from(sorted(SCHEMES))), scale, seed)
    set_conditions(tagger, **draw(rule_settings()))
    doc, called = draw(documents()), {}
    for kind, key in KINDS.items():
        if draw(st.integers(0, 2)) == 0:
            few = (*LABELS, "") if kind == "required" and draw(st.integers(0, 3)) else (*LABELS, "", "unknown")
            spans = draw(some_spans(doc, 2, few))
            here = draw(st.integers(0, len(spans))) if by_call else len(spans)
            doc.spans[key] = [Span(doc, *span) for span in spans[:here]]
            called[kind] = spans[here:]
    for key in SPAN_SCORES if draw(st.booleans()) else ():
        doc.spans[key] = [Span(doc, *span) for span in draw(some_spans(doc, 4))]
    if by_call and draw(st.booleans()):
        score = st.floats(-4, 4, width=32)
        called["scored"] = [(span, draw(score)) for span in draw(some_spans(doc, 3))]
    return tagger, doc, called
