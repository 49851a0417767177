"""Registered scorers, over spaCy's own."""
from typing import Any, Callable, Dict, Iterable, Optional

from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

from ..evaluation import collect_outcomes, probability_scores


def make_span_scorer_v1() -> Callable:
    """Create the scorer of `bio_crf_tagger`."""
    return span_score


def span_score(
    examples: Iterable[Example],
    *,
    set_ents: bool = True,
    spans_key: Optional[str] = None,
    scores_key: Optional[str] = None,
    **kwargs,
) -> Dict[str, Any]:
    """Score what the component writes: entities as `ents_*` (predictions on tokens without annotation are ignored), and
    its span group as `spans_{key}_*`.

    examples (Iterable[Example]): Examples with predictions.
    set_ents (bool): Whether the component writes entities.
    spans_key (Optional[str]): Key of the span group that it writes, if any.
    scores_key (Optional[str]): Key of the span group with the probabilities of what it writes, if it gives any.
    RETURNS (Dict[str, Any]): Precision, recall and F1, overall and per label; and of the probabilities, under the same
        prefix, the expected calibration error `ece`, `brier` score, `log_loss` and average precision `ap`.
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
    if scores_key is not None and all("scores" in _attrs(eg.predicted, scores_key) for eg in examples):
        prefix = "ents" if set_ents else f"spans_{spans_key}"
        outcomes = collect_outcomes(examples, scores_key, None if set_ents else spans_key)
        scores.update({f"{prefix}_{name}": value for name, value in probability_scores(outcomes).items()})
    return scores


def _attrs(doc: Doc, key: str) -> Dict[str, Any]:
    return doc.spans[key].attrs if key in doc.spans else {}


def default_score_weights(set_ents: bool, spans_key: Optional[str]) -> Dict[str, Optional[float]]:
    """Weights of the scores in training: F1 of what the component learns, under the key it really has."""
    prefix = "ents" if set_ents else f"spans_{spans_key}"
    return {f"{prefix}_f": 1.0, f"{prefix}_p": 0.0, f"{prefix}_r": 0.0, f"{prefix}_per_type": None}
