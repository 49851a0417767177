"""What a packaged pipeline needs beside the packages that `spacy package` finds by itself."""
from typing import List

from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from spacy.util import get_minor_version_range, get_package_version, split_requirement
from thinc.api import Model
from thinc.shims import PyTorchShim

from ..types import ChainScores

PACKAGE = "spacy-bio-crf"


def require_torch(nlp: Language, model: Model[List[Doc], ChainScores]) -> None:
    """Note in the meta of a pipeline that a model of it runs in torch, or an encoder before it that it listens to, so that its
    package asks for the extra. spaCy finds requirements by the functions that a config names, and those tell of no extra.

    nlp (Language): The pipeline, its meta changed in place.
    model (Model[List[Doc], ChainScores]): The model.
    """
    models = [model, *_encoders_of(nlp, model)]
    if not any(isinstance(shim, PyTorchShim) for one in models for node in one.walk() for shim in node.shims):
        return
    requirements = nlp.meta.setdefault("requirements", [])
    if PACKAGE not in [split_requirement(one)[0] for one in requirements]:
        requirements.append(f"{PACKAGE}[torch]{get_minor_version_range(get_package_version(PACKAGE))}")


def _encoders_of(nlp: Language, model: Model) -> List[Model]:
    """The shared encoders that a model listens to."""
    names = {node.upstream_name for node in model.walk() if isinstance(node, Tok2VecListener)}
    shared = [(name, pipe) for name, pipe in nlp.components if isinstance(pipe, Tok2Vec)]
    return [pipe.model for name, pipe in shared if name in names or "*" in names]
