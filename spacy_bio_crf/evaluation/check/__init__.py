"""What is odd about annotated documents, before anything is trained on them."""
from .documents import annotated_spans, check_document, mend_orphans
from .findings import ERROR, KINDS, NOTE, SEVERITIES, WARNING, Finding, Findings
from .parts import check_parts, check_strings, statistics
from .tokenizer import check_tokenizer, mending_rule

__all__ = [
    "ERROR",
    "KINDS",
    "NOTE",
    "SEVERITIES",
    "WARNING",
    "Finding",
    "Findings",
    "annotated_spans",
    "check_document",
    "check_parts",
    "check_strings",
    "check_tokenizer",
    "mend_orphans",
    "mending_rule",
    "statistics",
]
