"""What a conversion found, mended, and could not place."""
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

from spacy.tokens import Doc

MAX_EXAMPLES = 5


@dataclass
class Report:
    """Counts of a conversion; it is complete when the converter that fills it is exhausted.

    documents (int): Docs made.
    tokens (int): Their tokens.
    missing (int): Tokens of them without annotation.
    labels (Counter): Spans of each label.
    repairs (Counter): Illegal tags that were repaired, by kind.
    unaligned (Counter): Annotations that no span stands for, by reason.
    notes (Counter): Harmless oddities that were met on the way.
    examples (Dict[str, List[str]]): The first examples of each kind of repair, of each reason and of each note.
    """

    documents: int = 0
    tokens: int = 0
    missing: int = 0
    labels: Counter = field(default_factory=Counter)
    repairs: Counter = field(default_factory=Counter)
    unaligned: Counter = field(default_factory=Counter)
    notes: Counter = field(default_factory=Counter)
    examples: Dict[str, List[str]] = field(default_factory=dict)

    @property
    def spans(self) -> int:
        return sum(self.labels.values())

    @property
    def faithful(self) -> bool:
        """Whether all annotations were taken over as they stand."""
        return not self.repairs and not self.unaligned

    def add_doc(self, doc: Doc) -> Doc:
        """Count a finished doc, and hand it back."""
        self.documents += 1
        self.tokens += len(doc)
        self.missing += sum(token.ent_iob == 0 for token in doc)
        self.labels.update(span.label_ for span in doc.ents)
        return doc

    def add_repairs(self, counts: Mapping[str, int], example: str) -> None:
        self.repairs.update(counts)
        for kind in counts:
            self._add_example(kind, example)

    def add_unaligned(self, reason: str, example: str) -> None:
        self.unaligned[reason] += 1
        self._add_example(reason, example)

    def add_note(self, note: str, example: str) -> None:
        self.notes[note] += 1
        self._add_example(note, example)

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as plain JSON data."""
        return {
            "documents": self.documents,
            "tokens": self.tokens,
            "missing": self.missing,
            "spans": self.spans,
            "labels": dict(self.labels.most_common()),
            "repairs": dict(self.repairs),
            "unaligned": dict(self.unaligned),
            "notes": dict(self.notes),
            "examples": self.examples,
        }

    def _add_example(self, kind: str, example: str) -> None:
        examples = self.examples.setdefault(kind, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(example)
