"""What an annotation covers and what it is worth, as attributes of a reference document.

    doc._.annotated_labels   the labels whose spans are annotated; None: all of them
    doc._.learning_weight    the weight of the document in training
    token._.learning_weight  the weight of a token; that of the document, unless set

A weight multiplies what is annotated: a span that is annotated as wrong has the lowest weight of its tokens. The setting
`entity_ratio` is no annotation but an expectation of the whole batch: all tokens count alike, other than in documents whose
tokens all have weight 0, which are left out.

They are kept in the attributes of an empty span group: a group travels with the document wherever it goes, other than
custom attributes proper, which a DocBin leaves behind by default. (`Doc.from_docs` and `Span.as_doc` keep neither.)
"""
from math import isfinite
from numbers import Real
from typing import Any, Dict, List, Optional, Sequence

from spacy.tokens import Doc, SpanGroup, Token

from .errors import Errors

KEY = "spacy_bio_crf.annotation"


def register_attributes() -> None:
    """Make the attributes known to spaCy, unless somebody else's bear their names."""
    if not Doc.has_extension("annotated_labels"):
        Doc.set_extension("annotated_labels", getter=annotated_labels, setter=set_annotated_labels)
    if not Doc.has_extension("learning_weight"):
        Doc.set_extension("learning_weight", getter=_document_weight, setter=_set_document_weight)
    if not Token.has_extension("learning_weight"):
        Token.set_extension("learning_weight", getter=_token_weight, setter=_set_token_weight)


def annotated_labels(doc: Doc) -> Optional[List[str]]:
    """The labels whose spans are annotated, None for all."""
    return _kept(doc).get("annotated_labels")


def set_annotated_labels(doc: Doc, labels: Optional[Sequence[str]]) -> None:
    """Say which labels are annotated, None for all. RAISES (ValueError): It is no list of strings."""
    if labels is not None:
        labels = labels if isinstance(labels, str) else list(labels)
        if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
            raise ValueError(Errors.E706.format(value=labels, text=doc.text[:80]))
    _keep(doc)["annotated_labels"] = labels


def token_weights(doc: Doc) -> Optional[List[float]]:
    """The weight of each token, None where all are 1. Length: T"""
    kept = _kept(doc)
    if "weight" not in kept and "token_weights" not in kept:
        return None
    return [_token_weight(token) for token in doc]


def _kept(doc: Doc) -> Dict[str, Any]:
    if KEY not in doc.spans:
        return {}
    if not doc.spans[KEY].attrs:  # as some of spaCy's augmenters leave it
        raise ValueError(Errors.E709.format(text=doc.text[:80]))
    return doc.spans[KEY].attrs


def _keep(doc: Doc) -> Dict[str, Any]:
    """As `_kept`, to be changed."""
    if KEY not in doc.spans:
        doc.spans[KEY] = SpanGroup(doc, name=KEY)
    return doc.spans[KEY].attrs


def _document_weight(doc: Doc) -> float:
    return _kept(doc).get("weight", 1.0)


def _set_document_weight(doc: Doc, weight: float) -> None:
    _keep(doc)["weight"] = _check_weight(doc, weight)


def _token_weight(token: Token) -> float:
    kept = _kept(token.doc)
    return kept.get("token_weights", {}).get(_name(token), kept.get("weight", 1.0))


def _set_token_weight(token: Token, weight: float) -> None:
    _keep(token.doc).setdefault("token_weights", {})[_name(token)] = _check_weight(token.doc, weight)


def _name(token: Token) -> str:
    """Where a token begins in the text: that stays when others are merged."""
    return str(token.idx)


def _check_weight(doc: Doc, weight: float) -> float:
    if not isinstance(weight, Real) or not (isfinite(weight) and weight >= 0):
        raise ValueError(Errors.E707.format(value=weight, text=doc.text[:80]))
    return float(weight)
