"""What a chain learns from: arrays in, losses and gradients out; no spaCy, no Thinc.

Every function takes the scores of a ragged batch (`ChainScores`), and optionally `allowed` (Bools2d, shape: N, K), what was
known before learning: it narrows every path. Losses are in nats, float64; gradients are float32, in the shape of the
scores, of the sum of the losses. The tags may as well be states of an automaton: K is whatever the chain has.
"""
from .entity_ratio import entity_ratio_loss
from .likelihood import margin_costs, weighted_loss
from .negative import ANY_LABEL, negative_loss
from .rehearsal import divergence

__all__ = ["ANY_LABEL", "divergence", "entity_ratio_loss", "margin_costs", "negative_loss", "weighted_loss"]
