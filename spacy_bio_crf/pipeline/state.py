"""What the component is, as against what it does: its labels and tags, and how they are saved."""
from pathlib import Path
from typing import Iterable, List, Optional, Tuple

import srsly
from spacy.errors import Errors as SpacyErrors
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.training import Example

from ..errors import Errors
from ..model.layer import set_constraints
from ..tags import TagSet, check_label
from .gold import gold_spans
from .guards import loading


class TaggerState(TrainablePipe):
    """Labels, tags and files of a tagger. Its settings and labels stand in `cfg`, as plain JSON data."""

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels of the component."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> Tuple[str, ...]:
        """The labels as `initialize` takes them."""
        return self.labels

    @property
    def tagset(self) -> TagSet:
        """The tags over the present labels."""
        scheme, closed = self.cfg["scheme"], frozenset(self.cfg["closed_labels"])
        if (self._tagset.scheme.name, self._tagset.labels, self._tagset.closed) != (scheme, self.labels, closed):
            self._tagset = TagSet(scheme, self.labels, closed)
        return self._tagset

    @property
    def gold_key(self) -> Optional[str]:
        """Key of the span group that holds the gold, None where the entities are the gold."""
        return None if self.cfg["set_ents"] else self.cfg["spans_key"]

    @property
    def scores_key(self) -> str:
        """Key of the span group whose `attrs["scores"]` holds the probabilities."""
        return self.name if self.cfg["spans_key"] is None else self.cfg["spans_key"]

    @property
    def is_initialized(self) -> bool:
        """Whether the model has parameters, from `initialize` or from a file."""
        return self.model.get_ref("crf").has_param("step") is True

    def add_label(self, label: str) -> int:
        """Add a label. On an initialized model its tags stay closed, and every prediction as it was, until an update
        brings gold spans with the label.

        label (str): The label.
        RETURNS (int): 0 if the label is already present, otherwise 1.
        RAISES (ValueError): A label that no tag can carry.
        """
        if not isinstance(label, str):
            raise ValueError(SpacyErrors.E187)
        check_label(label)
        if label in self.cfg["labels"]:
            return 0
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        if self.is_initialized:
            self.cfg["closed_labels"].append(label)
            self._resize()
        return 1

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "TaggerState":
        """Load the component. RAISES (ValueError): It was saved in a format that this version does not know."""
        saved = srsly.msgpack_loads(bytes_data)
        with loading(self.name, srsly.json_loads(saved["cfg"]) if "cfg" in saved and "cfg" not in exclude else None):
            super().from_bytes(bytes_data, exclude=exclude)
        return self._check_tags()

    def from_disk(self, path, *, exclude: Iterable[str] = ()) -> "TaggerState":
        """Load the component. RAISES (ValueError): It was saved in a format that this version does not know."""
        file = Path(path) / "cfg"
        with loading(self.name, srsly.read_json(file) if file.exists() and "cfg" not in exclude else None):
            super().from_disk(path, exclude=exclude)
        return self._check_tags()

    def _check_tags(self) -> "TaggerState":
        for label in self.labels:
            self.vocab.strings.add(label)
        tags = self.model.get_ref("crf").maybe_get_dim("nO")
        if tags is not None and tags != len(self.tagset):
            raise ValueError(Errors.E405.format(name=self.name, tags=tags, labels=self.labels, expected=len(self.tagset)))
        return self

    def _open_labels(self, examples: List[Example]) -> None:
        """Open the tags of labels that were added to a trained model and now come with gold spans."""
        if not self.cfg["closed_labels"]:
            return
        seen = {span.label_ for eg in examples for span in gold_spans(eg.reference, self.gold_key)}
        if not seen.isdisjoint(self.cfg["closed_labels"]):
            self.cfg["closed_labels"] = [label for label in self.cfg["closed_labels"] if label not in seen]
            set_constraints(self.model.get_ref("crf"), self.tagset.constraints)

    def _resize(self) -> None:
        """Give the model one output a tag, and its masks."""
        self.set_output(len(self.tagset))
        set_constraints(self.model.get_ref("crf"), self.tagset.constraints)

    def _require_initialized(self) -> None:
        if not self.is_initialized:
            raise ValueError(Errors.E406.format(name=self.name))
