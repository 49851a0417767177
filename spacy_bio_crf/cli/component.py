"""A component of a trained pipeline: found, run over a corpus, and given other settings."""
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Tuple, TypeVar

import spacy
from rich.console import Console
from rich.progress import track
from spacy.cli._util import import_code
from spacy.language import Language
from spacy.training import Corpus, Example

from ..corpus.files import find_files
from ..corpus.save import SPACY
from ..errors import Errors
from ..evaluation import Outcomes, collect_outcomes
from ..pipeline.tagger import BioCrfTagger

FACTORY = "bio_crf_tagger"
CODE_HELP = "Path to Python file with additional code (registered functions) to be imported"
COMPONENT_HELP = "Name of the component; needed where the pipeline has several of the factory bio_crf_tagger"

T = TypeVar("T")


def load_component(model: str, name: Optional[str], code: Optional[Path]) -> Tuple[Language, str]:
    """Load a pipeline, and find its bio_crf_tagger.

    model (str): Name of a package, or path of a folder.
    name (Optional[str]): Name of the component; None for the only one there is.
    code (Optional[Path]): Python file to import first.
    RETURNS (Tuple[Language, str]): The pipeline, and the name of the component.
    RAISES (ValueError): There is no such component, or several.
    """
    import_code(code)
    nlp = spacy.load(model)
    names = [found for found in nlp.pipe_names if nlp.get_pipe_meta(found).factory == FACTORY]
    listed = ", ".join(names or nlp.pipe_names) or "none"
    if not names:
        raise ValueError(Errors.E604.format(model=model, names=listed))
    if name is None and len(names) > 1:
        raise ValueError(Errors.E605.format(model=model, names=listed))
    if name is not None and name not in names:
        raise ValueError(Errors.E606.format(model=model, name=name, names=listed))
    return nlp, name or names[0]


def read_examples(nlp: Language, path: Path) -> List[Example]:
    """Read annotated examples from a .spacy file, or a folder of them."""
    for file in find_files(path, f"*{SPACY}"):
        if file.suffix != SPACY:
            raise ValueError(Errors.E607.format(path=file))
    return list(Corpus(path)(nlp))


def predict_outcomes(nlp: Language, name: str, path: Path, *, silent: bool, **settings: Any) -> Outcomes:
    """Predict a corpus once, with all spans of the component and their probabilities.

    nlp (Language): The pipeline.
    name (str): Name of the component. What comes after it in the pipeline is not run.
    path (Path): A .spacy file, or a folder of them.
    silent (bool): Whether to show no progress.
    **settings (Any): Settings of the component during the prediction.
    RETURNS (Outcomes): The predicted spans beside the gold.
    """
    tagger = nlp.get_pipe(name)
    examples = read_examples(nlp, path)
    after = nlp.pipe_names[nlp.pipe_names.index(name) + 1 :]
    with nlp.select_pipes(disable=after), changed(tagger, scores=True, threshold=0.0, thresholds={}, **settings):
        docs = nlp.pipe([example.predicted for example in examples])
        for example, doc in zip(examples, watch(docs, "Predicting", len(examples), silent=silent)):
            example.predicted = doc
    return collect_outcomes(examples, tagger.scores_key, tagger.gold_key)


@contextmanager
def changed(tagger: BioCrfTagger, **settings: Any) -> Iterator[None]:
    """Give a component other settings for a while."""
    before = tagger.cfg
    tagger.cfg = {**before, **settings}
    try:
        yield
    finally:
        tagger.cfg = before


def set_settings(nlp: Language, name: str, **settings: Any) -> None:
    """Give a component other settings for good: in the component, and in the pipeline's config if they stand there."""
    nlp.get_pipe(name).cfg.update(settings)
    config = nlp.get_pipe_config(name)
    config.update({key: value for key, value in settings.items() if key in config})


def watch(items: Iterable[T], text: str, total: Optional[int] = None, *, silent: bool) -> Iterable[T]:
    """Show progress on a terminal."""
    console = Console(stderr=True)
    return track(items, text, total, console=console, transient=True, disable=silent or not console.is_terminal)
