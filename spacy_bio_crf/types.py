"""Array aliases, the legend of axis letters, and the two records that rooms hand to each other.

Axis letters, in every docstring of the project:

    N  tokens of a batch, its sequences laid end to end
    B  sequences of the batch; `lengths[B]` says how the N tokens are divided
    K  tags, or whatever a chain has in their place: the Q states of an automaton
    Q  states: tags and what rules remember (`spacy_bio_crf.tags.States`)
    S  spans
    T  tokens of a document, whitespace included
    L  labels
    E  steps between labels that features score (`spacy_bio_crf.pipeline.chains.step_outputs`)
    M  numbers that rules remember

`step[i, j]` is the score of going *from* tag i *to* tag j. Scores are in nats. Ties go to the lowest id.
"""
from dataclasses import dataclass, replace
from typing import Any, List, NamedTuple, Optional, Tuple

import numpy

Floats1d = Any
Floats2d = Any
Ints1d = Any
Ints2d = Any
Bools1d = Any
Bools2d = Any
Key = Tuple[int, str]  # of a parameter: the id of its node, and its name


class Constraints(NamedTuple):
    """What a tag sequence may be. True is legal; forbidden is a boolean, never a large negative score.

    start (Bools1d): Tags that may come first. Shape: K
    step (Bools2d): Which tag may follow which. Shape: K, K
    end (Bools1d): Tags that may come last. Shape: K
    """

    start: Bools1d
    step: Bools2d
    end: Bools1d


@dataclass
class ChainScores:
    """The scores of a batch of chains; or, in the same shape, the gradients of these scores.

    emissions (Floats2d): Score of each tag at each token. Shape: N, K
    lengths (Ints1d): Tokens of each sequence, 0 included; their sum is N. Shape: B
    start (Floats1d): Score of beginning with a tag. Shape: K
    step (Floats2d): Score of going from one tag to the next. Shape: K, K
    end (Floats1d): Score of ending with a tag. Shape: K
    constraints (Constraints): The legal starts, steps and ends. A forbidden one is never taken, whatever its score.
    edges (Optional[Floats2d]): Score of each step between labels, for the step to a token; 0 for the first token of a
        sequence. `spacy_bio_crf.crf` knows none: `spacy_bio_crf.pipeline.lift` makes them emissions of states.
        Shape: N, E
    """

    emissions: Floats2d
    lengths: Ints1d
    start: Floats1d
    step: Floats2d
    end: Floats1d
    constraints: Constraints
    edges: Optional[Floats2d] = None

    def rows_of_sequences(self) -> List[slice]:
        """Where the tokens of each sequence lie. Length: B"""
        ends = numpy.cumsum(self.lengths).tolist()
        return [slice(start, end) for start, end in zip([0, *ends], ends)]

    def sequence(self, rows: slice) -> "ChainScores":
        """One sequence as a batch of its own."""
        edges = None if self.edges is None else self.edges[rows]
        return replace(self, emissions=self.emissions[rows], lengths=numpy.array([rows.stop - rows.start]), edges=edges)
