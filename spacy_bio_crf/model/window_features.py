"""Window features as a Thinc layer: documents in, emissions out."""
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

import numpy
import srsly
from spacy.tokens import Doc
from thinc.api import Model, Optimizer
from thinc.shims.shim import Shim
from thinc.types import Ragged

from ..errors import Errors
from ..features import Featurizer, FeatureTable, compact
from ..types import Bools1d, ChainScores, Ints2d
from .tokens import in_chain

AVERAGED = "window_features"  # the name under which an optimizer's averages tell that the table has its own


def build_window_features_v1(
    templates: List[str],
    learn_rate: float = 0.15,
    damping: float = 0.01,
    dropout: float = 0.1,
    smallest: float = 0.06,
    gazetteers: Optional[Dict[str, Union[str, Path]]] = None,
    functions: Optional[Dict[str, Any]] = None,  # types are checked before a function in a dict is made
    nO: Optional[int] = None,
    edge_templates: List[str] = [],
) -> Model[List[Doc], Ragged]:
    """Build the layer of a classic linear CRF: the emissions of a token are the sum of the scores of its features. A feature
    gets a row of scores when training meets it, and one that training never met scores 0. The rows are learned by AdaGrad,
    whatever the optimizer of the other parameters; averaged if that one averages.

    templates (List[str]): The features of a token, see `spacy_bio_crf.features.parse_templates` and `Featurizer`.
    learn_rate (float): Of AdaGrad.
    damping (float): Of AdaGrad: how much squared gradient a score must have seen before it moves freely.
    dropout (float): Probability that a feature of a token is left out in training.
    smallest (float): Averaged scores nearer to zero than this, in nats, become zero, which makes a small model.
    gazetteers (Optional[Dict[str, Union[str, Path]]]): Files of names, one a line. They are read at initialization, and saved
        with the model.
    functions (Optional[Dict[str, TokenFunction]]): Attributes of your own: each takes a `Doc` and returns a value a token.
    nO (Optional[int]): Number of tags, K.
    edge_templates (List[str]): The features of a token that score the step to it, from label to label, as the edge
        features of CRF++ do ("B" templates). They have a table of their own, which learns in the same way.
    RETURNS (Model[List[Doc], Ragged]): Emissions of the N tokens that are not whitespace, and beside them the scores of
        the edge features. Shape: N, K + E
    RAISES (ValueError): A template that cannot be read, an attribute that is not known, or a setting out of its range.
    """
    for texts in (templates, edge_templates):
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts) or not templates:
            raise ValueError(Errors.E315.format(found=texts))
    settings = {"learn_rate": learn_rate, "damping": damping, "smallest": smallest}
    numbers = all(isinstance(setting, (int, float)) for setting in settings.values())
    if not numbers or not 0 <= dropout < 1 or learn_rate <= 0 or damping < 0 or smallest < 0:
        raise ValueError(Errors.E310.format(found={**settings, "dropout": dropout}))
    attrs = {"feature_dropout": dropout, "gazetteers": {name: str(path) for name, path in (gazetteers or {}).items()}}
    shims = [FeatureShim(Featurizer(templates, functions or {}), settings)]
    if edge_templates:
        shims.append(EdgeShim(Featurizer(edge_templates, functions or {}), settings))
    return Model("window_features", forward, init=init, dims={"nO": nO}, shims=shims, attrs=attrs)


