"""The factory `bio_crf_tagger`. It imports nothing optional: spaCy loads it with every `Language` object."""
import dataclasses
from typing import Any, Callable, Dict, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from ..types import ChainScores
from .scorer import default_score_weights
from .tagger import BioCrfTagger

DEFAULT_CONFIG = """
[bio_crf_tagger]
scheme = "BIO"
spans_key = null
set_ents = true
overwrite = false
scores = true
decode = "viterbi"
threshold = 0.0
thresholds = {}
calibration = null

[bio_crf_tagger.scorer]
@scorers = "spacy_bio_crf.span_scorer.v1"

[bio_crf_tagger.model]
@architectures = "spacy_bio_crf.BioCrfTagger.v1"
hidden_width = 128
fast_blas = true
nO = null

[bio_crf_tagger.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 96
depth = 4
embed_size = 2000
window_size = 1
maxout_pieces = 3
subword_features = true
"""


@Language.factory(
    "bio_crf_tagger",
    assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"],
    default_config=Config().from_str(DEFAULT_CONFIG)["bio_crf_tagger"],
    default_score_weights=default_score_weights(True, None),
)
def make_bio_crf_tagger(
    nlp: Language,
    name: str,
    model: Model[List[Doc], ChainScores],
    scheme: str,
    spans_key: Optional[str],
    set_ents: bool,
    overwrite: bool,
    scores: bool,
    decode: str,
    threshold: float,
    thresholds: Dict[str, float],
    calibration: Optional[Dict[str, Any]],
    scorer: Optional[Callable],
) -> BioCrfTagger:
    """Create a `bio_crf_tagger`. The settings are those of `BioCrfTagger`."""
    # spaCy asks for the factory's meta right after this call, so the score weights can follow the real spans_key.
    weights = default_score_weights(set_ents, spans_key)
    meta = nlp.get_factory_meta("bio_crf_tagger")
    nlp.set_factory_meta(
        "bio_crf_tagger", dataclasses.replace(meta, default_score_weights=weights, scores=list(weights))
    )
    return BioCrfTagger(
        nlp.vocab,
        model,
        name,
        scheme=scheme,
        spans_key=spans_key,
        set_ents=set_ents,
        overwrite=overwrite,
        scores=scores,
        decode=decode,
        threshold=threshold,
        thresholds=thresholds,
        calibration=calibration,
        scorer=scorer,
    )
