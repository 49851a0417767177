"""What an annotation says of a document, spelled out over all of its analyses: the judge of what a tagger learns.

An analysis is a tuple of spans that do not overlap: (start, end, label) over the tokens that are not whitespace. Everything
here is written down from the meaning of the annotation, without the code that it judges.
"""
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Dict, List, NamedTuple, Optional, Tuple

LABELS = ("a", "b")
GO_ON = {"BIO": "BI", "IOB1": "BI", "IO": "I", "BIOES": "BI", "BILUO": "BI", "BMES": "BM"}  # letters but for the last
CLOSE = {"BIO": "BI", "IOB1": "BI", "IO": "I", "BIOES": "ES", "BILUO": "LU", "BMES": "ES"}  # letters of the last


class Role(NamedTuple):
    """What a token is in an analysis. `length` is that of the span up to the token."""

    label: Optional[str]
    continues: bool
    letter: str
    length: int

    @property
    def tag(self):
        return "O" if self.label is None else f"{self.letter}-{self.label}"


OUTSIDE = Role(None, False, "O", 0)


@dataclass(frozen=True)
class Rules:
    """The rules of a lattice."""

    max_length: Optional[int] = None
    at_most_one: Tuple[str, ...] = ()
    order: Tuple[str, ...] = ()

    def kept(self, spans):
        ranks = [self.order.index(label) for _, _, label in spans if label in self.order]
        labels = [label for _, _, label in spans]
        return (
            all(self.max_length is None or end - start <= self.max_length for start, end, _ in spans)
            and all(labels.count(label) <= 1 for label in self.at_most_one)
            and ranks == sorted(ranks)
        )


def spans_of(n, first=0):
    """All tuples of spans over n tokens that do not overlap."""
    yield ()
    for start in range(first, n):
        for end in range(start + 1, n + 1):
            for label in LABELS:
                for rest in spans_of(n, end):
                    yield ((start, end, label), *rest)


def touching(spans):
    """Neighbours of one label, which IO cannot tell from one span."""
    return [pair for pair in zip(spans, spans[1:]) if pair[0][1] == pair[1][0] and pair[0][2] == pair[1][2]]


def letters(scheme, length, touches):
    if scheme == "BIO":
        return "B" + "I" * (length - 1)
    if scheme in ("IO", "IOB1"):
        return ("B" if touches else "I") + "I" * (length - 1)
    single, begin, inside, end = {"BIOES": "SBIE", "BILUO": "UBIL", "BMES": "SBME"}[scheme]
    return single if length == 1 else begin + inside * (length - 2) + end


def roles_of(scheme, n, spans):
    """The role of each token."""
    roles = [OUTSIDE] * n
    for start, end, label in spans:
        touches = any(other_end == start and other == label for _, other_end, other in spans)
        for i, letter in enumerate(letters(scheme, end - start, touches)):
            roles[start + i] = Role(label, i > 0, letter, i + 1)
    return roles


@lru_cache(maxsize=None)
def legal(scheme, rules, n):
    """All legal analyses of n tokens, with their roles."""
    return [
        (spans, roles_of(scheme, n, spans))
        for spans in spans_of(n)
        if rules.kept(spans) and not (scheme == "IO" and touching(spans))
    ]


@lru_cache(maxsize=None)
def universe(scheme, rules):
    """All roles of the lattice."""
    roles = {role for _, roles in legal(scheme, rules, 4) for role in roles}
    return frozenset(roles if rules.max_length else {role._replace(length=0) for role in roles})


@dataclass
class Annotation:
    """What is said of one document, in characters of its text: neither the tokens of the reference nor those of the
    predicted document matter but where they cut.

    tokens, reference_tokens (List[Tuple[int, int]]): The tokens of the two documents.
    unsaid (List[bool]): Reference tokens that are not annotated.
    weights (List[float]): Weight of each reference token.
    gold, candidates, wrong (List[Tuple[int, int, str]]): Spans.
    annotated (Optional[Tuple[str, ...]]): The labels that are annotated.
    starts (List[int]): Predicted tokens that start a sentence, if no span may cross one.
    """

    text: str
    tokens: List[Tuple[int, int]]
    reference_tokens: List[Tuple[int, int]]
    unsaid: List[bool]
    weights: List[float]
    gold: List[Tuple[int, int, str]]
    candidates: List[Tuple[int, int, str]]
    wrong: List[Tuple[int, int, str]]
    annotated: Optional[Tuple[str, ...]] = None
    starts: List[int] = field(default_factory=list)


