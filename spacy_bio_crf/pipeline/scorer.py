"""Registered scorers, over spaCy's own."""
from typing import Any, Callable, Dict, Iterable, Optional

from spacy.scorer import Scorer, get_ner_prf
from spacy.training import Example


def make_span_scorer_v1() -> Callable:
    """Create the scorer of `bio_crf_tagger`."""
    return span_score


def span_score(
    examples: Iterable[Example], *, set_ents: bool = True, spans_key: Optional[str] = None, **kwargs
) -> Dict[str, Any]:
    """Score what the component writes: entities as `ents_*` (predictions on tokens without annotation are ignored), and
    its span group as `spans_{key}_*`.

    examples (Iterable[Example]): Examples with predictions.
    set_ents (bool): Whether the component writes entities.
    spans_key (Optional[str]): Key of the span group that it writes, if any.
    RETURNS (Dict[str, Any]): Precision, recall and F1, overall and per label.
    """
    examples = list(examples)
    scores = get_ner_prf(examples, **kwargs) if set_ents else {}
    if spans_key is not None:
        scores.update(
            Scorer.score_spans(
                examples,
                f"spans_{spans_key}",
                getter=lambda doc, _: doc.spans.get(spans_key, []),
                has_annotation=lambda doc: spans_key in doc.spans,
                allow_overlap=True,
            )
        )
    return scores


def default_score_weights(set_ents: bool, spans_key: Optional[str]) -> Dict[str, Optional[float]]:
    """Weights of the scores in training: F1 of what the component writes, under the key it really has."""
    prefixes = ["ents"] if set_ents else []
    if spans_key is not None:
        prefixes.append(f"spans_{spans_key}")
    weights: Dict[str, Optional[float]] = {}
    for prefix in prefixes:
        weights.update({f"{prefix}_f": 1.0 / len(prefixes), f"{prefix}_p": 0.0, f"{prefix}_r": 0.0})
        weights[f"{prefix}_per_type"] = None
    return weights
