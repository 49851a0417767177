"""Which features and transitions of a linear model speak for a tag and against it, as `eli5` tells it of CRFsuite."""
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

import numpy
from spacy.tokens import Doc, Token

from ..errors import Errors
from ..model.tokens import in_chain
from ..model.window_features import FeatureShim, get_edge_shim
from ..types import Constraints, Floats1d, Floats2d, Ints1d
from .chains import Chain
from .decoding import decode
from .tagger import BioCrfTagger

ENCODER = "(encoder)"


class Explanation(NamedTuple):
    """What speaks for each tag of a token. If this token alone had another tag, the score of the analysis would change
    by the difference of two columns of `scores`.

    token (Token): The token.
    tag (str): Its predicted tag.
    tags (Tuple[str, ...]): The tags of the chain. Length: K
    probabilities (Floats1d): P(tag), given what the component must respect. Shape: K
    parts (Tuple[str, ...]): The features that have scores, as text; `ENCODER`, if there is one; the predicted tags
        on either side, as "tag[-1] = O" and "tag[+1] = (end)"; and the edge features of the steps between, each after
        the tag, as "tag[-1] = O: lower = and". Those of the step to the next token are features of that one. Length: P
    scores (Floats2d): What each part adds to the score of each tag, in nats; -inf where the tag may not stand beside
        its neighbour. Shape: P, K
    """

    token: Token
    tag: str
    tags: Tuple[str, ...]
    probabilities: Floats1d
    parts: Tuple[str, ...]
    scores: Floats2d


class Comparison(NamedTuple):
    """A tag of a token against a rival.

    tag (str): The tag.
    rival (str): The rival.
    parts (List[Tuple[str, float]]): Each part, and its score of the tag less that of the rival, in nats. What speaks for
        the tag comes first.
    total (float): Their sum: the score of the analysis with the tag, less that of the same analysis with the rival
        in its place. Infinite if the neighbours forbid one of the two.
    """

    tag: str
    rival: str
    parts: List[Tuple[str, float]]
    total: float


class Weights(NamedTuple):
    """What a linear model has learned, in nats; -inf is forbidden.

    tags (Tuple[str, ...]): The tags of the chain. Length: K
    start (Floats1d): Score of beginning with a tag. Shape: K
    step (Floats2d): Score of going from one tag to the next. Shape: K, K
    end (Floats1d): Score of ending with a tag. Shape: K
    features (Tuple[str, ...]): The features whose text is known. Length: F
    scores (Floats2d): Their scores of each tag. Shape: F, K
    unnamed (int): How many other features have scores.
    """

    tags: Tuple[str, ...]
    start: Floats1d
    step: Floats2d
    end: Floats1d
    features: Tuple[str, ...]
    scores: Floats2d
    unnamed: int


def explain(tagger: BioCrfTagger, doc: Doc, *, chain: Optional[str] = None) -> List[Explanation]:
    """Explain the predicted tags of a document.

    tagger (BioCrfTagger): A trained tagger with window features.
    doc (Doc): The document, as it comes to the tagger.
    chain (Optional[str]): The chain, None for the only one.
    RETURNS (List[Explanation]): One for each token that is not whitespace.
    RAISES (ValueError): The tagger has no window features, or no such chain.
    """
    shim = features_of(tagger)[0]
    posterior = tagger.posterior(doc, chain=chain)
    one, names = tagger.chain(chain), posterior.tagset.names
    (decoding,) = decode(posterior.scores, posterior.allowed, posterior.states, tagger.settings_of(one.name))
    path = ["(start)", *(names[tag] for tag in decoding.tags), "(end)"]
    before, after = _of_neighbours(decoding.tags, *_transitions(tagger, one.columns, posterior.tagset.constraints))
    kept = in_chain(doc)
    rows = shim.table.rows(shim.featurizer([doc], [kept])[0])
    texts = shim.featurizer.describe(doc, kept)
    emissions = tagger.model.ops.to_numpy(tagger.model.predict([doc]).emissions)[:, one.columns]
    probabilities = posterior.token_probabilities()
    edges = _of_edges(tagger, doc, one, decoding.tags)
    explanations = []
    for at, place in enumerate(numpy.flatnonzero(kept).tolist()):
        known = numpy.flatnonzero(rows[at] >= 0)
        of_features = shim.table.values[rows[at][known]][:, one.columns]
        parts, scores = [texts[at][i] for i in known], [of_features]
        if tagger.model.has_ref("tok2vec"):
            parts.append(ENCODER)
            scores.append(emissions[at] - of_features.sum(axis=0))
        parts += [f"tag[-1] = {path[at]}", f"tag[+1] = {path[at + 2]}"]
        scores += [before[at], after[at]]
        parts += edges[at][0]
        scores += edges[at][1]
        explained = (path[at + 1], names, probabilities[place], tuple(parts), numpy.vstack(scores))
        explanations.append(Explanation(doc[place], *explained))
    return explanations


