"""How the component learns."""
import warnings
from itertools import islice
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import check_lexeme_norms, minibatch
from thinc.api import Optimizer, set_dropout_rate

from ..errors import Errors, Warnings
from ..fast import finish_update, keep_fast
from ..learning.batches import add, zeros
from ..model.experts import pool, unpool
from ..model.layer import to_numpy
from ..model.optimizer import LayerwiseAdam, keys_of_chain
from ..types import ChainScores
from .candidates import align
from .chains import Chain, gold_key
from .gold import Gold, annotated_spans, gold_labels, gold_lattice
from .guards import finite_scores, require_vectors
from .lift import fold, lift
from .objective import chain_loss, forgetting_loss
from .plain_gold import plain_golds
from .settings import unknown_labels
from .state import TaggerState

AT_ONCE = 16  # examples that are read together at initialization
GetLoss = Callable[[List[Example], ChainScores], Tuple[float, ChainScores]]


class Learner(TaggerState):
    """A tagger that learns from examples, whatever their annotation."""

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Union[Sequence[str], Dict[str, Sequence[str]], None] = None,
    ) -> None:
        """Initialize the model, with the labels of the examples or with given ones.

        get_examples (Callable[[], Iterable[Example]]): Returns a representative sample of gold-standard examples. Without
            `labels` they are all read, once for their labels and once to report gold that no legal sequence can hold, and
            never held together but for some few; with `labels`, which a stream without end needs, the first ten.
        nlp (Optional[Language]): The current nlp object.
        labels (Union[Sequence[str], Dict[str, Sequence[str]], None]): The labels, as `spacy init labels` writes them: with
            several chains, those of each.
        RAISES (ValueError): There are no labels, one that no tag can carry, or a number other than the model's `nO` asks
            for; or the encoder has static vectors, and the pipeline has none.
        """
        validate_get_examples(get_examples, "BioCrfTagger.initialize")
        check_lexeme_norms(self.vocab, self.name)
        require_vectors(self.name, self.model, self.vocab)
        limit = None if labels is None else 10
        if isinstance(labels, str):
            raise ValueError(Errors.E402.format(name=self.name, labels=labels))
        for chain, label in self._labels_to_learn(get_examples) if labels is None else _pairs(labels):
            self.add_label(label, chain)
        opened = self.cfg["open_labels"]
        opened += [place for place in range(len(self.cfg["labels"])) if place not in opened]
        self._require_labels()
        asked, width = self.model.get_ref("crf").maybe_get_dim("nO"), self._layout().width
        if not self.is_initialized and asked not in (None, width):
            raise ValueError(Errors.E410.format(name=self.name, asked=asked, tags=width, labels=self.labels))
        self._resize()
        sample: List[Doc] = []
        chains = self.chains
        lost: List[List[str]] = [[] for _ in chains]
        foreign: List[Set[str]] = [set() for _ in chains]
        for examples in minibatch(islice(get_examples(), limit), AT_ONCE):
            sample += [example.predicted for example in examples[: 10 - len(sample)]]
            for i, chain in enumerate(chains):
                golds = self._golds(examples, chain)
                lost[i] += _tell_lost(examples, golds)
                foreign[i].update(*(gold.foreign for gold in golds))
            for example in examples:
                self._warn((), self._unclaimed(example))
        for of_chain in zip(lost, foreign):
            self._warn(*of_chain)
        useless = unknown_labels(self.cfg, self.labels)
        if useless:
            settings, known = "; ".join(useless), ", ".join(self.labels)
            warnings.warn(Warnings.W403.format(name=self.name, settings=settings, labels=known))
        self.model.initialize(X=sample)

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
        examples = list(examples)
        validate_examples(examples, "BioCrfTagger.update")
        self._check_groups()
        self._open_labels(examples)
        return self._learn(examples, self.get_loss, drop, sgd, losses)

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from texts not to forget: the loss is how far the chain has moved from the one that the component had at
        `nlp.resume_training`, over the labels that it knew then; what that one found is not to become a new label.

        examples (Iterable[Example]): A batch of examples; their annotation does not matter.
        drop, sgd, losses: As for `update`.
        RETURNS (Dict[str, float]): The updated losses.
        """
        examples = list(examples)
        validate_examples(examples, "BioCrfTagger.rehearse")
        if self._rehearsal_model is None:
            return {} if losses is None else losses
        return self._learn(examples, self._forgetting_loss, drop, sgd, losses)

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the parameters with their gradients.

        sgd (Optimizer): The optimizer. If it has a learn rate for chains, it is told what is above the encoder here.
        """
        if isinstance(sgd, LayerwiseAdam):
            sgd.of_chains |= keys_of_chain(self.model)
        finish_update(self.model, sgd)

    def get_loss(self, examples: Iterable[Example], scores: ChainScores) -> Tuple[float, ChainScores]:
        """Find the loss, log Z - log Z(gold) and what the settings add to it, and its gradient.

        examples (Iterable[Example]): The batch of examples.
        scores (ChainScores): Scores of the chains of the predicted documents.
        RETURNS (Tuple[float, ChainScores]): The sum over the batch in nats, and the gradients in the shape of the scores.
        """
        examples = list(examples)
        validate_examples(examples, "BioCrfTagger.get_loss")
        scores = to_numpy(scores, self.model.ops)
        n_experts = len(scores.lengths) // len(examples) if examples else 1  # see `join_experts`
        loss, gradient = 0.0, zeros(scores)
        for chain in self.chains:
            outputs, edges = chain.outputs(chain.states), chain.edge_outputs(chain.states)
            lifted = lift(scores, outputs, chain.states.constraints, edges)
            golds = self._golds(examples, chain)
            self._warn(_tell_lost(examples, golds), set().union(*(gold.foreign for gold in golds)))
            with finite_scores(self.name, lifted):
                one, d_lifted = chain_loss(examples * n_experts, golds * n_experts, lifted, chain, self.cfg)
            fold(d_lifted, outputs, gradient, edges)
            loss += one
        return loss, gradient

    def _learn(
        self,
        examples: List[Example],
        get_loss: GetLoss,
        drop: float,
        sgd: Optional[Optimizer],
        losses: Optional[Dict[str, float]],
    ) -> Dict[str, float]:
        if losses is None:
            losses = {}
        losses.setdefault(self.name, 0.0)
        self._require_initialized()
        if not any(len(eg.predicted) for eg in examples):
            return losses  # no vectors, so nothing that a shared tok2vec could learn
        self._require_sentences([eg.predicted for eg in examples])
        keep_fast(self.model)
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update([eg.predicted for eg in examples])
        loss, d_scores = get_loss(examples, scores)
        backprop(d_scores)
        if sgd not in (None, False):
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def _forgetting_loss(self, examples: List[Example], scores: ChainScores) -> Tuple[float, ChainScores]:
        old_model, docs = self._rehearsal_model, [eg.predicted for eg in examples]
        if any(isinstance(node, Tok2VecListener) for node in old_model.walk()):  # it would read zeros
            for doc in docs:
                if len(doc) and not doc.tensor.size:
                    raise ValueError(Errors.E708.format(name=self.name, text=doc.text[:80]))
        old = to_numpy(old_model.predict(docs), old_model.ops)
        new = pool(self.model, to_numpy(scores, self.model.ops))
        loss, gradient = 0.0, zeros(new)
        for chain in self.chains:
            with finite_scores(self.name, new):
                one, d_one = forgetting_loss(examples, old, new, chain, self.cfg)
            loss, gradient = loss + one, add(gradient, 1, d_one)
        return loss, unpool(self.model, gradient)

    def _require_sentences(self, docs: Iterable[Doc]) -> None:
        if self.cfg["constraints"]["sentence_bounded"]:
            for doc in docs:
                if len(doc) and not doc.has_annotation("SENT_START"):
                    raise ValueError(Errors.E425.format(name=self.name, text=doc.text[:80]))

    def _labels_to_learn(self, get_examples: Callable[[], Iterable[Example]]) -> Iterator[Tuple[Optional[str], str]]:
        """The labels of the gold, with their chains."""
        outputs: Dict[Optional[str], Dict[str, Any]] = dict(self._outputs())
        if self.cfg["chain_per_label"]:  # then there are none yet
            outputs = {None: {"spans_key": self.cfg["spans_key"], "set_ents": False, "labels": None}}
        labels = {name: set(to["labels"] or ()) for name, to in outputs.items()}
        keys = {name: None if to["set_ents"] else to["spans_key"] for name, to in outputs.items() if to["labels"] is None}
        for example in get_examples() if keys else ():
            for name, key in keys.items():
                labels[name] |= gold_labels(example.reference, key, self._candidates_key(outputs[name]))
        for name, to in outputs.items():
            yield from ((name, label) for label in dict.fromkeys(to["labels"] or sorted(labels[name])))

    def _golds(self, examples: Sequence[Example], chain: Chain) -> List[Gold]:
        """What each example says to a chain."""
        if self.cfg["constraints"]["sentence_bounded"]:
            return [self._gold(example, chain) for example in examples]
        odd_keys = (self.cfg["learning"]["candidates_key"], self.cfg["incorrect_spans_key"])
        golds = plain_golds(examples, chain, odd_keys)
        return [self._gold(example, chain) if gold is None else gold for example, gold in zip(examples, golds)]

    def _gold(self, example: Example, chain: Chain) -> Gold:
        """What an example says to a chain."""
        bounded = self.cfg["constraints"]["sentence_bounded"] and example.predicted.has_annotation("SENT_START")
        candidates_key = self._candidates_key({"labels": chain.tagset.labels if chain.own else None})
        gold = gold_lattice(example, chain, candidates_key=candidates_key, sentence_bounded=bounded)
        wrong = annotated_spans(example.reference, self.cfg["incorrect_spans_key"]) if self.cfg["incorrect_spans_key"] else ()
        return gold._replace(lost=[*gold.lost, *align(example, list(wrong))[1]])

    def _unclaimed(self, example: Example) -> Set[str]:
        """Labels of the gold that none of the chains which list their labels has."""
        of_key: Dict[Optional[str], Set[str]] = {}
        for chain in self.chains:
            if chain.own:
                of_key.setdefault(chain.gold_key, set()).update(chain.tagset.labels)
        return {
            span.label_
            for key, labels in of_key.items()
            for span in annotated_spans(example.reference, key)
            if span.label_ not in labels
        }

    def _require_labels(self) -> None:
        """Warn of a chain without labels. RAISES (ValueError): There are no labels at all."""
        outputs, labelled = self._outputs(), {chain for chain, _ in self._chains_and_labels()}
        empty = {name: _where(gold_key(to)) for name, to in outputs.items() if name not in labelled}
        if not labelled:
            where = " or ".join(empty.values()) or _where(self.cfg["spans_key"])
            raise ValueError(Errors.E403.format(name=self.name, where=where))
        for name, where in empty.items():
            warnings.warn(Warnings.W404.format(name=self.name, chain=name, where=where))

    def _warn(self, lost: Iterable[str], foreign: Iterable[str]) -> None:
        """Tell what of the gold cannot be learned, once: spans with their texts, and labels that a chain does not have."""
        lost = [one for one in lost if one not in self._told]
        if lost:
            shown = "; ".join(lost[:5]) + ("; ..." if len(lost) > 5 else "")
            scheme = self.cfg["scheme"]
            warnings.warn(Warnings.W401.format(name=self.name, count=len(lost), scheme=scheme, spans=shown))
        unknown = {Warnings.W402.format(name=self.name, label=label) for label in foreign}
        for one in sorted(unknown - self._told):
            warnings.warn(one)
        self._told.update(lost, unknown)


def _where(key: Optional[str]) -> str:
    return "doc.ents" if key is None else f'doc.spans["{key}"]'


def _tell_lost(examples: Sequence[Example], golds: Sequence[Gold]) -> List[str]:
    pairs = zip(examples, golds)
    return [f"{span} in {example.predicted.text[:80]!r}" for example, gold in pairs for span in gold.lost]


def _pairs(labels: Union[Sequence[str], Dict[str, Sequence[str]]]) -> Iterator[Tuple[Optional[str], str]]:
    """Chains and labels, as `label_data` has them."""
    by_chain = labels.items() if isinstance(labels, dict) else [(None, labels)]
    return ((chain, label) for chain, of_chain in by_chain for label in of_chain)
