"""The component: what it does."""
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple

import numpy
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Model

from ..attributes import register_attributes
from ..errors import Errors
from ..evaluation import apply_calibration
from ..fast import keep_fast
from ..model.layer import to_numpy
from ..tags import States, get_scheme
from ..types import Bools2d, ChainScores, Floats1d, Floats2d
from .annotate import in_order, make_span_group, predicted_rows, record_predictions, register_extension, write_spans
from .chains import Chain
from .conditions import CharSpan, find_conditions, preset_tokens
from .decoding import RULES, Decoding, decode
from .demands import AnySpan, Demands, add_demands, demands_of_batch, make_demands
from .guards import FORMAT, finite_scores
from .learner import Learner
from .lift import lift
from .posterior import Posterior
from .scorer import span_score
from .settings import CONSTRAINTS, OF_SPANS, check_chains, check_learning, check_settings


class BioCrfTagger(Learner):
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
        chains: Optional[Dict[str, Dict[str, Any]]] = None,
        chain_per_label: bool = False,
        constraints: Optional[Dict[str, Any]] = None,
        learning: Optional[Dict[str, Any]] = None,
        incorrect_spans_key: Optional[str] = None,
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
        chains (Optional[Dict[str, Dict[str, Any]]]): Several chains over one encoder, in place of one. Each has its own
            `spans_key` and `set_ents`, and perhaps a list of its `labels`; else it learns those of its gold. It may have a
            `threshold`, `thresholds` and `calibration` of its own.
        chain_per_label (bool): Whether each label has a chain of its own, so that spans of several labels may overlap.
        constraints (Optional[Dict[str, Any]]): What every analysis must keep to. See `spacy_bio_crf.pipeline.settings`.
        learning (Optional[Dict[str, Any]]): What else the component learns from, and at which cost.
        incorrect_spans_key (Optional[str]): Key of the span group, in gold documents, of spans that are wrong.
        scorer (Optional[Callable]): The scoring method.
        RAISES (ValueError): An unknown scheme or decoding rule, or settings that leave nothing to write to.
        """
        chains = check_chains(name, chains or {})
        if chains and (spans_key is not None or chain_per_label) or chain_per_label and set_ents:
            raise ValueError(Errors.E424.format(name=name))
        for chain, to in chains.items():
            if to["spans_key"] == name and any(one["spans_key"] is None for one in chains.values()):
                raise ValueError(Errors.E428.format(name=name, chain=chain))
        check_settings(name, "", {"threshold": threshold, "thresholds": thresholds or {}}, dict.fromkeys(OF_SPANS))
        if not chains and not set_ents and spans_key is None:
            raise ValueError(Errors.E401.format(name=name))
        if decode not in RULES:
            raise ValueError(Errors.E408.format(name=name, decode=decode, known=", ".join(RULES)))
        constraints = check_settings(name, "constraints", constraints or {}, CONSTRAINTS)
        if decode == "expected_f" and (constraints["at_most_one"] or constraints["label_order"]):
            raise ValueError(Errors.E421)
        if not model.has_ref("crf"):
            raise ValueError(Errors.E409.format(name=name, model=model.name))
        apply_calibration(calibration, numpy.zeros(0))  # refuses what is no calibration
        register_extension()
        register_attributes()
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "format": FORMAT,
            "labels": [],
            "label_chains": [],
            "open_labels": [],
            "scheme": get_scheme(scheme).name,
            "spans_key": spans_key,
            "set_ents": set_ents,
            "overwrite": overwrite,
            "scores": scores,
            "decode": decode,
            "threshold": threshold,
            "thresholds": dict(thresholds or {}),
            "calibration": calibration,
            "chains": chains,
            "chain_per_label": chain_per_label,
            "constraints": constraints,
            "learning": check_learning(name, learning or {}),
            "incorrect_spans_key": incorrect_spans_key,
        }
        self._made: Dict[str, Tuple[Chain, ...]] = {}
        self._told: Set[str] = set()  # of gold that cannot be learned
        self._rehearsal_model: Optional[Model[List[Doc], ChainScores]] = None

    def predict(self, docs: Iterable[Doc]) -> List[Tuple[Decoding, ...]]:
        """Decode the spans of each document, given what is preset, with their probabilities.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[Tuple[Decoding, ...]]): For each document, and for each chain: tags, spans and probabilities over the
            tokens that are not whitespace.
        RAISES (ValueError): The model is not initialized, or gives scores that are not finite; or what is demanded of a
            document contradicts itself.
        """
        docs = list(docs)
        scores = self._scores(docs)
        decodings = []
        for chain in self._chains_for(docs):
            lifted, allowed, states = self._lift(docs, scores, chain)
            with finite_scores(self.name, lifted):
                decodings.append(decode(lifted, allowed, states, self.settings_of(chain.name)))
        return list(zip(*decodings)) if decodings else [() for _ in docs]

    def set_annotations(self, docs: Iterable[Doc], decodings: List[Tuple[Decoding, ...]]) -> None:
        """Write the decoded spans to `doc.ents`, to span groups, or to both.

        docs (Iterable[Doc]): The documents, changed in place.
        decodings (List[Tuple[Decoding, ...]]): What `predict` returned.
        """
        docs, chains = list(docs), self.chains
        found = [
            write_spans(docs, of_chain, chain, keep_preset=not self.cfg["overwrite"])
            for chain, of_chain in zip(chains, zip(*decodings))
        ]
        groups: Dict[Tuple[str, bool], List[int]] = {}
        for i, chain in enumerate(chains):
            groups.setdefault((self.scores_key_of(chain), chain.spans_key is not None), []).append(i)
        for doc, of_chains in zip(docs, zip(*found)):
            for (key, as_group), members in groups.items():
                spans, probabilities = in_order([of_chains[i] for i in members])
                if probabilities is not None:
                    record_predictions(doc, spans, probabilities, key, as_group=as_group)
                elif as_group:
                    doc.spans[key] = make_span_group(doc, spans, key, None)

    def posteriors(
        self, docs: Iterable[Doc], *, chain: Optional[str] = None, batch_size: int = 128
    ) -> Iterator[Posterior]:
        """The distribution over the analyses of each document: alternatives, candidates, samples, entropy.

        docs (Iterable[Doc]): The documents. What is preset on them, or demanded by their span groups, conditions the
            distribution, other than spans that this component has predicted and given a probability.
        chain (Optional[str]): The chain, None for the only one.
        batch_size (int): How many documents to score at once.
        YIELDS (Posterior): What can be asked of a document.
        """
        for batch in minibatch(docs, batch_size):
            yield from self._posteriors(batch, chain, [Demands()] * len(batch))

    def posterior(
        self,
        doc: Doc,
        *,
        chain: Optional[str] = None,
        required: Iterable[AnySpan] = (),
        forbidden: Iterable[AnySpan] = (),
        allowed: Iterable[AnySpan] = (),
        scored: Iterable[Tuple[AnySpan, float]] = (),
    ) -> Posterior:
        """The distribution over the analyses of one document, as of `posteriors`, and given what is demanded here.

        doc (Doc): The document.
        chain (Optional[str]): The chain, None for the only one.
        required, forbidden, allowed (Iterable[AnySpan]): Spans, or (start, end, label) in tokens, "" for any label, as the
            groups `required_key`, `forbidden_key` and `allowed_key` hold them.
        scored (Iterable[Tuple[AnySpan, float]]): Spans, each with its score in nats.
        RETURNS (Posterior): What can be asked of the document.
        RAISES (ValueError): A span outside the document, or demands that no analysis can meet.
        """
        return next(self._posteriors([doc], chain, [make_demands(doc, required, forbidden, allowed, scored)]))

    def span_probabilities(self, doc: Doc, spans: Iterable[AnySpan], *, chain: Optional[str] = None) -> Floats1d:
        """Probabilities of any spans, predicted or not. See `Posterior.span_probabilities`. Shape: S"""
        return self.posterior(doc, chain=chain).span_probabilities(spans)

    def token_probabilities(self, doc: Doc, *, chain: Optional[str] = None) -> Floats2d:
        """Probabilities of the tags `tagset.names` of each token. See `Posterior.token_probabilities`. Shape: T, K"""
        return self.posterior(doc, chain=chain).token_probabilities()

    def score(self, examples: Iterable[Example], **kwargs) -> Dict[str, Any]:
        """Score predictions. The scorer also gets the settings in `cfg`, and the key of probabilities that are in no group
        of spans."""
        return super().score(examples, scores_key=self.name if self.cfg["scores"] else None, **kwargs)

    def settings_of(self, chain: Optional[str]) -> Dict[str, Any]:
        """The settings for a chain: those of the component, but its own thresholds and calibration, if it has any."""
        own = self.cfg["chains"].get(chain, {})
        return {**self.cfg, **{key: own[key] for key in OF_SPANS if own.get(key) is not None}}

    def _posteriors(self, docs: List[Doc], chain: Optional[str], asked: List[Demands]) -> Iterator[Posterior]:
        scores = self._scores(docs)
        chosen = self._choose(self._chains_for(docs), chain)
        calibration = self.settings_of(chosen.name)["calibration"]
        lifted, allowed, states = self._lift(docs, scores, chosen, self._own_predictions, asked)
        for doc, rows in zip(docs, lifted.rows_of_sequences()):
            lattice = None if allowed is None else allowed[rows]
            yield Posterior(doc, lifted.sequence(rows), lattice, states, calibration)

    def _own_predictions(self, doc: Doc, key: str) -> Set[CharSpan]:
        return {tuple(row[:3]) for row in predicted_rows(doc, key)}

    def _scores(self, docs: List[Doc]) -> ChainScores:
        """The outputs of the model."""
        self._require_initialized()
        keep_fast(self.model)
        return to_numpy(self.model.predict(docs), self.model.ops)

    def _chains_for(self, docs: List[Doc]) -> Tuple[Chain, ...]:
        """The chains to decode. What was set since the component was made is checked here."""
        self._check_groups()
        self._require_sentences(docs)
        return self._chains(self.cfg["constraints"]["disabled_labels"])

    def _lift(
        self,
        docs: List[Doc],
        scores: ChainScores,
        chain: Chain,
        own: Callable[[Doc, str], Set[CharSpan]] = lambda doc, key: set(),
        asked: Optional[List[Demands]] = None,
    ) -> Tuple[ChainScores, Optional[Bools2d], States]:
        """The scores of a chain's states, those that each token may have, and the states. `own` are the spans of a document
        that do not count as preset."""
        constraints = self.cfg["constraints"]
        demands = demands_of_batch(docs, constraints)
        if asked is not None:
            demands = [add_demands(one, other) for one, other in zip(demands, asked)]
        demands = self._concerning(chain, demands)
        key = self.scores_key_of(chain)
        keeps_preset = chain.set_ents and not self.cfg["overwrite"]
        preset = [preset_tokens(doc, own(doc, key)) if keeps_preset else None for doc in docs]
        states, allowed, bonus = find_conditions(docs, chain, constraints, demands, preset)
        lifted = lift(scores, chain.outputs(states), states.constraints, chain.edge_outputs(states))
        if bonus is not None:
            lifted.emissions = lifted.emissions + bonus
        return lifted, allowed, states

    def _concerning(self, chain: Chain, demands: List[Demands]) -> List[Demands]:
        """Demands less the required and allowed spans that are the business of other chains, since this one does not have their
        label."""
        if not any(demand.required or demand.allowed for demand in demands):
            return demands
        elsewhere = {label for one in self.chains for label in one.tagset.labels}.difference(chain.tagset.labels)
        return [
            demand._replace(
                required=tuple(span for span in demand.required if span[2] not in elsewhere),
                allowed=tuple(span for span in demand.allowed if span[2] not in elsewhere),
            )
            for demand in demands
        ]
