"""How fast the encoder of configs/compared/bio_crf.cfg could be if it did nothing but its matrix products: one call of NumPy's
sgemm for each layer and batch, into memory that is there. Training multiplies three times: forward, and backward to the
input and to the weights. Each layer takes all words of a batch. spacy_bio_crf.fast embeds equal words once, which does
not count here: this bounds spaCy's way to compute, and is a yardstick for ours."""
from typing import Any, Dict, List, Tuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from .components import Components
from .timing import words_per_second

REPEATS = 10  # batches of a pass


def measure(name: str, labelled: List[Doc], train: List[Doc], test: List[Doc]) -> Dict[str, Any]:
    pipeline = Components("bio_crf", labelled)
    shapes = products(pipeline.nlp.get_pipe("bio_crf_tagger").model.get_ref("tok2vec"))
    trained = next(iter(pipeline.training["batcher"](pipeline.examples(train))))
    rates = {
        "training": bound(shapes, sum(map(len, trained)), backward=True),
        "prediction": bound(shapes, sum(map(len, test[: pipeline.nlp.batch_size])), backward=False),
    }
    return {"rates": rates, "multiply_adds_per_word": sum(n_out * n_in for n_out, n_in in shapes)}


def products(encoder: Model) -> List[Tuple[int, int]]:
    """Outputs (times the pieces of a maxout) and inputs of each layer that multiplies."""
    layers = [layer for layer in encoder.walk() if layer.name in ("maxout", "linear")]
    pieces = [layer.get_dim("nP") if layer.has_dim("nP") else 1 for layer in layers]
    return [(layer.get_dim("nO") * n, layer.get_dim("nI")) for layer, n in zip(layers, pieces)]


def bound(shapes: List[Tuple[int, int]], rows: int, *, backward: bool) -> float:
    """Words per second. The layers take turns, as in a model, each with arrays of its own."""
    floats = numpy.random.default_rng(0).standard_normal
    layers = []
    for n_out, n_in in shapes:
        W, X, Y = (floats(shape, dtype="float32") for shape in ((n_out, n_in), (rows, n_in), (rows, n_out)))
        layers.append((W, X, Y, numpy.empty_like(W), numpy.empty_like(X)))

    def multiply(_: Any) -> int:
        for _ in range(REPEATS):
            for W, X, Y, dW, dX in layers:
                numpy.matmul(X, W.T, out=Y)
                if backward:
                    numpy.matmul(Y, W, out=dX)
                    numpy.matmul(Y.T, X, out=dW)
        return rows * REPEATS

    return words_per_second(multiply)
