"""What a conversion found, mended, and could not place."""
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

from spacy.tokens import Doc

from ..attributes import KEY as ATTRIBUTES
from ..errors import Errors

MAX_EXAMPLES = 5
OVERLAPPING = "overlapping"  # the group of the spans that entities leave no room for
WRONG = "incorrect_spans"  # the group of the spans that an annotator rejected, as in the docs of `incorrect_spans_key`
BESIDE_ENTITIES = {OVERLAPPING, WRONG, ATTRIBUTES}


@dataclass
class Report:
    """Counts of a conversion; it is complete when the converter that fills it is exhausted.

    documents (int): Docs made.
    tokens (int): Their tokens.
    missing (int): Tokens of them without annotation.
    labels (Counter): Spans of each label.
    wrong (int): Spans that an annotator rejected.
    repairs (Counter): Illegal tags that were repaired, by kind.
    unaligned (Counter): Annotations that no span stands for, by reason.
    dropped (Counter): Annotations that the written format cannot hold, by kind.
    notes (Counter): Harmless oddities that were met on the way.
    strict (bool): Whether the first annotation that would be changed or lost raises a ValueError.
    examples (Dict[str, List[str]]): The first examples of each kind of repair, of each reason and of each note.
    """

    documents: int = 0
    tokens: int = 0
    missing: int = 0
    labels: Counter = field(default_factory=Counter)
    wrong: int = 0
    repairs: Counter = field(default_factory=Counter)
    unaligned: Counter = field(default_factory=Counter)
    dropped: Counter = field(default_factory=Counter)
    notes: Counter = field(default_factory=Counter)
    strict: bool = False
    examples: Dict[str, List[str]] = field(default_factory=dict)

    @property
    def spans(self) -> int:
        return sum(self.labels.values())

    @property
    def faithful(self) -> bool:
        """Whether all annotations were taken over as they stand."""
        return not self.repairs and not self.unaligned and not self.dropped

    def add_doc(self, doc: Doc) -> Doc:
        """Count a finished doc, and hand it back."""
        self.documents += 1
        self.tokens += len(doc)
        self.missing += len(missing_tokens(doc))
        groups = [spans for key, spans in doc.spans.items() if key != WRONG]
        self.labels.update(span.label_ for spans in (doc.ents, *groups) for span in spans)
        self.wrong += len(doc.spans.get(WRONG, ()))
        return doc

    def add_repairs(self, counts: Mapping[str, int], example: str) -> None:
        self.repairs.update(counts)
        for kind in counts:
            self._add_change(kind, example)

    def add_unaligned(self, reason: str, example: str) -> None:
        self.unaligned[reason] += 1
        self._add_change(reason, example)

    def add_dropped(self, kind: str, example: str, count: int = 1) -> None:
        self.dropped[kind] += count
        self._add_change(kind, example)

    def add_note(self, note: str, example: str, count: int = 1) -> None:
        self.notes[note] += count
        self._add_example(note, example)

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as plain JSON data."""
        return {
            "documents": self.documents,
            "tokens": self.tokens,
            "missing": self.missing,
            "spans": self.spans,
            "labels": dict(self.labels.most_common()),
            "wrong": self.wrong,
            "repairs": dict(self.repairs),
            "unaligned": dict(self.unaligned),
            "dropped": dict(self.dropped),
            "notes": dict(self.notes),
            "examples": self.examples,
        }

    def _add_change(self, kind: str, example: str) -> None:
        if self.strict:
            raise ValueError(Errors.E530.format(kind=kind, example=example))
        self._add_example(kind, example)

    def _add_example(self, kind: str, example: str) -> None:
        examples = self.examples.setdefault(kind, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(example)


def missing_tokens(doc: Doc) -> List[int]:
    """The tokens without annotation; none in a doc that is annotated in span groups, rather than by entities."""
    missing = [token.i for token in doc if token.ent_iob == 0]
    return [] if len(missing) == len(doc) and set(doc.spans) - BESIDE_ENTITIES else missing
