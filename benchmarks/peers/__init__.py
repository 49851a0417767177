"""What benchmarks/speed.py measures: a name, and the module here whose `measure` does it."""
from typing import Dict, NamedTuple


class Peer(NamedTuple):
    module: str
    needs: Dict[str, str] = {}  # modules it imports, and what installs them; spaCy and this project go without saying
    note: str = ""  # what its figures mean, where the name does not say it
    our_encoder: bool = False  # that of configs/compared/bio_crf.cfg, so that it can have a share of the BLAS bound


TORCH = {"torch": "torch"}
BASE, BOUND = "ner", "BLAS bound"

PIPELINES: Dict[str, Peer] = {
    "bio_crf": Peer("components", our_encoder=True),
    "cnn": Peer("components", note="as bio_crf, with embeddings of more attributes, BIOES tags and batches of 300 words"),
    "joint": Peer("components", note="as cnn, beside window features"),
    "linear": Peer("components", note="no encoder"),
    "ner": Peer("components", our_encoder=True, note="spaCy's, by configs/compared/ner.cfg"),
    "ner, sped up": Peer("components", our_encoder=True, note="its encoder computed as ours is, by spacy_bio_crf.fast"),
    "beam_ner": Peer("components", our_encoder=True, note="spaCy's default beam over the encoder and batches of ner"),
    "spancat": Peer("components", our_encoder=True, note="over the same, n-grams up to the 95th percentile of lengths"),
    "eds.ner_crf": Peer("eds_nlp", {"edsnlp": "edsnlp[ml]", **TORCH}, "as in benchmarks/eds.py; batches of 16 docs"),
    "spacy_crfsuite": Peer(
        "crfsuite_component",
        {"spacy_crfsuite": "spacy_crfsuite", "sklearn_crfsuite": "sklearn-crfsuite"},
        "training is L-BFGS over all words at once, here words x iterations; it merges the tokens of each entity; "
        "1.7.0 fails with sklearn-crfsuite 0.5.0, and works with 0.3.6",
    ),
    BOUND: Peer("blas", note="sgemm alone, for the products of the encoder of bio_crf over all words of a batch"),
}

CHAIN_BASE = "pytorch-crf"
CHAINS: Dict[str, Peer] = {
    "ours": Peer("our_chains", note="compiled; under BIO constraints"),
    "ours, from torch": Peer(
        "torch_chains", TORCH, "`ChainCRF` on the CPU: the compiled form, and autograd; under BIO constraints"
    ),
    "ours, on torch": Peer(
        "torch_chains", TORCH, "its arithmetic on other devices, here on the CPU: float64 inside; under BIO constraints"
    ),
    "our reference": Peer("our_chains", note="float64 NumPy, one sequence at a time; under BIO constraints"),
    "pytorch-crf": Peer("torch_chains", {"torchcrf": "pytorch-crf", **TORCH}),
    "torch-struct": Peer("torch_chains", {"torch_struct": "torch-struct", **TORCH}),
    "TorchCRF": Peer("torch_chains", {"TorchCRF": "TorchCRF", **TORCH}),
    "Flair": Peer("torch_chains", {"flair": "flair", **TORCH}, "its CRF, ViterbiDecoder and ViterbiLoss alone"),
    "python-crfsuite": Peer("crfsuite_chain", {"pycrfsuite": "python-crfsuite"}, "tagging, once it has the features"),
}
