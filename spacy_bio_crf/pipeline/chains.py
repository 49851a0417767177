"""The chains of a component: each labels every token once, over its own labels, and all share one encoder."""
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy

from ..tags import AtMostOne, InOrder, MaxLength, Rule, States, TagSet
from ..types import Ints1d

ONLY = ""  # the name of the chain of a component that has one


class Chain(NamedTuple):
    """One chain.

    name (str): Its name, "" for the only one.
    spans_key (Optional[str]): Key of the span group that it writes to, if any.
    set_ents (bool): Whether it writes to `doc.ents`. If so, the gold entities are learned, else the gold span group.
    own (bool): Whether its labels are given, so that other labels of the gold are no business of this chain.
    tagset (TagSet): Its tags.
    states (States): Its tags and the rules that they keep.
    columns (Ints1d): The output of the model for each tag. Shape: K
    """

    name: str
    spans_key: Optional[str]
    set_ents: bool
    own: bool
    tagset: TagSet
    states: States
    columns: Ints1d

    @property
    def gold_key(self) -> Optional[str]:
        """Key of the span group that holds the gold, None where the entities are the gold."""
        return gold_key(self._asdict())

    def outputs(self, states: States) -> Ints1d:
        """The output of the model for each state. Shape: Q"""
        return self.columns[states.tags]


def gold_key(to: Mapping[str, Any]) -> Optional[str]:
    """Key of the span group that holds the gold of a chain, by its `spans_key` and `set_ents`; None for the entities."""
    return None if to["set_ents"] else to["spans_key"]


class Layout(NamedTuple):
    """Which outputs of the model belong to which chain, in the order in which labels were opened: the first label of a chain
    takes an output for "O" too.

    labels (Dict[str, List[str]]): The open labels of each chain.
    columns (Dict[str, List[int]]): The output for each tag of the chain.
    width (int): How many outputs there are.
    """

    labels: Dict[str, List[str]]
    columns: Dict[str, List[int]]
    width: int


def lay_out(names: Sequence[str], opened: Sequence[Tuple[str, str]], n_letters: int) -> Layout:
    """Deal the outputs of a model to chains.

    names (Sequence[str]): The chains. A component with one chain has its "O" even without labels.
    opened (Sequence[Tuple[str, str]]): Chain and label, in the order in which labels were opened.
    n_letters (int): How many tags a label has.
    """
    labels: Dict[str, List[str]] = {name: [] for name in names}
    columns: Dict[str, List[int]] = {name: [] for name in names}
    width = 0
    if list(names) == [ONLY]:
        columns[ONLY].append(width)
        width += 1
    for name, label in opened:
        wanted = n_letters if columns[name] else 1 + n_letters
        columns[name].extend(range(width, width + wanted))
        width += wanted
        labels[name].append(label)
    return Layout(labels, columns, width)


def make_rules(tagset: TagSet, constraints: Mapping[str, Any]) -> List[Rule]:
    """The rules of the settings that concern the labels of a tag set."""
    ids = tagset.index
    rules: List[Rule] = []
    limits = constraints["max_span_length"]
    if isinstance(limits, int):
        limits = {label: limits for label in ids}
    limits = {ids[label]: limit for label, limit in (limits or {}).items() if label in ids}
    if limits:
        rules.append(MaxLength(limits))
    single = tuple(ids[label] for label in constraints["at_most_one"] if label in ids)
    if single:
        rules.append(AtMostOne(single))
    ordered = tuple(ids[label] for label in constraints["label_order"] if label in ids)
    if len(ordered) > 1:
        rules.append(InOrder(ordered))
    return rules


def make_chain(
    scheme: str, name: str, output: Mapping[str, Any], layout: Layout, constraints: Mapping[str, Any], disabled: Sequence[str]
) -> Chain:
    """Make a chain.

    scheme (str): The tagging scheme.
    name (str): Name of the chain.
    output (Mapping[str, Any]): Its `spans_key`, `set_ents` and `labels`.
    layout (Layout): Labels and outputs.
    constraints (Mapping[str, Any]): The settings of the component.
    disabled (Sequence[str]): Labels that no legal sequence may hold for now.
    """
    labels = layout.labels[name]
    tagset = TagSet(scheme, labels, [label for label in labels if label in disabled])
    states = States(tagset, make_rules(tagset, constraints))
    columns = numpy.array(layout.columns[name], dtype=int)
    return Chain(name, output["spans_key"], output["set_ents"], output["labels"] is not None, tagset, states, columns)