class Reading:
    """An annotation over the N tokens of the chain."""

    def __init__(self, annotation: Annotation, scheme: str, rules: Rules):
        self.annotation, self.scheme, self.rules = annotation, scheme, rules
        text = annotation.text
        self.chain = [place for place in annotation.tokens if not text[slice(*place)].isspace()]
        self.n = len(self.chain)
        self.analyses = legal(scheme, rules, self.n)
        first_chars = [annotation.tokens[i][0] for i in annotation.starts]
        self.starts = {sum(place[0] < char for place in self.chain) for char in first_chars}
        inside = [all(not s < start < e for s, e, _ in spans for start in self.starts) for spans, _ in self.analyses]
        self.analyses = [analysis for analysis, kept in zip(self.analyses, inside) if kept]

        of_token = [
            [i for i, place in enumerate(annotation.reference_tokens) if _overlap(place, token)] for token in self.chain
        ]
        self.unknown = [any(annotation.unsaid[i] for i in them) for them in of_token]
        self.weights = [min(annotation.weights[i] for i in them) for them in of_token]
        self.gold = self._fitting()
        self.candidates = self._possible()

    def agrees(self, spans) -> bool:
        """Whether an analysis agrees with the annotation."""
        annotated = LABELS if self.annotation.annotated is None else self.annotation.annotated
        for start, end, label in spans:
            for t in range(start, end):
                is_other = any(s <= t < e for s, e, _ in self.gold) and (start, end, label) not in self.gold
                is_outside = not self.unknown[t] and not any(s <= t < e for s, e, _ in self.gold)
                if is_other or (is_outside and label in annotated):
                    return False
        return set(self.gold) <= set(spans) and all(_meets(spans, one) for one in self.candidates)

    def rows(self, boundaries=True):
        """What the annotation says of each token by itself: the roles that it may have.

        boundaries (bool): Whether a token after a span is told that the span does not go on.
        """
        rows = self.free()
        annotated = LABELS if self.annotation.annotated is None else self.annotation.annotated
        known = {t for start, end, _ in self.gold for t in range(start, end)}
        for t in range(self.n):
            if t not in known and not self.unknown[t]:
                rows[t] = {role for role in rows[t] if role.label is None or role.label not in annotated}
        for start, end, label in self.gold:
            for t in range(start, end):
                fits = self._may_close if t == end - 1 else self._may_go_on
                rows[t] = {role for role in rows[t] if role[:2] == (label, t > start) and fits(role)}
            if boundaries:
                self._part(rows, (start, end))
        for start, end, names in self.candidates:
            barred = {name[1:] for name in names if name.startswith("!")}
            asked = {name for name in names if not name.startswith("!")}
            for t in range(start, end):
                rows[t] = {role for role in rows[t] if role.label not in barred}
                if asked:
                    labels = set(LABELS) if "" in asked else asked
                    rows[t] = {role for role in rows[t] if role.label in labels and role.continues == (t > start)}
            if asked and boundaries:
                self._part(rows, (end,))
        return rows

    def heights(self):
        """What the roles that a token may not have weigh, 0 for the others. That a span does not go on is said of the last
        token of the span, all else of the token itself."""
        own = self.rows(boundaries=False)
        asked = [end for _, end, names in self.candidates if any(not name.startswith("!") for name in names)]
        ends = {*asked, *(end for _, end, _ in self.gold)}
        places = zip(self.free(), own, self.weights)
        heights = [{role: 0.0 if role in row else weight for role in roles} for roles, row, weight in places]
        for t in ends - {self.n}:
            for role in heights[t]:
                if role.continues:
                    heights[t][role] = max(heights[t][role], self.weights[t - 1])
        return heights

    def free(self):
        """The roles of each token if nothing is annotated."""
        rows = [set(universe(self.scheme, self.rules)) for _ in range(self.n)]
        self._part(rows, self.starts)
        return rows

    def role(self, role: Role) -> Role:
        return role if self.rules.max_length else role._replace(length=0)

    def place(self, span) -> Optional[Tuple[int, int, str]]:
        """The tokens of the chain that a span is; None if it cuts a token, or has whitespace at an edge."""
        start = [i for i, token in enumerate(self.chain) if token[0] == span[0]]
        end = [i + 1 for i, token in enumerate(self.chain) if token[1] == span[1]]
        return (start[0], end[0], span[2]) if start and end else None

    def is_whole(self, span) -> bool:
        starts, ends = zip(*self.annotation.tokens)
        return span[0] in starts and span[1] in ends

    def touched(self, span) -> List[int]:
        return [t for t, token in enumerate(self.chain) if _overlap(token, span)]

    def _fitting(self):
        """The gold spans that can be learned. The tokens of the others are unknown."""
        placed, lost = [], []
        for span in sorted(set(self.annotation.gold)):
            place = self.place(span)
            if self.is_whole(span) and span[2] not in LABELS:
                continue  # outside for this tagger
            if place is None:
                lost += self.touched(span)
            else:
                placed.append(place)
        apart = [one for one in placed if not any(one != two and _overlap(one, two) for two in placed)]
        merged = {one for pair in touching(apart) for one in pair} if self.scheme == "IO" else set()
        fitting = []
        for one in apart:
            crosses = any(one[0] < start < one[1] for start in self.starts)
            if one not in merged and not crosses and self.rules.kept([*fitting, one]):
                fitting.append(one)
        for start, end, _ in set(placed) - set(fitting):
            lost += range(start, end)
        for t in lost:
            self.unknown[t] = True
        return fitting

    def _possible(self):
        """The candidates that can be true together, in order."""
        names: Dict[Tuple[int, int], set] = {}
        for start, end, name in self.annotation.candidates:
            names.setdefault((start, end), set()).add(name)
        for place in names:
            for t in self.touched(place):
                self.unknown[t] = True
        self.candidates: list = []
        for place, of_place in names.items():
            bars = all(name.startswith("!") for name in of_place)
            if not self.is_whole(place):
                continue
            if bars:
                tokens = self.touched(place)
                if tokens:
                    self.candidates.append((tokens[0], tokens[-1] + 1, of_place))
            elif self.place((*place, "")) is not None:
                self.candidates.append((*self.place((*place, ""))[:2], of_place))
            else:
                continue
            if not any(map(self.agrees, (spans for spans, _ in self.analyses))):
                self.candidates.pop()
        return self.candidates

    def _part(self, rows, places):
        for t in places:
            if 0 < t < self.n:
                rows[t] = {role for role in rows[t] if not role.continues}

    def _may_go_on(self, role):
        return role.letter in GO_ON[self.scheme] and (not self.rules.max_length or role.length < self.rules.max_length)

    def _may_close(self, role):
        return role.letter in CLOSE[self.scheme]


def _meets(spans, candidate):
    start, end, names = candidate
    barred = {name[1:] for name in names if name.startswith("!")}
    asked = {name for name in names if not name.startswith("!")}
    if any(label in barred and _overlap((s, e), (start, end)) for s, e, label in spans):
        return False
    return not asked or any((s, e) == (start, end) and ("" in asked or label in asked) for s, e, label in spans)


def _overlap(one, two):
    return one[0] < two[1] and two[0] < one[1]


def score_of(path, scores):
    if not path:
        return 0.0
    total = float(scores.start[path[0]]) + float(scores.end[path[-1]])
    total += sum(float(row[tag]) for row, tag in zip(scores.emissions, path))
    return total + sum(float(scores.step[a, b]) for a, b in zip(path, path[1:]))
