"""The built-in corpus: made-up postal addresses of the United States and France, from real place names."""
from .generate import LABELS, generate
from .names import SPLITS

__all__ = ["LABELS", "SPLITS", "generate"]
