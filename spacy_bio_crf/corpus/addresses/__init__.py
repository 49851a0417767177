"""The built-in corpus: made-up postal addresses of the United States and France, from real place names."""
from .docs import address_docs, read_addresses
from .generate import LABELS, generate
from .names import SPLITS

__all__ = ["LABELS", "SPLITS", "address_docs", "generate", "read_addresses"]
