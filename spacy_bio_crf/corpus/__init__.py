"""Files to Docs and back: readers, converters, character alignment, and the built-in address corpus."""
from .addresses import address_docs
from .brat import read_brat, write_brat
from .columns import read_columns, write_columns
from .datasets import read_datasets
from .doccano import read_doccano, write_doccano
from .formats import FORMATS, read_corpus, write_corpus
from .label_studio import read_label_studio, write_label_studio
from .markup import read_markup, write_markup
from .offsets import read_offsets, write_offsets
from .parallel import read_parallel
from .parts import read_parts
from .prodigy import read_prodigy, write_prodigy
from .report import Report
from .save import save_docs
from .sentences import ColumnFormat
from .snips import read_snips
from .spacy_files import read_spacy, read_spacy_json, write_spacy, write_spacy_json
from .split import split_docs
from .usaddress import read_usaddress

__all__ = [
    "ColumnFormat",
    "FORMATS",
    "Report",
    "address_docs",
    "read_brat",
    "read_columns",
    "read_corpus",
    "read_datasets",
    "read_doccano",
    "read_label_studio",
    "read_markup",
    "read_offsets",
    "read_parallel",
    "read_parts",
    "read_prodigy",
    "read_snips",
    "read_spacy",
    "read_spacy_json",
    "read_usaddress",
    "save_docs",
    "split_docs",
    "write_brat",
    "write_columns",
    "write_corpus",
    "write_doccano",
    "write_label_studio",
    "write_markup",
    "write_offsets",
    "write_prodigy",
    "write_spacy",
    "write_spacy_json",
]
