"""What the component is, as against what it does: its labels and chains, and how they are saved."""
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import numpy
import srsly
from spacy.errors import Errors as SpacyErrors
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.training import Example

from ..errors import Errors
from ..model.layer import set_constraints
from ..model.resize import resize_edges
from ..model.window_features import get_edge_shim
from ..tags import TagSet, check_label, get_scheme
from ..types import Constraints
from .chains import ONLY, Chain, Layout, gold_key, lay_out, make_chain
from .gold import gold_labels
from .guards import FORMAT, loading
from .settings import CONSTRAINTS, check_learning, check_settings


class TaggerState(TrainablePipe):
    """Labels, chains and files of a tagger. Its settings and labels stand in `cfg`, as plain JSON data."""

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels of the component."""
        return tuple(dict.fromkeys(self.cfg["labels"]))

    @property
    def label_data(self) -> Union[Tuple[str, ...], Dict[str, Tuple[str, ...]]]:
        """The labels as `initialize` takes them: with several chains, those of each."""
        if not self.cfg["chains"]:
            return self.labels
        pairs = self._chains_and_labels()
        return {name: tuple(label for chain, label in pairs if chain == name) for name in self._outputs()}

    @property
    def chains(self) -> Tuple[Chain, ...]:
        """The chains over the present labels, as they are trained."""
        return self._chains(())

    @property
    def tagset(self) -> TagSet:
        """The tags of the only chain. RAISES (ValueError): There are several."""
        return self.chain().tagset

    @property
    def gold_key(self) -> Optional[str]:
        """Key of the span group that holds the gold of the only chain, None where the entities are the gold."""
        return self.chain().gold_key

    @property
    def scores_key(self) -> str:
        """Key of the span group whose `attrs["scores"]` holds the probabilities of the only chain."""
        return self.scores_key_of(self.chain())

    @property
    def is_initialized(self) -> bool:
        """Whether the model has parameters, from `initialize` or from a file."""
        return self.model.get_ref("crf").has_param("step") is True

    def chain(self, name: Optional[str] = None) -> Chain:
        """One chain.

        name (Optional[str]): Its name, None for the only one.
        RAISES (ValueError): There is no such chain, or there are several and none is named.
        """
        return self._choose(self.chains, name)

    def scores_key_of(self, chain: Chain) -> str:
        """Key of the span group whose `attrs["scores"]` holds the probabilities of a chain."""
        return self.name if chain.spans_key is None else chain.spans_key

    def add_label(self, label: str, chain: Optional[str] = None) -> int:
        """Add a label. On an initialized model it stays closed: the model has no outputs for it, and every prediction and
        probability is what it was, until an update brings gold spans with the label.

        label (str): The label.
        chain (Optional[str]): The chain to add it to. None: the only one, or the one that is to have such a label.
        RETURNS (int): 0 if the label is already present, otherwise 1.
        RAISES (ValueError): A label that no tag can carry, or a chain that is not clear.
        """
        if not isinstance(label, str):
            raise ValueError(SpacyErrors.E187)
        check_label(label)
        chain = self._chain_for(label, chain)
        if (chain, label) in self._chains_and_labels():
            return 0
        self._refuse_twice(label, chain)
        self.cfg["labels"].append(label)
        self.cfg["label_chains"].append(chain)
        self.vocab.strings.add(label)
        if not self.is_initialized:
            self.cfg["open_labels"].append(len(self.cfg["labels"]) - 1)
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
        if self.cfg["format"] == 1:  # which had outputs for all labels
            self.cfg["open_labels"] = list(range(len(self.cfg["labels"])))
            self.cfg["label_chains"] = [ONLY] * len(self.cfg["labels"])
            self.cfg["format"] = FORMAT
        for label in self.labels:
            self.vocab.strings.add(label)
        places = range(len(self._chains_and_labels()))
        self._require_outputs(self._layout().width if set(self.cfg["open_labels"]) <= set(places) else 0)
        self._require_edge_outputs()
        return self

    def _chains_and_labels(self) -> List[Tuple[str, str]]:
        return list(zip(self.cfg["label_chains"], self.cfg["labels"]))

    def _outputs(self) -> Dict[str, Dict[str, Any]]:
        """Where each chain writes, and the labels that it is to have, if they are given."""
        to = {"spans_key": self.cfg["spans_key"], "set_ents": self.cfg["set_ents"]}
        if self.cfg["chain_per_label"]:
            return {label: {**to, "labels": [label]} for label in self.cfg["labels"]}
        return self.cfg["chains"] or {ONLY: {**to, "labels": None}}

    def _layout(self) -> Layout:
        letters = get_scheme(self.cfg["scheme"]).letters
        pairs, outputs = self._chains_and_labels(), self._outputs()
        if not {chain for chain, _ in pairs} <= set(outputs):
            found, known = ({name or "(without a name)" for name in names} for names in (self.cfg["label_chains"], outputs))
            raise ValueError(Errors.E429.format(name=self.name, found=sorted(found), known=sorted(known)))
        return lay_out(list(outputs), [pairs[place] for place in self.cfg["open_labels"]], len(letters))

    def _chains(self, disabled: Sequence[str]) -> Tuple[Chain, ...]:
        """The chains, some labels being disabled. Made anew when a setting has changed."""
        cfg, outputs, disabled = self.cfg, self._outputs(), sorted(set(disabled))
        rules = [cfg["constraints"][name] for name in ("max_span_length", "at_most_one", "label_order")]
        written = [(name, to["spans_key"], to["set_ents"], to["labels"]) for name, to in outputs.items()]
        key = repr((cfg["scheme"], cfg["labels"], cfg["label_chains"], cfg["open_labels"], written, rules, disabled))
        if key not in self._made:
            layout = self._layout()
            if self.is_initialized:
                self._require_outputs(layout.width)
            has_edges = get_edge_shim(self.model) is not None
            args = (cfg["constraints"], disabled, has_edges)
            chains = (make_chain(cfg["scheme"], name, to, layout, *args) for name, to in outputs.items())
            if len(self._made) > 8:
                self._made.clear()
            self._made[key] = tuple(chain for chain in chains if len(chain.columns))
        return self._made[key]

    def _choose(self, chains: Sequence[Chain], name: Optional[str]) -> Chain:
        found = [chain for chain in chains if name is None or chain.name == name]
        if len(found) != 1:
            names = ", ".join(chain.name or "one without a name" for chain in chains)
            raise ValueError(Errors.E422.format(name=self.name, chain=name, names=names))
        return found[0]

    def _chain_for(self, label: str, chain: Optional[str]) -> str:
        if self.cfg["chain_per_label"] and chain in (None, label):
            return label
        outputs = self._outputs()
        wanted = [name for name, to in outputs.items() if label in (to["labels"] or ()) or len(outputs) == 1]
        if chain is None and len(wanted) == 1:
            return wanted[0]
        if chain not in outputs:
            names = ", ".join(outputs) if ONLY not in outputs else "none, since there is one chain without a name"
            raise ValueError(Errors.E423.format(name=self.name, label=label, chain=chain, names=names))
        return chain

    def _candidates_key(self, to: Mapping[str, Any]) -> Optional[str]:
        """Key of the candidates for a chain. Of several chains, those that list their labels know which are theirs."""
        alone = len(self._outputs()) == 1
        return self.cfg["learning"]["candidates_key"] if alone or to["labels"] is not None else None

    def _refuse_twice(self, label: str, chain: str) -> None:
        """RAISES (ValueError): Another chain writes spans of the label to the same group."""
        outputs = self._outputs()
        key = outputs[chain]["spans_key"] if chain in outputs else None
        for other, same in self._chains_and_labels():
            if key is not None and same == label and other != chain and outputs[other]["spans_key"] == key:
                raise ValueError(Errors.E430.format(name=self.name, other=other, key=key, label=label, chain=chain))

    def _require_outputs(self, expected: int) -> None:
        tags = self.model.get_ref("crf").maybe_get_dim("nO")
        if tags is not None and tags != expected:
            raise ValueError(Errors.E405.format(name=self.name, tags=tags, labels=self.labels, expected=expected))

    def _require_edge_outputs(self) -> None:
        shim = get_edge_shim(self.model)
        if shim is None or not self.is_initialized:
            return
        found, expected = shim.table.width, self._layout().edge_width
        if found != expected:
            raise ValueError(Errors.E308.format(name=self.name, found=found, labels=self.labels, expected=expected))

    def _check_groups(self) -> None:
        """Check what may have been set since the component was made, and fill it up with defaults."""
        self.cfg["constraints"] = check_settings(self.name, "constraints", self.cfg["constraints"], CONSTRAINTS)
        self.cfg["learning"] = check_learning(self.name, self.cfg["learning"])

    def _open_labels(self, examples: List[Example]) -> None:
        """Give outputs to labels that were added to an initialized model and now come with gold spans, or candidates."""
        pairs, outputs = self._chains_and_labels(), self._outputs()
        for place in sorted(set(range(len(pairs))).difference(self.cfg["open_labels"])):
            name, label = pairs[place]
            key = gold_key(outputs[name])
            candidates_key = self._candidates_key(outputs[name])
            docs = [example.reference for example in examples]
            if any(label in gold_labels(doc, key, candidates_key) for doc in docs):
                self.cfg["open_labels"].append(place)
        if self._layout().width != self.model.get_ref("crf").get_dim("nO"):
            self._resize()

    def _resize(self) -> None:
        """Give the model one output a tag, and its masks: no tag of a chain follows one of another."""
        layout = self._layout()
        width = layout.width
        self.set_output(width)
        resize_edges(self.model, layout.edge_width)
        all_chains = Constraints(*(numpy.zeros(shape, dtype=bool) for shape in (width, (width, width), width)))
        for chain in self.chains:
            start, step, end = chain.tagset.constraints
            all_chains.start[chain.columns] = start
            all_chains.step[numpy.ix_(chain.columns, chain.columns)] = step
            all_chains.end[chain.columns] = end
        set_constraints(self.model.get_ref("crf"), all_chains)

    def _require_initialized(self) -> None:
        if not self.is_initialized:
            raise ValueError(Errors.E406.format(name=self.name))
