"""The chains of a component: each labels every token once, over its own labels, and all share one encoder."""
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy

from ..tags import AtMostOne, InOrder, LabelBefore, MaxLength, Rule, States, TagSet
from ..types import Bools2d, Ints1d, Ints2d

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
    edges (Optional[Ints1d]): Where the outputs of edge features begin that "O" and each label have brought, if there
        are such features; then the states know the label before. Shape: L + 1
    """

    name: str
    spans_key: Optional[str]
    set_ents: bool
    own: bool
    tagset: TagSet
    states: States
    columns: Ints1d
    edges: Optional[Ints1d] = None

    @property
    def gold_key(self) -> Optional[str]:
        """Key of the span group that holds the gold, None where the entities are the gold."""
        return gold_key(self._asdict())

    def outputs(self, states: States) -> Ints1d:
        """The output of the model for each state. Shape: Q"""
        return self.columns[states.tags]

    def edge_outputs(self, states: States) -> Optional[Ints1d]:
        """The output of edge features for the step to each state, None if there are no such features. Shape: Q"""
        if self.edges is None:
            return None
        return step_outputs(self.edges, states.memories[:, 0], states.memories[:, 1], states.continues)

    @property
    def edge_outputs_of_tags(self) -> Optional[Ints2d]:
        """The same for each step from tag to tag. Shape: K, K"""
        if self.edges is None:
            return None
        labels = self.tagset.label_ids
        return step_outputs(self.edges, labels[:, None], labels[None, :], self.tagset.joins)


def step_outputs(first: Ints1d, before: Ints2d, now: Ints2d, continues: Bools2d) -> Ints2d:
    """The outputs of edge features for steps between labels: where a span goes on, that of its label, else that of the
    two labels. What the label with the id n brings are the pairs of it and earlier ones, and "goes on": 2 n + 4
    outputs. "O", -1, brings one.

    first (Ints1d): Where the outputs begin that "O" and each label have brought. Shape: L + 1
    before, now (Ints2d): The label ids of steps. Any shape
    continues (Bools2d): Whether the span goes on. The same shape
    """
    before, now = before + 1, now + 1
    latest = numpy.maximum(before, now)
    return first[latest] + numpy.where(continues, 2 * latest + 1, latest - before + now)


def gold_key(to: Mapping[str, Any]) -> Optional[str]:
    """Key of the span group that holds the gold of a chain, by its `spans_key` and `set_ents`; None for the entities."""
    return None if to["set_ents"] else to["spans_key"]


class Layout(NamedTuple):
    """Which outputs of the model belong to which chain, in the order in which labels were opened: the first label of a chain
    takes an output for "O" too.

    labels (Dict[str, List[str]]): The open labels of each chain.
    columns (Dict[str, List[int]]): The output for each tag of the chain.
    width (int): How many outputs there are.
    edges (Dict[str, List[int]]): Where the outputs of edge features begin that "O" and each label have brought.
    edge_width (int): How many of these there are: (L + 1) ** 2 + L for each chain.
    """

    labels: Dict[str, List[str]]
    columns: Dict[str, List[int]]
    width: int
    edges: Dict[str, List[int]]
    edge_width: int


def lay_out(names: Sequence[str], opened: Sequence[Tuple[str, str]], n_letters: int) -> Layout:
    """Deal the outputs of a model to chains.

    names (Sequence[str]): The chains. A component with one chain has its "O" even without labels.
    opened (Sequence[Tuple[str, str]]): Chain and label, in the order in which labels were opened.
    n_letters (int): How many tags a label has.
    """
    labels: Dict[str, List[str]] = {name: [] for name in names}
    columns: Dict[str, List[int]] = {name: [] for name in names}
    edges: Dict[str, List[int]] = {name: [] for name in names}
    width = edge_width = 0
    if list(names) == [ONLY]:
        columns[ONLY].append(width)
        edges[ONLY].append(edge_width)
        width = edge_width = 1
    for name, label in opened:
        wanted = n_letters if columns[name] else 1 + n_letters
        columns[name].extend(range(width, width + wanted))
        width += wanted
        if not edges[name]:
            edges[name].append(edge_width)
            edge_width += 1
        labels[name].append(label)
        edges[name].append(edge_width)
        edge_width += 2 * len(labels[name]) + 2
    return Layout(labels, columns, width, edges, edge_width)


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
    scheme: str,
    name: str,
    output: Mapping[str, Any],
    layout: Layout,
    constraints: Mapping[str, Any],
    disabled: Sequence[str],
    has_edges: bool = False,
) -> Chain:
    """Make a chain.

    scheme (str): The tagging scheme.
    name (str): Name of the chain.
    output (Mapping[str, Any]): Its `spans_key`, `set_ents` and `labels`.
    layout (Layout): Labels and outputs.
    constraints (Mapping[str, Any]): The settings of the component.
    disabled (Sequence[str]): Labels that no legal sequence may hold for now.
    has_edges (bool): Whether the model has edge features.
    """
    labels = layout.labels[name]
    tagset = TagSet(scheme, labels, [label for label in labels if label in disabled])
    rules = make_rules(tagset, constraints)
    if has_edges:
        rules = [LabelBefore(), *rules]  # first: `Chain.edge_outputs` reads its memory
    states = States(tagset, rules)
    columns = numpy.array(layout.columns[name], dtype=int)
    edges = numpy.array(layout.edges[name], dtype=int) if has_edges else None
    own = output["labels"] is not None
    return Chain(name, output["spans_key"], output["set_ents"], own, tagset, states, columns, edges)
