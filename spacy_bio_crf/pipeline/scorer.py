"""Registered scorers, over spaCy's own."""
from typing import Any, Callable, Dict, Iterable, List, Optional

from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc, SpanGroup
from spacy.training import Example

from ..attributes import annotated_labels
from ..evaluation import collect_outcomes, probability_scores


def make_span_scorer_v1() -> Callable:
    """Create the scorer of `bio_crf_tagger`."""
    return span_score


def span_score(
    examples: Iterable[Example],
    *,
    set_ents: bool = True,
    spans_key: Optional[str] = None,
    chains: Optional[Dict[str, Dict[str, Any]]] = None,
    scores_key: Optional[str] = None,
    **kwargs,
) -> Dict[str, Any]:
    """Score what the component writes: entities as `ents_*` (predictions on tokens without annotation are ignored), and
    its span groups as `spans_{key}_*`. Where `doc._.annotated_labels` of the gold is set, spans of other labels are left out.

    examples (Iterable[Example]): Examples with predictions.
    set_ents (bool): Whether the component writes entities.
    spans_key (Optional[str]): Key of the span group that it writes, if any.
    chains (Optional[Dict[str, Dict[str, Any]]]): The same two settings for each of several chains, in place of them.
    scores_key (Optional[str]): Key of the group with the probabilities of entities that are in no other group; None if the
        component gives no probabilities.
    RETURNS (Dict[str, Any]): Precision, recall and F1, overall and per label; and of the probabilities, under the same
        prefix, the expected calibration error `ece`, `brier` score, `log_loss` and average precision `ap`.
    """
    examples = list(examples)
    judged = [_within_annotation(example) for example in examples]
    outputs = list(chains.values()) if chains else [{"set_ents": set_ents, "spans_key": spans_key}]
    scores = get_ner_prf(judged, **kwargs) if any(to.get("set_ents") for to in outputs) else {}
    for key in {to["spans_key"] for to in outputs} - {None}:
        scores.update(_score_group(judged, key))
    if scores_key is not None:
        keys = [(scores_key if to["spans_key"] is None else to["spans_key"], to["set_ents"]) for to in outputs]
        for key, as_ents in dict.fromkeys(keys):
            scores.update(_score_probabilities(examples, key, None if as_ents else key))
    return scores


def _within_annotation(example: Example) -> Example:
    """The example with the spans that its annotation can judge: those of the labels that were annotated."""
    annotated = annotated_labels(example.reference)
    if annotated is None:
        return example
    return Example(*(_with_labels(doc, annotated) for doc in (example.predicted, example.reference)))


def _with_labels(doc: Doc, labels: List[str]) -> Doc:
    """A copy of the document with the spans of some labels, as far as precision and recall need them."""
    doc = doc.copy()
    missing = [doc[token.i : token.i + 1] for token in doc if token.ent_iob == 0]
    doc.set_ents([ent for ent in doc.ents if ent.label_ in labels], missing=missing, default="outside")
    for key, group in doc.spans.items():
        doc.spans[key] = SpanGroup(doc, name=key, spans=[span for span in group if span.label_ in labels])
    return doc


def _score_probabilities(examples: List[Example], key: str, gold_key: Optional[str]) -> Dict[str, Any]:
    if not all("scores" in _attrs(eg.predicted, key) for eg in examples):
        return {}
    prefix = "ents" if gold_key is None else f"spans_{gold_key}"
    figures = probability_scores(collect_outcomes(examples, key, gold_key))
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _score_group(examples: List[Example], key: str) -> Dict[str, Any]:
    return Scorer.score_spans(
        examples,
        f"spans_{key}",
        getter=lambda doc, _: doc.spans.get(key, []),
        has_annotation=lambda doc: key in doc.spans,
        allow_overlap=True,
    )


def _attrs(doc: Doc, key: str) -> Dict[str, Any]:
    return doc.spans[key].attrs if key in doc.spans else {}


def default_score_weights(outputs: Iterable[Dict[str, Any]]) -> Dict[str, Optional[float]]:
    """Weights of the scores in training: F1 of what the component learns, under the keys it really has.

    outputs (Iterable[Dict[str, Any]]): `set_ents` and `spans_key` of each chain.
    """
    prefixes = ["ents" if to.get("set_ents") else f"spans_{to['spans_key']}" for to in outputs]
    prefixes = list(dict.fromkeys(prefixes))
    weights: Dict[str, Optional[float]] = {f"{prefix}_f": 1.0 / len(prefixes) for prefix in prefixes}
    for prefix in prefixes:
        weights.update({f"{prefix}_p": 0.0, f"{prefix}_r": 0.0, f"{prefix}_per_type": None})
    return weights