def compare(explanation: Explanation, tag: Optional[str] = None) -> Comparison:
    """Compare the predicted tag of a token with the most probable other one, or another tag with the predicted one.

    explanation (Explanation): What speaks for each tag of the token.
    tag (Optional[str]): The other tag; None for the predicted one.
    RETURNS (Comparison): The tag against its rival.
    RAISES (ValueError): There is no such tag.
    """
    tags, predicted = explanation.tags, explanation.tags.index(explanation.tag)
    check_tag(tag, tags)
    first = predicted if tag is None else tags.index(tag)
    rival = predicted
    if first == predicted:
        rival = max((i for i in range(len(tags)) if i != predicted), key=explanation.probabilities.__getitem__)
    differences = explanation.scores[:, first] - explanation.scores[:, rival]
    parts = sorted(zip(explanation.parts, differences.tolist()), key=lambda part: -part[1])
    return Comparison(tags[first], tags[rival], parts, float(differences.sum()))


def check_tag(tag: Optional[str], tags: Iterable[str]) -> None:
    """RAISES (ValueError): A tag is named that is not among the tags."""
    if tag is not None and tag not in tags:
        raise ValueError(Errors.E433.format(tag=tag, tags=", ".join(tags)))


def weights(tagger: BioCrfTagger, docs: Iterable[Doc] = (), *, chain: Optional[str] = None) -> Weights:
    """Tell what a tagger has learned. The table of features holds hashes, so their names are those of the features that
    occur in documents.

    tagger (BioCrfTagger): A trained tagger with window features.
    docs (Iterable[Doc]): Documents, as they come to the tagger.
    chain (Optional[str]): The chain, None for the only one.
    RETURNS (Weights): The scores of transitions, and of the features that occur in the documents.
    RAISES (ValueError): The tagger has no window features, or no such chain.
    """
    shim, one = features_of(tagger)[0], tagger.chain(chain)
    values = shim.table.values[:, one.columns]
    names: Dict[int, str] = {}
    for doc in docs:
        kept = in_chain(doc)
        rows = shim.table.rows(shim.featurizer([doc], [kept])[0]).ravel().tolist()
        texts = (text for of_token in shim.featurizer.describe(doc, kept) for text in of_token)
        names.update((row, text) for row, text in zip(rows, texts) if row >= 0)
    has_scores = values.any(axis=1)
    named = [row for row in names if has_scores[row]]
    features = tuple(names[row] for row in named)
    transitions = _transitions(tagger, one.columns, one.tagset.constraints)
    return Weights(one.tagset.names, *transitions, features, values[named], int(has_scores.sum()) - len(named))


def features_of(tagger: BioCrfTagger) -> List[FeatureShim]:
    """The window features of a component, and its edge features if it has some. RAISES (ValueError): It has none, or no
    model yet."""
    model = tagger.model
    if not tagger.is_initialized:
        raise ValueError(Errors.E406.format(name=tagger.name))
    if not model.has_ref("features") or model.get_ref("features").name != "window_features":
        raise ValueError(Errors.E432.format(name=tagger.name))
    return model.get_ref("features").shims


def _transitions(
    tagger: BioCrfTagger, columns: Ints1d, constraints: Constraints
) -> Tuple[Floats1d, Floats2d, Floats1d]:
    """The scores of starts, steps and ends; -inf where they are not legal. Shapes: K; K, K; K"""
    layer = tagger.model.get_ref("crf")
    start, step, end = (tagger.model.ops.to_numpy(layer.get_param(name)) for name in ("start", "step", "end"))
    scores = (start[columns], step[numpy.ix_(columns, columns)], end[columns])
    return tuple(numpy.where(legal, score, -numpy.inf) for legal, score in zip(constraints, scores))


def _of_neighbours(
    path: Ints1d, start: Floats1d, step: Floats2d, end: Floats1d
) -> Tuple[List[Floats1d], List[Floats1d]]:
    """The scores of each tag at each token after the tag before it, and before the tag after it."""
    return [start, *step[path[:-1]]][: len(path)], [*step[:, path[1:]].T, end][: len(path)]


def _of_edges(tagger: BioCrfTagger, doc: Doc, chain: Chain, path: Ints1d) -> List[Tuple[List[str], List[Floats1d]]]:
    """The edge features of the steps to and from each token, and their scores of its tags. Shape of each: K"""
    found: List[Tuple[List[str], List[Floats1d]]] = [([], []) for _ in path]
    shim = get_edge_shim(tagger.model)
    if shim is None:
        return found
    outputs, names, kept = chain.edge_outputs_of_tags, chain.tagset.names, in_chain(doc)
    rows, texts = shim.table.rows(shim.hashes([doc], [kept])), shim.featurizer.describe(doc, kept)
    for at in range(1, len(path)):
        before, now = path[at - 1], path[at]
        for i in numpy.flatnonzero(rows[at] >= 0):
            scores = shim.table.values[rows[at][i]]
            for place, part, columns in (
                (at, f"tag[-1] = {names[before]}: {texts[at][i]}", outputs[before]),
                (at - 1, f"tag[+1] = {names[now]}: {texts[at][i]}", outputs[:, now]),
            ):
                found[place][0].append(part)
                found[place][1].append(scores[columns])
    return found
