"""A component of a trained pipeline: found, run over a corpus, and given other settings."""
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

import numpy
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
CHAIN_HELP = "Name of the chain, where the component has several; default: all of them together"
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
        if not file.is_file():
            raise ValueError(Errors.E501.format(path=file, found="nothing"))
        if file.suffix != SPACY:
            raise ValueError(Errors.E607.format(path=file))
    return list(Corpus(path)(nlp))


def predict_outcomes(
    nlp: Language, name: str, path: Path, *, chain: Optional[str] = None, silent: bool, **settings: Any
) -> Outcomes:
    """Predict a corpus once, see `outcomes_of_examples`.

    path (Path): A .spacy file, or a folder of them.
    """
    return outcomes_of_examples(nlp, name, read_examples(nlp, path), chain=chain, silent=silent, **settings)


def outcomes_of_examples(
    nlp: Language, name: str, examples: List[Example], *, chain: Optional[str] = None, silent: bool, **settings: Any
) -> Outcomes:
    """Predict examples once, with all spans of the component and their probabilities.

    nlp (Language): The pipeline.
    name (str): Name of the component. What comes after it in the pipeline is not run.
    examples (List[Example]): The examples; their predictions are replaced.
    chain (Optional[str]): The chain to look at, None for all of them.
    silent (bool): Whether to show no progress.
    **settings (Any): Settings of the component, and of all of its chains, during the prediction.
    RETURNS (Outcomes): The predicted spans beside the gold.
    """
    tagger = nlp.get_pipe(name)
    after = nlp.pipe_names[nlp.pipe_names.index(name) + 1 :]
    settings = {"threshold": 0.0, "thresholds": {}, **settings}
    chains = {key: {**own, **dict.fromkeys(settings)} for key, own in tagger.cfg["chains"].items()}
    with nlp.select_pipes(disable=after), changed(tagger, scores=True, chains=chains, **settings):
        docs = nlp.pipe([example.predicted for example in examples])
        for example, doc in zip(examples, watch(docs, "Predicting", len(examples), silent=silent)):
            example.predicted = doc
    chosen = tagger.chains if chain is None else [tagger.chain(chain)]
    groups = dict.fromkeys((tagger.scores_key_of(one), one.gold_key) for one in chosen)
    outcomes = _join([collect_outcomes(examples, *keys) for keys in groups])
    return outcomes if chain is None else _only(outcomes, chosen[0].tagset.labels)


def _join(parts: List[Outcomes]) -> Outcomes:
    gold = sum((Counter(part.gold) for part in parts), Counter())
    columns = ("probability", "correct", "labels")
    return Outcomes(
        *(numpy.concatenate([getattr(part, column) for part in parts]) for column in columns),
        gold=dict(sorted(gold.items())),
    )


def _only(outcomes: Outcomes, labels: Sequence[str]) -> Outcomes:
    """The spans of some labels: another chain may write to the same group."""
    kept = numpy.array([label in labels for label in outcomes.labels], dtype=bool)
    gold = {label: count for label, count in outcomes.gold.items() if label in labels}
    return Outcomes(outcomes.probability[kept], outcomes.correct[kept], outcomes.labels[kept], gold)


def check_chain(nlp: Language, name: str, chain: Optional[str], settings: Iterable[str]) -> None:
    """Check that settings can be given to a chain, or to all of them.

    RAISES (ValueError): There is no such chain; or the chain can have no settings; or chains have such settings already, and
        none is named.
    """
    tagger = nlp.get_pipe(name)
    chains = tagger.cfg["chains"]
    if chain is not None:
        tagger.chain(chain)
        if chain not in chains:
            raise ValueError(Errors.E619.format(name=name, chain=chain))
        return
    own = [key for key, one in chains.items() if any(one.get(setting) is not None for setting in settings)]
    if own:
        raise ValueError(Errors.E618.format(name=name, chains=", ".join(own), settings=" or ".join(settings)))


@contextmanager
def changed(tagger: BioCrfTagger, **settings: Any) -> Iterator[None]:
    """Give a component other settings for a while."""
    before = tagger.cfg
    tagger.cfg = {**before, **settings}
    try:
        yield
    finally:
        tagger.cfg = before


def set_settings(nlp: Language, name: str, chain: Optional[str] = None, **settings: Any) -> None:
    """Give a component, or one of its chains, other settings for good: in the component, and in the pipeline's config if they
    stand there."""
    cfg, config = nlp.get_pipe(name).cfg, nlp.get_pipe_config(name)
    if chain is None:
        cfg.update(settings)
        config.update({key: value for key, value in settings.items() if key in config})
    else:
        for chains in (cfg["chains"], config["chains"]):
            chains[chain].update(settings)


def watch(items: Iterable[T], text: str, total: Optional[int] = None, *, silent: bool) -> Iterable[T]:
    """Show progress on a terminal."""
    console = Console(stderr=True)
    return track(items, text, total, console=console, transient=True, disable=silent or not console.is_terminal)
