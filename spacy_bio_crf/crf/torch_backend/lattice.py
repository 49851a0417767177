"""A batch as the recursions read it."""
from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

from ...types import Bools2d, ChainScores
from .arrays import arithmetic, check_mask
from .layout import Layout, lay_out


@dataclass
class Lattice:
    """Scores in the arithmetic's dtype, with -inf where it is forbidden; made by operations that autograd can follow.

    emissions (Tensor): In the order of the layout. Shape: N, K
    start, end (Tensor): Shape: K
    step (Tensor): Shape: K, K
    """

    layout: Layout
    emissions: Tensor
    start: Tensor
    step: Tensor
    end: Tensor

    @property
    def scores(self):
        return self.emissions, self.start, self.step, self.end

    def narrowed(self, allowed: Tensor) -> "Lattice":
        """With only these tags left. Shape: N, K, in the order of the layout"""
        emissions = self.emissions.masked_fill(~allowed, -torch.inf)
        return Lattice(self.layout, emissions, self.start, self.step, self.end)


def make_lattice(scores: ChainScores, allowed: Optional[Bools2d] = None) -> Lattice:
    """From checked scores (`arrays.check_scores`)."""
    device = scores.emissions.device
    dtype = arithmetic(device)
    layout = lay_out(scores.lengths, device)
    emissions = scores.emissions.index_select(0, layout.rows).to(dtype)
    start, step, end = (
        values.to(dtype).masked_fill(~legal, -torch.inf)
        for values, legal in zip((scores.start, scores.step, scores.end), scores.constraints)
    )
    lattice = Lattice(layout, emissions, start, step, end)
    if allowed is None:
        return lattice
    return lattice.narrowed(check_mask("allowed", allowed, scores)[layout.rows])
