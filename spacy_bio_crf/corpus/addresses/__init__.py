"""The built-in corpus: made-up postal addresses of the United States and France, from real place names."""
from .docs import address_docs
from .generate import LABELS, generate
from .names import SPLITS

__all__ = ["LABELS", "SPLITS", "address_docs", "generate"]
