"""Files to Docs: readers, converters, character alignment, and the built-in address corpus."""
from .addresses import address_docs
from .columns import read_columns, write_columns
from .parts import read_parts
from .report import Report
from .save import save_docs
from .sentences import ColumnFormat
from .snips import read_snips
from .split import split_docs
from .usaddress import read_usaddress

__all__ = [
    "ColumnFormat",
    "Report",
    "address_docs",
    "read_columns",
    "read_parts",
    "read_snips",
    "read_usaddress",
    "save_docs",
    "split_docs",
    "write_columns",
]
