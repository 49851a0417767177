"""The chain as a `torch.nn.Module`, over padded batches."""
from dataclasses import dataclass
from typing import Optional, Tuple

import numpy
import torch
from torch import Tensor

from ...errors import Errors
from ...types import ChainScores, Constraints, Ints1d
from ..checks import check_ints
from . import contract
from .arrays import check_tensor, on_host

REDUCTIONS = ("none", "sum", "mean", "token_mean")


@dataclass
class Padding:
    """Where the tokens of a padded batch are.

    shape (Tuple[int, int]): Sequences, and places for tokens in each: B, P
    lengths (Ints1d): On the host. Shape: B
    rows (Tensor): Of the B P places, those with a token. Shape: N
    """

    shape: Tuple[int, int]
    lengths: Ints1d
    rows: Tensor

    @classmethod
    def of(cls, emissions: Tensor, lengths: Optional[Ints1d]) -> "Padding":
        check_tensor("emissions", emissions, (None, None, None))
        n_sequences, n_places, _ = emissions.shape
        if lengths is None:
            lengths = numpy.full(n_sequences, n_places)
        lengths = check_ints("lengths", on_host(lengths), (n_sequences,))
        if lengths.min(initial=0) < 0 or lengths.max(initial=0) > n_places:
            raise ValueError(Errors.E214.format(places=n_places, lengths=lengths))
        rows = torch.from_numpy(numpy.flatnonzero(numpy.arange(n_places) < lengths[:, None]))
        return cls((n_sequences, n_places), lengths, rows.to(emissions.device, non_blocking=True))

    def remove(self, padded: Tensor) -> Tensor:
        """Shape: B, P, ... -> N, ..."""
        places = padded.flatten(0, 1)
        return places if len(places) == len(self.rows) else places.index_select(0, self.rows)

    def add(self, ragged: Tensor, fill: float, dim: int = 0) -> Tensor:
        """Shape: ..., N, ... -> ..., B, P, ..., where `dim` is that of N."""
        n_places = self.shape[0] * self.shape[1]
        padded = ragged.new_full((*ragged.shape[:dim], n_places, *ragged.shape[dim + 1 :]), fill)
        return padded.index_copy(dim, self.rows, ragged).unflatten(dim, self.shape)


