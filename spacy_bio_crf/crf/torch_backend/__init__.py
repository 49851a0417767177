"""The chain on torch tensors, on any device, and on arrays that share their memory by DLPack, such as CuPy's.

See `spacy_bio_crf.crf` for the contract. What differs here: scores may be of any floating dtype (float16, bfloat16,
float32, float64), and gradients have theirs; `log_partition`, `path_score`, `entropy`, `tag_probabilities` and
`negative_log_likelihood` can be differentiated by autograd (log Z twice), while `loss`, `marginals` and
`expected_value` return gradients themselves. On the CPU the compiled backend computes most of it (`compiled`). Elsewhere a
batch equals its sequences to rounding, and the device is waited for a few times a call, never once a token.

`ChainCRF` is the chain as a `torch.nn.Module` over padded batches.
"""
from ...errors import Errors

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(Errors.E213) from error

from .arrays import use_arithmetic
from .contract import (
    best_path,
    entropy,
    expected_value,
    k_best,
    likely_spans,
    log_partition,
    loss,
    marginals,
    negative_log_likelihood,
    path_score,
    sample,
    span_probabilities,
    tag_probabilities,
)
from .module import ChainCRF

__all__ = [
    "ChainCRF",
    "best_path",
    "entropy",
    "expected_value",
    "k_best",
    "likely_spans",
    "log_partition",
    "loss",
    "marginals",
    "negative_log_likelihood",
    "path_score",
    "sample",
    "span_probabilities",
    "tag_probabilities",
    "use_arithmetic",
]
