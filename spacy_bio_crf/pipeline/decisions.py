"""Why a token has its tag: what the token itself says, and what its neighbours do."""
from typing import List, NamedTuple, Optional, Tuple

import numpy
from spacy.tokens import Doc, Token

from .. import crf
from ..types import ChainScores, Floats1d, Floats2d
from .decoding import decode
from .posterior import Posterior
from .tagger import BioCrfTagger

Tag = Tuple[str, float]  # with its probability


class Decision(NamedTuple):
    """The predicted tag of a token.

    token (Token): The token.
    tag (Tag): Its predicted tag.
    runner_up (Tag): The most probable other one.
    alone (str): The tag that the token would have by its own scores, without its neighbours.
    transition (Optional[str]): The transition that speaks most for the predicted tag against that one, such as
        "B-LOC → I-LOC"; None where the two are the same.
    score (Optional[float]): How much, in nats; infinite where the neighbour forbids the other tag.
    """

    token: Token
    tag: Tag
    runner_up: Tag
    alone: str
    transition: Optional[str]
    score: Optional[float]


def decisions(tagger: BioCrfTagger, doc: Doc, *, chain: Optional[str] = None) -> Tuple[Posterior, List[Decision]]:
    """Tell of each token what decided its tag. The neighbours' tags are taken as predicted.

    tagger (BioCrfTagger): A trained tagger.
    doc (Doc): The document, as it comes to the tagger.
    chain (Optional[str]): The chain, None for the only one.
    RETURNS (Tuple[Posterior, List[Decision]]): The distribution, and a decision for each token that is not whitespace.
    RAISES (ValueError): There is no such chain.
    """
    posterior = tagger.posterior(doc, chain=chain)
    scores, states = posterior.scores, posterior.states
    settings = tagger.settings_of(tagger.chain(chain).name)
    (decoding,) = decode(scores, posterior.allowed, states, settings)
    with_tags = states.tags == decoding.tags[:, None]
    path = crf.best_path(scores, with_tags if posterior.allowed is None else with_tags & posterior.allowed)[0]
    probabilities, names = posterior.token_probabilities(), states.tagset.names
    around = [None, *path.tolist(), None]
    tokens = [token for token in doc if not token.is_space]
    found = []
    for at, (token, state) in enumerate(zip(tokens, path.tolist())):
        tag, of_token = int(states.tags[state]), probabilities[token.i]
        other = max((i for i in range(len(names)) if i != tag), key=of_token.__getitem__)
        rival = int(scores.emissions[at].argmax())
        transition, score = None, None
        if states.tags[rival] != tag:
            before, after = around[at], around[at + 2]
            sides = [
                (f"{_name(posterior, before, 'start')} → {names[tag]}", _to(scores, before)),
                (f"{names[tag]} → {_name(posterior, after, 'end')}", _from(scores, after)),
            ]
            gains = [(name, float(side[state] - side[rival])) for name, side in sides]
            transition, score = max(gains, key=lambda gain: gain[1])
        told = [(names[i], float(of_token[i])) for i in (tag, other)]
        found.append(Decision(token, *told, names[states.tags[rival]], transition, score))
    return posterior, found


def _name(posterior: Posterior, state: Optional[int], edge: str) -> str:
    return f"({edge})" if state is None else posterior.tagset.names[posterior.states.tags[state]]


def _to(scores: ChainScores, before: Optional[int]) -> Floats1d:
    """Scores of the steps from a state to all, or of all starts; -inf where they are not legal. Shape: Q"""
    legal = scores.constraints
    return _masked(scores.start, legal.start) if before is None else _masked(scores.step[before], legal.step[before])


def _from(scores: ChainScores, after: Optional[int]) -> Floats1d:
    """Scores of the steps from all states to one, or of all ends, likewise. Shape: Q"""
    legal = scores.constraints
    return _masked(scores.end, legal.end) if after is None else _masked(scores.step[:, after], legal.step[:, after])


def _masked(scores: Floats2d, legal: Floats2d) -> Floats1d:
    return numpy.where(legal, scores, -numpy.inf)
