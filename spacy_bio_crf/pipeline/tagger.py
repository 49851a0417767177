"""The component: what it does."""
import warnings
from itertools import compress, islice
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import check_lexeme_norms, minibatch
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from .. import crf
from ..errors import Errors, Warnings
from ..evaluation import apply_calibration
from ..model.layer import to_numpy
from ..model.ops import keep_fast_blas
from ..tags import TagSet, get_scheme
from ..types import Bools2d, ChainScores, Floats1d, Floats2d
from .annotate import (
    make_span_group,
    predicted_rows,
    record_predictions,
    register_extension,
    set_entities,
    spans_of_rows,
)
from .conditions import CharSpan, preset_lattice, preset_tokens
from .decoding import RULES, Decoding, decode
from .gold import gold_lattice, gold_spans
from .guards import FORMAT, finite_scores
from .posterior import AnySpan, Posterior
from .scorer import span_score
from .state import TaggerState


class BioCrfTagger(TaggerState):
    """Finds labelled spans with a constrained linear-chain CRF: every predicted tag sequence is legal."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], ChainScores],
        name: str = "bio_crf_tagger",
        *,
        scheme: str = "BIO",
        spans_key: Optional[str] = None,
        set_ents: bool = True,
        overwrite: bool = False,
        scores: bool = True,
        decode: str = "viterbi",
        threshold: float = 0.0,
        thresholds: Optional[Dict[str, float]] = None,
        calibration: Optional[Dict[str, Any]] = None,
        scorer: Optional[Callable] = span_score,
    ) -> None:
        """Initialize the tagger.

        vocab (Vocab): The shared vocabulary.
        model (Model[List[Doc], ChainScores]): The scores of the chains.
        name (str): Name of the component instance; losses are recorded under it.
        scheme (str): Tagging scheme: BIO, BIOES, BILUO, BMES, IOB1 or IO.
        spans_key (Optional[str]): Key of the span group to write to, if any.
        set_ents (bool): Whether to write to `doc.ents`. If so, the gold entities are learned, else the gold span group.
        overwrite (bool): Whether to drop preset entities and blocked tokens. If not, they stand, and the rest of the
            document is decoded given them. A span group is always replaced.
        scores (bool): Whether predicted spans carry their probability: in `attrs["scores"]` of the span group, and as
            `span._.probability`. Without a `spans_key`, the group is named after the component, and holds the scores alone.
        decode (str): "viterbi": the best legal sequence. "marginal": the spans that are more likely than not. "expected_f":
            the spans of the best expected F1 of each document.
        threshold (float): Probability below which a span is dropped.
        thresholds (Optional[Dict[str, float]]): The same for single labels, in place of `threshold`.
        calibration (Optional[Dict[str, Any]]): What `spacy bio-crf calibrate` fitted.
        scorer (Optional[Callable]): The scoring method.
        RAISES (ValueError): An unknown scheme or decoding rule, or settings that leave nothing to write to.
        """
        if not set_ents and spans_key is None:
            raise ValueError(Errors.E401.format(name=name))
        if decode not in RULES:
            raise ValueError(Errors.E408.format(name=name, decode=decode, known=", ".join(RULES)))
        if not all(model.has_ref(ref) for ref in ("tok2vec", "output_layer", "crf")):
            raise ValueError(Errors.E409.format(name=name, model=model.name))
        apply_calibration(calibration, numpy.zeros(0))  # refuses what is no calibration
        register_extension()
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "format": FORMAT,
            "labels": [],
            "closed_labels": [],
            "scheme": get_scheme(scheme).name,
            "spans_key": spans_key,
            "set_ents": set_ents,
            "overwrite": overwrite,
            "scores": scores,
            "decode": decode,
            "threshold": threshold,
            "thresholds": dict(thresholds or {}),
            "calibration": calibration,
        }
        self._tagset = TagSet(scheme, [])

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        """Initialize the model, with the labels of the examples or with given ones.

        get_examples (Callable[[], Iterable[Example]]): Returns a representative sample of gold-standard examples. Without
            `labels` they are all read, for their labels and to report gold that no legal sequence can hold; with `labels`,
            which a stream without end needs, the first ten.
        nlp (Optional[Language]): The current nlp object.
        labels (Optional[Sequence[str]]): The labels, as `spacy init labels` writes them.
        RAISES (ValueError): There are no labels, one that no tag can carry, or a number other than the model's `nO` asks for.
        """
        validate_get_examples(get_examples, "BioCrfTagger.initialize")
        check_lexeme_norms(self.vocab, self.name)
        limit = None if labels is None else 10
        if labels is None:
            labels = sorted({s.label_ for eg in get_examples() for s in gold_spans(eg.reference, self.gold_key)})
        elif isinstance(labels, str):
            raise ValueError(Errors.E402.format(name=self.name, labels=labels))
        self.cfg["closed_labels"] = []
        for label in labels:
            self.add_label(label)
        self.cfg["closed_labels"] = []
        if not self.labels:
            raise ValueError(Errors.E403.format(name=self.name, where=self._gold_name()))
        asked = self.model.get_ref("crf").maybe_get_dim("nO")
        if not self.is_initialized and asked not in (None, len(self.tagset)):
            raise ValueError(Errors.E410.format(name=self.name, asked=asked, tags=len(self.tagset), labels=self.labels))
        self._resize()
        for example in islice(get_examples(), limit):
            self._gold(example)
        self.model.initialize(X=[example.predicted for example in islice(get_examples(), 10)])

    def predict(self, docs: Iterable[Doc]) -> List[Decoding]:
        """Decode the spans of each document, given what is preset, with their probabilities.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[Decoding]): Tags, spans and probabilities over the tokens that are not whitespace.
        RAISES (ValueError): The model is not initialized, or gives scores that are not finite.
        """
        docs = list(docs)
        scores, allowed = self._score(docs)
        with finite_scores(self.name, scores):
            return decode(scores, allowed, self.tagset, self.cfg)

    def set_annotations(self, docs: Iterable[Doc], decodings: List[Decoding]) -> None:
        """Write the decoded spans to `doc.ents`, to the span group, or to both.

        docs (Iterable[Doc]): The documents, changed in place.
        decodings (List[Decoding]): What `predict` returned.
        """
        for doc, (_, rows, probabilities) in zip(docs, decodings):
            spans = spans_of_rows(doc, rows, self.tagset)
            preset = preset_tokens(doc) if self._keeps_preset else None
            if preset is not None and preset.any():  # they stand already
                new = [not preset[span.start : span.end].any() for span in spans]
                spans = list(compress(spans, new))
                probabilities = None if probabilities is None else probabilities[new]
            if self.cfg["set_ents"]:
                set_entities(doc, spans, preset)
            as_group = self.cfg["spans_key"] is not None
            if probabilities is not None:
                record_predictions(doc, spans, probabilities, self.scores_key, as_group=as_group)
            elif as_group:
                doc.spans[self.scores_key] = make_span_group(doc, spans, self.scores_key, None)

    def posteriors(self, docs: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Posterior]:
        """The distribution over the analyses of each document: alternatives, candidates, samples, entropy.

        docs (Iterable[Doc]): The documents. What is preset on them conditions the distribution, other than spans that this
            component has predicted and given a probability.
        batch_size (int): How many documents to score at once.
        YIELDS (Posterior): What can be asked of a document.
        """
        for batch in minibatch(docs, batch_size):
            scores, allowed = self._score(batch, self._own_predictions)
            for doc, rows in zip(batch, scores.rows_of_sequences()):
                lattice = None if allowed is None else allowed[rows]
                yield Posterior(doc, scores.sequence(rows), lattice, self.tagset, self.cfg["calibration"])

    def posterior(self, doc: Doc) -> Posterior:
        """The distribution over the analyses of one document. See `posteriors`."""
        return next(self.posteriors([doc]))

    def span_probabilities(self, doc: Doc, spans: Iterable[AnySpan]) -> Floats1d:
        """Probabilities of any spans, predicted or not. See `Posterior.span_probabilities`. Shape: S"""
        return self.posterior(doc).span_probabilities(spans)

    def token_probabilities(self, doc: Doc) -> Floats2d:
        """Probabilities of the tags `tagset.names` of each token. See `Posterior.token_probabilities`. Shape: T, K"""
        return self.posterior(doc).token_probabilities()

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch. It always backpropagates, zeros where nothing is annotated: the last listener of a shared
        tok2vec triggers the backward pass for all.

        examples (Iterable[Example]): A batch of examples.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Updated with the negative log-likelihood of the batch in nats, under the name
            of the component.
        RETURNS (Dict[str, float]): The updated losses.
        """
        if losses is None:
            losses = {}
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "BioCrfTagger.update")
        self._require_initialized()
        if not any(len(eg.predicted) for eg in examples):
            return losses  # no vectors, so nothing that a shared tok2vec could learn
        self._open_labels(examples)
        keep_fast_blas(self.model)
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update([eg.predicted for eg in examples])
        loss, d_scores = self.get_loss(examples, scores)
        backprop(d_scores)
        if sgd not in (None, False):
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(self, examples: Iterable[Example], scores: ChainScores) -> Tuple[float, ChainScores]:
        """Find the loss, log Z - log Z(gold), and its gradient.

        examples (Iterable[Example]): The batch of examples.
        scores (ChainScores): Scores of the chains of the predicted documents.
        RETURNS (Tuple[float, ChainScores]): The sum over the batch in nats, and the gradients in the shape of the scores.
        """
        validate_examples(examples, "BioCrfTagger.get_loss")
        scores = to_numpy(scores, self.model.ops)
        gold = numpy.concatenate([self._gold(example) for example in examples])
        with finite_scores(self.name, scores):
            loss, d_scores = crf.loss(scores, gold)
        return float(loss.sum()), d_scores

    def score(self, examples: Iterable[Example], **kwargs) -> Dict[str, Any]:
        """Score predictions. The scorer also gets the settings in `cfg`, and the key of the probabilities."""
        scores_key = self.scores_key if self.cfg["scores"] else None
        return super().score(examples, scores_key=scores_key, **kwargs)

    @property
    def _keeps_preset(self) -> bool:
        return self.cfg["set_ents"] and not self.cfg["overwrite"]

    def _own_predictions(self, doc: Doc) -> Set[CharSpan]:
        return {tuple(row[:3]) for row in predicted_rows(doc, self.scores_key)}

    def _score(
        self, docs: List[Doc], own: Callable[[Doc], Set[CharSpan]] = lambda doc: set()
    ) -> Tuple[ChainScores, Optional[Bools2d]]:
        """The scores of a batch, and what is preset in it other than the component's own spans."""
        self._require_initialized()
        keep_fast_blas(self.model)
        scores = to_numpy(self.model.predict(docs), self.model.ops)
        return scores, self._conditions(docs, scores, own)

    def _conditions(
        self, docs: List[Doc], scores: ChainScores, own: Callable[[Doc], Set[CharSpan]]
    ) -> Optional[Bools2d]:
        """What preset entities and blocked tokens leave to the tokens of a batch. Shape: N, K"""
        if not self._keeps_preset:
            return None
        lattices = [preset_lattice(doc, self.tagset, own(doc)) for doc in docs]
        if all(lattice is None for lattice in lattices):
            return None
        free = (numpy.ones((length, len(self.tagset)), dtype=bool) for length in scores.lengths)
        return numpy.concatenate([one if lattice is None else lattice for one, lattice in zip(free, lattices)])

    def _gold(self, example: Example) -> Bools2d:
        """The gold lattice of an example, with a warning for what cannot be learned. Shape: N, K"""
        gold = gold_lattice(example, self.tagset, self.gold_key)
        if gold.forbidden:
            text = example.predicted.text[:80]
            scheme = self.cfg["scheme"]
            warnings.warn(Warnings.W401.format(name=self.name, scheme=scheme, spans=gold.forbidden, text=text))
        for label in gold.foreign:
            warnings.warn(Warnings.W402.format(name=self.name, label=label))
        return gold.allowed

    def _gold_name(self) -> str:
        return "doc.ents" if self.gold_key is None else f'doc.spans["{self.gold_key}"]'
