"""Generated addresses as Docs."""
from typing import Iterator, Optional

from spacy.language import Language
from spacy.tokens import Doc

from ..annotate import annotate_chars
from ..report import Report
from .generate import generate


def address_docs(
    nlp: Language,
    split: str = "train",
    size: int = 1000,
    seed: int = 0,
    country: Optional[str] = None,
    *,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Make addresses, see `generate`, and tokenize them.

    nlp (Language): Its tokenizer makes the docs.
    report (Optional[Report]): Is filled on the way.
    YIELDS (Doc): Docs with their components as entities.
    """
    report = Report() if report is None else report
    for text, spans in generate(split, size, seed, country):
        yield report.add_doc(annotate_chars(nlp.make_doc(text), spans, report=report, where=f"{split} addresses"))
