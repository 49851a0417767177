"""The component."""
import warnings
from contextlib import contextmanager
from itertools import islice
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy
from spacy.errors import Errors as SpacyErrors
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import check_lexeme_norms
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from .. import crf
from ..errors import Errors, Warnings
from ..model.layer import set_constraints, to_numpy
from ..tags import TagSet, check_label, get_scheme
from ..types import Bools2d, ChainScores, Ints1d
from .annotate import decoded_spans, set_entities, set_span_group
from .conditions import preset_lattice, preset_tokens
from .gold import gold_lattice, gold_spans
from .scorer import span_score

FORMAT = 1  # of what is saved; a change that older code cannot read counts one up


class BioCrfTagger(TrainablePipe):
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
        scorer (Optional[Callable]): The scoring method.
        RAISES (ValueError): An unknown scheme, or settings that leave nothing to write to.
        """
        if not set_ents and spans_key is None:
            raise ValueError(Errors.E401.format(name=name))
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
        }
        self._tagset = TagSet(scheme, [])

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels of the component."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> Tuple[str, ...]:
        """The labels as `initialize` takes them."""
        return self.labels

    @property
    def tagset(self) -> TagSet:
        """The tags over the present labels."""
        if self._tagset.labels != self.labels or self._tagset.scheme.name != self.cfg["scheme"]:
            self._tagset = TagSet(self.cfg["scheme"], self.labels)
        return self._tagset

    @property
    def gold_key(self) -> Optional[str]:
        """Key of the span group that holds the gold, None where the entities are the gold."""
        return None if self.cfg["set_ents"] else self.cfg["spans_key"]

    @property
    def is_initialized(self) -> bool:
        """Whether the model has parameters, from `initialize` or from a file."""
        return self.model.get_ref("crf").has_param("step") is True

    def add_label(self, label: str) -> int:
        """Add a label. On an initialized model its tags stay closed, and every prediction as it was, until an update
        brings gold spans with the label.

        label (str): The label.
        RETURNS (int): 0 if the label is already present, otherwise 1.
        RAISES (ValueError): A label that no tag can carry.
        """
        if not isinstance(label, str):
            raise ValueError(SpacyErrors.E187)
        check_label(label)
        if label in self.cfg["labels"]:
            return 0
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        if self.is_initialized:
            self.cfg["closed_labels"].append(label)
            self._resize()
        return 1

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        """Initialize the model, with the labels of the examples or with given ones.

        get_examples (Callable[[], Iterable[Example]]): Returns a representative sample of gold-standard examples. Without
            `labels` they are all read, for their labels and to report gold that no legal sequence can hold.
        nlp (Optional[Language]): The current nlp object.
        labels (Optional[Sequence[str]]): The labels, as `spacy init labels` writes them.
        RAISES (ValueError): There are no labels, or one that no tag can carry.
        """
        validate_get_examples(get_examples, "BioCrfTagger.initialize")
        check_lexeme_norms(self.vocab, self.name)
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
        self._resize()
        sample = list(islice(get_examples(), 10))
        for example in sample:
            self._gold(example)
        self.model.initialize(X=[example.predicted for example in sample])

    def predict(self, docs: Iterable[Doc]) -> List[Ints1d]:
        """Decode the best legal tag sequence of each document, given what is preset.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[Ints1d]): Tag ids over the tokens that are not whitespace, for each document. Shape: N
        RAISES (ValueError): The model is not initialized, or gives scores that are not finite.
        """
        docs = list(docs)
        self._require_initialized()
        if not any(len(doc) for doc in docs):
            return [numpy.zeros(0, dtype="i") for _ in docs]
        scores = to_numpy(self.model.predict(docs), self.model.ops)
        with self._blame_weights(scores):
            tags, _ = crf.best_path(scores, self._conditions(docs, scores))
        return numpy.split(tags, numpy.cumsum(scores.lengths)[:-1])

    def set_annotations(self, docs: Iterable[Doc], tags: List[Ints1d]) -> None:
        """Write the decoded spans to `doc.ents`, to the span group, or to both.

        docs (Iterable[Doc]): The documents, changed in place.
        tags (List[Ints1d]): What `predict` returned.
        """
        for doc, path in zip(docs, tags):
            preset = preset_tokens(doc) if self._keeps_preset else None
            spans = decoded_spans(doc, path, self.tagset, preset)
            if self.cfg["set_ents"]:
                set_entities(doc, spans, preset)
            if self.cfg["spans_key"] is not None:
                set_span_group(doc, spans, self.cfg["spans_key"])

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
        with self._blame_weights(scores):
            loss, d_scores = crf.loss(scores, gold)
        return float(loss.sum()), d_scores

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "BioCrfTagger":
        """Load the component. RAISES (ValueError): It was saved in a format that this version does not know."""
        super().from_bytes(bytes_data, exclude=exclude)
        return self._loaded()

    def from_disk(self, path, *, exclude: Iterable[str] = ()) -> "BioCrfTagger":
        """Load the component. RAISES (ValueError): It was saved in a format that this version does not know."""
        super().from_disk(path, exclude=exclude)
        return self._loaded()

    def _loaded(self) -> "BioCrfTagger":
        if self.cfg["format"] != FORMAT:
            raise ValueError(Errors.E404.format(name=self.name, found=self.cfg["format"], expected=FORMAT))
        for label in self.labels:
            self.vocab.strings.add(label)
        tags = self.model.get_ref("crf").maybe_get_dim("nO")
        if tags is not None and tags != len(self.tagset):
            raise ValueError(Errors.E405.format(name=self.name, tags=tags, labels=self.labels, expected=len(self.tagset)))
        return self

    @property
    def _keeps_preset(self) -> bool:
        return self.cfg["set_ents"] and not self.cfg["overwrite"]

    def _conditions(self, docs: List[Doc], scores: ChainScores) -> Optional[Bools2d]:
        """What preset entities and blocked tokens leave to the tokens of a batch. Shape: N, K"""
        if not self._keeps_preset:
            return None
        lattices = [preset_lattice(doc, self.tagset) for doc in docs]
        if all(lattice is None for lattice in lattices):
            return None
        free = (numpy.ones((length, len(self.tagset)), dtype=bool) for length in scores.lengths)
        return numpy.concatenate([one if lattice is None else lattice for one, lattice in zip(free, lattices)])

    def _gold(self, example: Example) -> Bools2d:
        """The gold lattice of an example, with a warning for spans that no legal sequence can hold. Shape: N, K"""
        allowed, forbidden = gold_lattice(example, self.tagset, self.gold_key)
        if forbidden:
            warnings.warn(
                Warnings.W401.format(
                    name=self.name, scheme=self.cfg["scheme"], spans=forbidden, text=example.predicted.text[:80]
                )
            )
        return allowed

    def _open_labels(self, examples: List[Example]) -> None:
        """Open the tags of labels that were added to a trained model and now come with gold spans."""
        if not self.cfg["closed_labels"]:
            return
        seen = {span.label_ for eg in examples for span in gold_spans(eg.reference, self.gold_key)}
        if not seen.isdisjoint(self.cfg["closed_labels"]):
            self.cfg["closed_labels"] = [label for label in self.cfg["closed_labels"] if label not in seen]
            self._resize()

    def _resize(self) -> None:
        """Give the model one output a tag, and its masks."""
        self.set_output(len(self.tagset))
        set_constraints(self.model.get_ref("crf"), self.tagset.constraints_without(self.cfg["closed_labels"]))

    def _gold_name(self) -> str:
        return "doc.ents" if self.gold_key is None else f'doc.spans["{self.gold_key}"]'

    @contextmanager
    def _blame_weights(self, scores: ChainScores) -> Iterator[None]:
        """Say what is wrong when the chain refuses scores that are not finite."""
        try:
            yield
        except ValueError as error:
            arrays = (scores.emissions, scores.start, scores.step, scores.end)
            if all(numpy.isfinite(array).all() for array in arrays):
                raise
            raise ValueError(Errors.E407.format(name=self.name, error=error)) from error

    def _require_initialized(self) -> None:
        if not self.is_initialized:
            raise ValueError(Errors.E406.format(name=self.name))
