"""Small models with window features, alone and beside an encoder."""
from .conftest import SMALL_MODEL

FEATURES = {
    "@layers": "spacy_bio_crf.WindowFeatures.v1",
    "templates": ["bias", "lower[-1..1]", "case", "lower[-1] + lower"],
    "dropout": 0.0,
}
LINEAR = {"@architectures": "spacy_bio_crf.BioCrfTagger.v1", "tok2vec": None, "features": FEATURES}
JOINT = {**SMALL_MODEL, "features": FEATURES}
