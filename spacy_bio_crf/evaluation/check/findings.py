"""What is odd about a corpus: every kind of finding, and how many there are."""
from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)  # the worst first
MAX_EXAMPLES = 5


class Kind(NamedTuple):
    """A kind of finding: how bad it is, what it is, and what to do about it."""

    severity: str
    what: str
    advice: str


KINDS: Dict[str, Kind] = {
    "orphan": Kind(ERROR, "tags that continue a span which nothing opened", "Name the true scheme, or convert with --repair."),
    "unclosed": Kind(ERROR, "spans that never close", "Name the true scheme, or convert with --repair."),
    "unaligned": Kind(ERROR, "annotations that no span stands for", "Mend the file, or say how to read it. The tokens of a span that cuts one count as missing."),
    "overlap": Kind(ERROR, "spans that overlap another", "Give each layer a chain of its own (`chains`), or keep the longest: spacy.util.filter_spans."),
    "touching": Kind(ERROR, "neighbours of one label, which the scheme cannot tell apart", "Choose another scheme, such as BIO."),
    "whitespace": Kind(ERROR, "spans that begin or end on whitespace", "Cut the whitespace; until then they are trained as missing."),
    "tokenizer": Kind(ERROR, "spans that begin or end within a token", "Add the rule to the tokenizer; until then they are trained as missing."),
    "unseen label": Kind(ERROR, "labels that the training part does not have", "Nothing can learn them: split anew, or leave them out."),
    "foreign label": Kind(ERROR, "spans with labels that the model does not know", "Add the labels, and train."),
    "lost gold": Kind(ERROR, "gold that no analysis of the model can hold", "They overlap, are not whole tokens, cross a boundary or break a rule; they are trained as missing."),
    "sentence": Kind(WARNING, "spans that cross a sentence boundary", "A component that is sentence_bounded cannot predict them; mend the boundaries or the spans."),
    "leak": Kind(WARNING, "documents that another part has too", "Figures on them flatter: leave them out of one part."),
    "contradiction": Kind(WARNING, "texts that are annotated in several ways", "Settle on one; the guidelines may be unclear there."),
    "threshold": Kind(WARNING, "right predictions that the model's threshold drops", "Choose it anew: bio-crf thresholds."),
    "duplicate": Kind(NOTE, "documents that the same part has already", "They weigh more than others."),
    "punctuation": Kind(NOTE, "spans with an odd edge: punctuation, or half of a pair of brackets or quotes", "Look whether that is meant."),
    "ambiguous": Kind(NOTE, "strings with several labels", "Natural for many; look at the rare label."),
    "maybe missed": Kind(NOTE, "strings that are annotated nearly everywhere, and here not", "Look whether the annotation was forgotten."),
    "rare label": Kind(NOTE, "labels with few spans in the training part", "Annotate more of them."),
    "empty": Kind(NOTE, "documents without words", "They do no harm."),
    "reader": Kind(NOTE, "oddities that were met in reading", "See the docs of the format."),
}  # fmt: skip


@dataclass
class Finding:
    """All findings of one kind in one part.

    kind (str): Key of one of `KINDS`.
    part (str): The part of the corpus.
    count (int): How many.
    examples (List[str]): The first of them.
    """

    kind: str
    part: str
    count: int = 0
    examples: List[str] = field(default_factory=list)

    @property
    def severity(self) -> str:
        return KINDS[self.kind].severity

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The findings as plain JSON data."""
        told = {"kind": self.kind, **KINDS[self.kind]._asdict()}
        return {**told, "part": self.part, "count": self.count, "examples": self.examples}


class Findings:
    """Findings as they are collected."""

    def __init__(self) -> None:
        self._found: Dict[Any, Finding] = {}

    def add(self, kind: str, part: str, example: str, count: int = 1) -> None:
        """Add one finding, or several alike."""
        finding = self._found.setdefault((kind, part), Finding(kind, part))
        finding.count += count
        if len(finding.examples) < MAX_EXAMPLES:
            finding.examples.append(example)

    def sorted(self) -> List[Finding]:
        """All findings, the worst kinds first."""
        order = list(KINDS)
        return sorted(self._found.values(), key=lambda one: (SEVERITIES.index(one.severity), order.index(one.kind)))

    def worse_or_equal(self, severity: str) -> List[Finding]:
        """The findings that are at least as bad."""
        return [one for one in self.sorted() if SEVERITIES.index(one.severity) <= SEVERITIES.index(severity)]