class FeatureShim(Shim):
    """Holds the table as Thinc holds the parameters of other libraries: the gradient of a table, and a step of a dense
    optimizer, would cost by the size of the table.

    featurizer (Featurizer): Describes tokens.
    config (Dict[str, float]): The settings of AdaGrad and of `compact`.
    """

    def __init__(self, featurizer: Featurizer, config: Dict[str, float]):
        super().__init__(FeatureTable(0), config)
        self.featurizer = featurizer
        self._averaged = False  # whether the scores are averages for now

    @property
    def table(self) -> FeatureTable:
        return self._model

    @table.setter
    def table(self, table: FeatureTable) -> None:
        self._model = table

    def hashes(self, docs: List[Doc], kept: List[Bools1d]) -> Ints2d:
        """The features of the tokens that are kept, as of `Featurizer`. Shape: N, F"""
        return self.featurizer(docs, kept)[0]

    def finish_update(self, optimizer: Optimizer) -> None:
        rehearsing = not hasattr(optimizer, "averages")  # then spaCy hands over a function
        if not rehearsing and optimizer.averages is not None and (self.id, AVERAGED) not in optimizer.averages:
            optimizer.averages[(self.id, AVERAGED)] = numpy.zeros(0, dtype="float32")
            self.table.forget_averages()
        average = rehearsing or optimizer.averages is not None
        self.table.step(self.cfg["learn_rate"], self.cfg["damping"], average)

    @contextmanager
    def use_params(self, params: Dict[Tuple[int, str], Any]) -> Iterator[None]:
        if (self.id, AVERAGED) not in params or self._averaged:
            yield
            return
        self._averaged = True
        try:
            with self.table.use(compact(self.table.averaged(), self.cfg["smallest"])):
                yield
        finally:
            self._averaged = False

    def prune(self, smallest: float) -> None:
        """Set scores nearer to zero than `smallest`, in nats, to zero."""
        self.table.values = compact(self.table.values, smallest)

    def to_device(self, device_type: str, device_id: int) -> None:
        """The table stays on the CPU, as documents do."""

    def to_bytes(self) -> bytes:
        names = {name: sorted(gazetteer.names) for name, gazetteer in self.featurizer.gazetteers.items()}
        return srsly.msgpack_dumps({"templates": self._templates(), "table": self.table.to_arrays(), "gazetteers": names})

    def from_bytes(self, data: bytes) -> "FeatureShim":
        saved = srsly.msgpack_loads(data)
        if saved["templates"] != self._templates():
            raise ValueError(Errors.E306.format(found=saved["templates"], expected=self._templates()))
        self.table = FeatureTable.from_arrays(saved["table"])
        self.featurizer.set_gazetteers(saved["gazetteers"])
        return self

    def _templates(self) -> List[str]:
        return [str(template) for template in self.featurizer.templates]


class EdgeShim(FeatureShim):
    """The same for edge features. No step leads to the first token of a document, so that it has none."""

    def hashes(self, docs: List[Doc], kept: List[Bools1d]) -> Ints2d:
        hashes, lengths = self.featurizer(docs, kept)
        hashes[(numpy.cumsum(lengths) - lengths)[lengths > 0]] = 0
        return hashes


def get_shim(model: Model[List[Doc], Ragged]) -> FeatureShim:
    """What a layer of window features holds: its table and its featurizer."""
    return model.shims[0]


def get_edge_shim(model: Model[List[Doc], ChainScores]) -> Optional[EdgeShim]:
    """The same for the edge features of a CRF tagger, None if it has none."""
    layer = model.maybe_get_ref("features")
    return next((shim for shim in layer.shims if isinstance(shim, EdgeShim)), None) if layer is not None else None


def forward(model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool) -> Tuple[Ragged, Callable]:
    kept = [in_chain(doc) for doc in docs]
    dropout = model.attrs["feature_dropout"] if is_train else 0.0
    scale = numpy.float32(1 / (1 - dropout))
    parts = [(shim.table, _rows(shim, docs, kept, is_train, dropout)) for shim in model.shims]
    scores = [table.sums(rows) * scale for table, rows in parts]
    ends = numpy.cumsum([table.width for table, _ in parts])

    def backprop(d_scores: Ragged) -> List[Doc]:
        d_parts = numpy.split(model.ops.to_numpy(d_scores.dataXd), ends[:-1], axis=1)
        for (table, rows), d_part in zip(parts, d_parts):
            table.add_gradient(rows, d_part * scale)
        return docs

    lengths = model.ops.asarray1i([numpy.count_nonzero(mask) for mask in kept])
    together = scores[0] if len(scores) == 1 else numpy.concatenate(scores, axis=1)
    return Ragged(model.ops.asarray2f(together), lengths), backprop


def init(model: Model[List[Doc], Ragged], X: Optional[List[Doc]] = None, Y: Any = None) -> None:
    names = {name: _read(name, path) for name, path in model.attrs["gazetteers"].items()}
    for shim in model.shims:
        shim.table = FeatureTable(model.get_dim("nO") if shim is get_shim(model) else shim.table.width)
        shim.featurizer.set_gazetteers(names)


def _rows(shim: FeatureShim, docs: List[Doc], kept: List[Bools1d], is_train: bool, dropout: float) -> Ints2d:
    """The rows of the features of each token, -1 for none. Shape: N, F"""
    rows = shim.table.rows(shim.hashes(docs, kept), grow=is_train)
    if dropout:
        rows[numpy.random.random_sample(rows.shape) < dropout] = -1
    return rows


def _read(name: str, path: str) -> List[str]:
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(Errors.E305.format(name=name, path=path, reason=error)) from error
