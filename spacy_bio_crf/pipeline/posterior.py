"""The distribution over the legal analyses of one document: any span, any token, alternatives, samples, uncertainty."""
from typing import Any, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from spacy.tokens import Doc, Span, SpanGroup

from .. import crf
from ..evaluation.calibration import apply_calibration
from ..tags import States
from ..types import Bools2d, ChainScores, Floats1d, Floats2d, Ints1d, Ints2d
from .annotate import make_span_group, spans_of_rows
from .demands import AnySpan, as_triple
from .lattice import ChainIndex
from .lift import fold_columns


class Analysis(NamedTuple):
    """One way to read a document.

    spans (List[Span]): Its spans, in order.
    probability (float): Of exactly these spans, given what is preset.
    """

    spans: List[Span]
    probability: float


class Posterior:
    """P(spans | document) under a trained tagger, conditional on preset entities and blocked tokens.

    Probabilities of spans are calibrated, if the tagger is. Those of tokens and of whole analyses are the chain's own.
    """

    def __init__(
        self,
        doc: Doc,
        scores: ChainScores,
        allowed: Optional[Bools2d],
        states: States,
        calibration: Optional[Any] = None,
    ):
        """doc (Doc): The document, of T tokens, N of them in the chain.
        scores (ChainScores): Scores of the states of its chain, a batch of one.
        allowed (Optional[Bools2d]): The states that each token may have. Shape: N, Q
        states (States): The states.
        calibration (Optional[Any]): What `spacy_bio_crf.evaluation` fitted.
        """
        self.doc = doc
        self.scores = scores
        self.allowed = allowed
        self.states = states
        self.tagset = states.tagset
        self.calibration = calibration
        self._index = ChainIndex(doc)

    def span_probabilities(self, spans: Iterable[AnySpan]) -> Floats1d:
        """P(exactly this span with this label is in the document), for any spans.

        spans (Iterable[AnySpan]): Spans, or (start, end, label) in tokens.
        RETURNS (Floats1d): 0 for a span that begins or ends on whitespace, or has a label that is not known. Shape: S
        RAISES (ValueError): A span outside the document.
        """
        rows, places = [], []
        before, ids = self._index.before, self.tagset.index
        triples = [as_triple(self.doc, span) for span in spans]
        for place, (start, end, label) in enumerate(triples):
            if label in ids and self._index.has_edges(start, end):
                rows.append((before[start], before[end], ids[label]))
                places.append(place)
        probabilities = numpy.zeros(len(triples))
        if rows:
            probabilities[places] = self._calibrated(crf.span_probabilities(*self._question(numpy.array(rows))))
        return probabilities

    def token_probabilities(self) -> Floats2d:
        """P(tag) of each token, columns in the order of `tagger.tagset.names`.

        RETURNS (Floats2d): Rows of tokens sum to 1, except for whitespace tokens, which are in no chain: 0. Shape: T, K
        """
        probabilities = numpy.zeros((len(self.doc), len(self.tagset)))
        of_states = crf.marginals(self.scores, self.allowed)[1].emissions
        probabilities[self._index.tokens] = fold_columns(of_states, self.states.tags, len(self.tagset))
        return probabilities

    def log_probability(self, tags: Optional[Ints1d] = None) -> float:
        """Log probability of a tag sequence over the N tokens of the chain, by default of the best one, in nats."""
        log_z = crf.log_partition(self.scores, self.allowed)[0]
        if tags is None:
            return float(crf.best_path(self.scores, self.allowed)[1][0] - log_z)
        with_tags = self.states.tags == numpy.asarray(tags, dtype=int)[:, None]
        allowed = with_tags if self.allowed is None else with_tags & self.allowed
        return float(crf.log_partition(self.scores, allowed)[0] - log_z)

    def entropy(self) -> float:
        """Entropy of the distribution over analyses, in nats."""
        return float(crf.entropy(self.scores, self.allowed)[0])

    def best_probability(self) -> float:
        """Probability of the best analysis."""
        return float(numpy.exp(self.log_probability()))

    def margin(self) -> float:
        """Probability of the best analysis less that of the second best, or 1 if there is no second."""
        probabilities = self._k_best(2)[1]
        return float(probabilities[0] - probabilities[1]) if len(probabilities) > 1 else float(probabilities[0])

    def best(self) -> List[Span]:
        """The spans of the best analysis, in order."""
        return self._spans_of(crf.best_path(self.scores, self.allowed)[0])

    def alternatives(self, k: int) -> List[Analysis]:
        """The k best analyses, best first, all different. The first is the one that Viterbi decoding gives.

        k (int): How many at most, at least 1.
        RETURNS (List[Analysis]): As many as there are, with probabilities that sum to at most 1.
        """
        paths, probabilities = self._k_best(k)
        return [Analysis(self._spans_of(path), float(p)) for path, p in zip(paths, probabilities)]

    def candidates(self, threshold: float = 0.1, name: str = "candidates") -> SpanGroup:
        """All spans with at least this probability, overlapping ones too, in the order of their starts.

        threshold (float): Above 0, at most 1; of the calibrated probability, if the tagger is calibrated.
        name (str): Name of the group.
        RETURNS (SpanGroup): The spans; `attrs["scores"]` holds their probabilities.
        """
        rows, raw = crf.likely_spans(*self._question(self._raw(threshold)))
        probabilities = self._calibrated(raw)
        likely = probabilities >= threshold
        return make_span_group(self.doc, self._spans(rows[likely]), name, probabilities[likely])

    def sample(self, n: int, seed: int = 0) -> List[List[Span]]:
        """Draw analyses from the distribution, exactly and independently.

        n (int): How many.
        seed (int): The same seed gives the same draws.
        RETURNS (List[List[Span]]): The spans of each.
        """
        return [self._spans_of(path) for path in crf.sample(self.scores, n, seed, self.allowed)]

    def _k_best(self, k: int) -> Tuple[Sequence[Ints1d], Floats1d]:
        paths, scores = crf.k_best(self.scores, k, self.allowed)
        found = numpy.isfinite(scores[:, 0])
        log_z = crf.log_partition(self.scores, self.allowed)[0]
        return paths[found], numpy.exp(numpy.minimum(scores[found, 0] - log_z, 0.0))

    def _spans_of(self, path: Ints1d) -> List[Span]:
        return self._spans(self.states.spans(path, self.scores.lengths))

    def _spans(self, rows: Ints2d) -> List[Span]:
        return spans_of_rows(self.doc, rows, self.tagset, len(self._index))

    def _question(self, about: Any) -> tuple:
        return self.scores, about, self.states.label_ids, self.states.joins, self.allowed

    def _raw(self, threshold: float) -> float:
        """A probability that calibration keeps below the threshold, or puts at it: by bisection, since it never falls."""
        low, high = 0.0, threshold if self.calibration is None else 1.0
        while self.calibration is not None and high - low > 1e-6 + 1e-3 * low:
            middle = (low + high) / 2
            if self._calibrated(numpy.array([middle]))[0] < threshold:
                low = middle
            else:
                high = middle
        return high if self.calibration is None else max(low, 1e-6)

    def _calibrated(self, probabilities: Floats1d) -> Floats1d:
        return apply_calibration(self.calibration, probabilities)
