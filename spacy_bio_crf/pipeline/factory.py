"""The factory `bio_crf_tagger`. It imports nothing optional: spaCy loads it with every `Language` object."""
import dataclasses
from typing import Any, Callable, Dict, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from ..types import ChainScores
from .requirements import require_torch
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
chains = {}
chain_per_label = false
incorrect_spans_key = null

[bio_crf_tagger.constraints]
sentence_bounded = false
max_span_length = null
at_most_one = []
label_order = []
disabled_labels = []
required_key = null
forbidden_key = null
allowed_key = null
span_scores = {}

[bio_crf_tagger.learning]
candidates_key = null
missed_cost = 0.0
spurious_cost = 0.0
label_weights = {}
label_smoothing = 0.0
entity_ratio = null

[bio_crf_tagger.scorer]
@scorers = "spacy_bio_crf.span_scorer.v1"

[bio_crf_tagger.model]
@architectures = "spacy_bio_crf.BioCrfTagger.v1"
hidden_width = 128
fast = true
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
    default_score_weights=default_score_weights([{"set_ents": True}]),
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
    chains: Dict[str, Dict[str, Any]],
    chain_per_label: bool,
    constraints: Dict[str, Any],
    learning: Dict[str, Any],
    incorrect_spans_key: Optional[str],
    scorer: Optional[Callable],
) -> BioCrfTagger:
    """Create a `bio_crf_tagger`. The settings are those of `BioCrfTagger`."""
    tagger = BioCrfTagger(
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
        chains=chains,
        chain_per_label=chain_per_label,
        constraints=constraints,
        learning=learning,
        incorrect_spans_key=incorrect_spans_key,
        scorer=scorer,
    )
    require_torch(nlp, model)
    # spaCy asks for the factory's meta right after this call, so the score weights can follow the real settings.
    weights = default_score_weights(list(tagger.cfg["chains"].values()) or [{"set_ents": set_ents, "spans_key": spans_key}])
    meta = nlp.get_factory_meta("bio_crf_tagger")
    meta = dataclasses.replace(meta, default_score_weights=weights, scores=list(weights))
    nlp.set_factory_meta("bio_crf_tagger", meta)
    return tagger
