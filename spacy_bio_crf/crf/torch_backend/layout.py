"""How a batch lies in memory while the chain goes through it: token by token, all sequences at once, without
padding."""
from dataclasses import dataclass
from typing import List

import numpy
import torch

from ...types import Ints1d


@dataclass
class Layout:
    """The tokens that come first in their sequences, then all that come second, and so on; the longest sequence first,
    so that those still going on are always the first ones of the row before (as in torch's PackedSequence). Empty
    sequences are left out. All tensors are int64, on the device of the batch.

    n_sequences (int): Sequences of the batch, empty ones included.
    sequences (Tensor): Which of them are in, longest first. Shape: B'
    sizes (List[int]): How many sequences have a first token, a second one, ... On the host: nothing waits for the
        device.
    rows (Tensor): The caller's row of each token. Shape: N
    owners (Tensor): The place in `sequences` of the token's one. Shape: N
    before (Tensor): Where the token before lies, for all tokens but first ones. Shape: N - B'
    last (Tensor): Where the last token of each of `sequences` lies. Shape: B'
    """

    n_sequences: int
    sequences: torch.Tensor
    sizes: List[int]
    rows: torch.Tensor
    owners: torch.Tensor
    before: torch.Tensor
    last: torch.Tensor

    @property
    def n_first(self) -> int:
        """How many tokens come first: sequences that are not empty."""
        return len(self.sequences)

    def of_sequences(self, values: torch.Tensor, empty: float = 0.0) -> torch.Tensor:
        """Values of `sequences` in the order of the batch, with one for the empty ones. Shape: ..., B' -> ..., B"""
        everyone = values.new_full((*values.shape[:-1], self.n_sequences), empty)
        return everyone.index_copy(-1, self.sequences, values)

    def of_rows(self, values: torch.Tensor) -> torch.Tensor:
        """Values of tokens in the order of the caller. Shape: N, ... -> N, ..."""
        return torch.empty_like(values).index_copy_(0, self.rows, values)

    def sums(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over the tokens of each sequence. Shape: N -> B'"""
        return values.new_zeros(self.n_first).index_add(0, self.owners, values)


def lay_out(lengths: Ints1d, device: torch.device) -> Layout:
    """The layout of a ragged batch, its sequences end to end; lengths in NumPy, on the host. Shape: B"""
    firsts = numpy.cumsum(lengths) - lengths
    order = numpy.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    sorted_lengths = lengths[order]
    goes_on = numpy.arange(sorted_lengths.max(initial=0))[:, None] < sorted_lengths
    tokens, owners = numpy.nonzero(goes_on)
    sizes = goes_on.sum(axis=1)
    offsets = numpy.cumsum(sizes) - sizes
    arrays = (
        order,
        firsts[order][owners] + tokens,
        owners,
        (offsets[tokens - 1] + owners)[len(order) :],
        offsets[sorted_lengths - 1] + numpy.arange(len(order)) if len(order) else order,
    )
    sequences, rows, owners, before, last = (torch.from_numpy(x).to(device, non_blocking=True) for x in arrays)
    return Layout(len(lengths), sequences, sizes.tolist(), rows, owners, before, last)
