"""Generated addresses as Docs."""
from pathlib import Path
from typing import Iterator, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..align import CharSpan
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
        spans = [CharSpan(*span) for span in spans]
        yield report.add_doc(annotate_chars(nlp.make_doc(text), spans, report=report, where=f"{split} addresses"))


def read_addresses(
    split: Union[str, Path],
    nlp: Language,
    *,
    size: int = 1000,
    seed: int = 0,
    country: Optional[str] = None,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """As `address_docs`, with the split in the place of a file."""
    return address_docs(nlp, str(split), size, seed, country, report=report)
