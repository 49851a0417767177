"""Which of Thinc's layers a node is."""
from typing import Callable, List

from thinc.api import Model
from thinc.layers.chain import forward as chain


def is_a(node: Model, forward: Callable) -> bool:
    """Whether a node is of the layer that has this forward pass."""
    return node._func is forward


def in_turn(*nodes: Model) -> List[Model]:
    """The layers that nodes run one after the other, chains taken apart."""
    return [layer for node in nodes for layer in (in_turn(*node.layers) if is_a(node, chain) else [node])]
