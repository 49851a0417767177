"""What an annotation covers and what it is worth, as attributes of a reference document.

    doc._.annotated_labels   the labels whose spans are annotated; None: all of them
    doc._.learning_weight    the weight of the document in training
    token._.learning_weight  the weight of a token; that of the document, unless set

They are kept in the attributes of an empty span group: a group travels with the document wherever it goes, other than
custom attributes proper, which a DocBin leaves behind by default.
"""
from typing import Any, Dict, List, Optional, Sequence

from spacy.tokens import Doc, SpanGroup, Token

KEY = "spacy_bio_crf.annotation"


def register_attributes() -> None:
    """Make the attributes known to spaCy, unless somebody else's bear their names."""
    if not Doc.has_extension("annotated_labels"):
        Doc.set_extension("annotated_labels", getter=annotated_labels, setter=_set("annotated_labels"))
    if not Doc.has_extension("learning_weight"):
        Doc.set_extension("learning_weight", getter=_document_weight, setter=_set("weight"))
    if not Token.has_extension("learning_weight"):
        Token.set_extension("learning_weight", getter=_token_weight, setter=_set_token_weight)


def annotated_labels(doc: Doc) -> Optional[List[str]]:
    """The labels whose spans are annotated, None for all."""
    return _kept(doc).get("annotated_labels")


def set_annotated_labels(doc: Doc, labels: Sequence[str]) -> None:
    """Say which labels are annotated."""
    _set("annotated_labels")(doc, list(labels))


def token_weights(doc: Doc) -> Optional[List[float]]:
    """The weight of each token, None where all are 1. Length: T"""
    kept = _kept(doc)
    if "weight" not in kept and "token_weights" not in kept:
        return None
    of_tokens = kept.get("token_weights", {})
    return [of_tokens.get(str(i), kept.get("weight", 1.0)) for i in range(len(doc))]


def _kept(doc: Doc) -> Dict[str, Any]:
    return doc.spans[KEY].attrs if KEY in doc.spans else {}


def _set(name: str):
    def setter(doc: Doc, value: Any) -> None:
        doc.spans[KEY] = SpanGroup(doc, name=KEY, attrs={**_kept(doc), name: value})

    return setter


def _document_weight(doc: Doc) -> float:
    return _kept(doc).get("weight", 1.0)


def _token_weight(token: Token) -> float:
    kept = _kept(token.doc)
    return kept.get("token_weights", {}).get(str(token.i), kept.get("weight", 1.0))


def _set_token_weight(token: Token, weight: float) -> None:
    _set("token_weights")(token.doc, {**_kept(token.doc).get("token_weights", {}), str(token.i): float(weight)})
