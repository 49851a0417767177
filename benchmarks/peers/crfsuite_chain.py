"""python-crfsuite's tagging, once it has the features of a sequence. Its model is learned here: two features that say
nothing, and as many labels."""
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict

import numpy
import pycrfsuite

from spacy_bio_crf.types import ChainScores

from .chain_timing import Chain, measure_chain

FEATURES = [["a"], ["b"]]


def measure(name: str) -> Dict[str, Any]:
    return measure_chain(make)


def make(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    """A tagger for each sequence, as a tagger holds the scores of one."""
    n_tags, length = len(scores.start), int(scores.lengths[0])
    trainer = pycrfsuite.Trainer(params={"max_iterations": 5, "feature.possible_transitions": True}, verbose=False)
    trainer.append([FEATURES[i % 2] for i in range(n_tags)], list(map(str, range(n_tags))))
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        model = Path(path).read_bytes()
    taggers = [pycrfsuite.Tagger() for _ in scores.lengths]
    for tagger in taggers:
        tagger.open_inmemory(model)
        tagger.set([FEATURES[i % 2] for i in range(length)])
    return Chain(lambda of=model: [tagger.tag() for tagger in taggers])  # the taggers read on from these bytes