class ChainCRF(torch.nn.Module):
    """A linear-chain conditional random field (Lafferty et al. 2001) with boolean constraints, exact in likelihood and
    decoding.

    Batches are padded: emissions (B, P, K) in any floating dtype, and how many of the P places of each sequence have a
    token (`lengths`, shape: B; all of them if None; 0 is legal). What stands in the other places does not matter.
    `allowed` (bool, optional) narrows the tags of each token. Shape: B, P, K. See `spacy_bio_crf.types` for the other
    letters.

    n_tags (int): K.
    constraints (Optional[Constraints]): The legal starts, steps and ends, such as
        `spacy_bio_crf.tags.constraints.TagSet` makes; all of them if None. They are buffers, and travel with the
        weights.
    """

    def __init__(self, n_tags: int, constraints: Optional[Constraints] = None):
        super().__init__()
        shapes = {"start": (n_tags,), "step": (n_tags, n_tags), "end": (n_tags,)}
        for name, shape in shapes.items():
            self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))
            may = torch.ones(shape, dtype=torch.bool)
            if constraints is not None:
                may = check_tensor(f"constraints.{name}", getattr(constraints, name), shape, torch.bool).clone()
            self.register_buffer(f"may_{name}", may)

    def scores(self, emissions: Tensor, lengths: Optional[Ints1d] = None) -> ChainScores:
        """The batch without its padding, for the functions of `spacy_bio_crf.crf`."""
        return self._scores(emissions, Padding.of(emissions, lengths))

    def forward(
        self,
        emissions: Tensor,
        tags: Tensor,
        lengths: Optional[Ints1d] = None,
        allowed: Optional[Tensor] = None,
        reduction: str = "mean",
    ) -> Tensor:
        """The negative log-likelihood, a loss to minimise.

        tags (Tensor): The gold tag of each token, -1 where it is not known; or, as bool, the tags that each token may
            truly have. Shape: B, P; or B, P, K
        reduction (str): "none" (shape: B), "sum", "mean" over sequences, or "token_mean", the sum over the number of
            tokens.
        RETURNS (Tensor): In the dtype of the emissions, or float32 if that is less.
        RAISES ValueError: As `spacy_bio_crf.crf.loss`; or if a tag, a length or the reduction is unknown.
        """
        if reduction not in REDUCTIONS:
            raise ValueError(Errors.E215.format(reduction=reduction, known=", ".join(REDUCTIONS)))
        padding = Padding.of(emissions, lengths)
        scores = self._scores(emissions, padding)
        gold = self._gold(tags, padding)
        losses = contract.negative_log_likelihood(scores, gold, self._allowed(allowed, padding))
        losses = losses.to(torch.promote_types(emissions.dtype, torch.float32))
        if reduction == "none":
            return losses
        counts = {"sum": 1, "mean": len(losses), "token_mean": len(padding.rows)}
        return losses.sum() / max(1, counts[reduction])

    def best_path(
        self, emissions: Tensor, lengths: Optional[Ints1d] = None, allowed: Optional[Tensor] = None
    ) -> Tuple[Tensor, Tensor]:
        """As `spacy_bio_crf.crf.best_path`. RETURNS (Tuple[Tensor, Tensor]): Tags, -1 where there is no token, shape:
        B, P; and scores, shape: B."""
        padding = Padding.of(emissions, lengths)
        tags, best = contract.best_path(self._scores(emissions, padding), self._allowed(allowed, padding))
        return padding.add(tags, -1), best

    def k_best(
        self, emissions: Tensor, k: int, lengths: Optional[Ints1d] = None, allowed: Optional[Tensor] = None
    ) -> Tuple[Tensor, Tensor]:
        """As `spacy_bio_crf.crf.k_best`. RETURNS (Tuple[Tensor, Tensor]): Tags, shape: k, B, P; and scores, shape: k,
        B."""
        padding = Padding.of(emissions, lengths)
        tags, best = contract.k_best(self._scores(emissions, padding), k, self._allowed(allowed, padding))
        return padding.add(tags, -1, dim=1), best

    def probabilities(
        self, emissions: Tensor, lengths: Optional[Ints1d] = None, allowed: Optional[Tensor] = None
    ) -> Tensor:
        """The probability of each tag at each token; 0 where there is none. Can be differentiated. Shape: B, P, K"""
        padding = Padding.of(emissions, lengths)
        scores = self._scores(emissions, padding)
        return padding.add(contract.tag_probabilities(scores, self._allowed(allowed, padding)), 0.0)

    def log_partition(
        self, emissions: Tensor, lengths: Optional[Ints1d] = None, allowed: Optional[Tensor] = None
    ) -> Tensor:
        """As `spacy_bio_crf.crf.log_partition`. Can be differentiated. Shape: B"""
        padding = Padding.of(emissions, lengths)
        return contract.log_partition(self._scores(emissions, padding), self._allowed(allowed, padding))

    def entropy(self, emissions: Tensor, lengths: Optional[Ints1d] = None, allowed: Optional[Tensor] = None) -> Tensor:
        """As `spacy_bio_crf.crf.entropy`. Can be differentiated. Shape: B"""
        padding = Padding.of(emissions, lengths)
        return contract.entropy(self._scores(emissions, padding), self._allowed(allowed, padding))

    def extra_repr(self) -> str:
        return f"n_tags={len(self.start)}"

    def _scores(self, emissions: Tensor, padding: Padding) -> ChainScores:
        constraints = Constraints(self.may_start, self.may_step, self.may_end)
        return ChainScores(padding.remove(emissions), padding.lengths, self.start, self.step, self.end, constraints)

    def _allowed(self, allowed: Optional[Tensor], padding: Padding) -> Optional[Tensor]:
        if allowed is None:
            return None
        return padding.remove(check_tensor("allowed", allowed, (*padding.shape, len(self.start)), torch.bool))

    def _gold(self, tags: Tensor, padding: Padding) -> Tensor:
        n_tags = len(self.start)
        if tags.dtype == torch.bool:
            return padding.remove(check_tensor("tags", tags, (*padding.shape, n_tags), torch.bool))
        tags = padding.remove(check_tensor("tags", tags, padding.shape, torch.int64))
        lowest, highest = torch.aminmax(tags) if len(tags) else (tags, tags)
        if (lowest < -1).any() or (highest >= n_tags).any():
            token = int(((tags < -1) | (tags >= n_tags)).nonzero()[0])
            raise ValueError(Errors.E206.format(last=n_tags - 1, tag=int(tags[token]), token=token))
        if (lowest >= 0).all():
            return tags
        return (tags[:, None] == torch.arange(n_tags, device=tags.device)) | (tags == -1)[:, None]
