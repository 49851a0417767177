"""Window features of the classic linear CRF (Lafferty et al. 2001): what is seen around a token, and what it says for each tag.
Documents in, arrays out; no Thinc."""
from .attributes import WORD
from .featurizer import Featurizer, TokenFunction
from .lexemes import LexemeCodes
from .table import FeatureTable, compact

__all__ = ["WORD", "FeatureTable", "Featurizer", "LexemeCodes", "TokenFunction", "compact"]
