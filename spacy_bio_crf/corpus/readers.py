"""Readers for the `[corpora]` of a config: callables from `nlp` to Examples, like `spacy.Corpus.v1`."""
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..attributes import set_annotated_labels
from ..errors import Errors
from .addresses import address_docs
from .annotate import unannotated
from .columns import read_columns
from .formats import find_corpus, read_corpus
from .parts import read_parts
from .sentences import ColumnFormat

Reader = Callable[[Language], Iterator[Example]]


def create_corpus_v1(
    path: Optional[Union[str, Path]],
    format: Optional[str] = None,
    pattern: Optional[str] = None,
    options: Optional[Dict[str, Any]] = None,
) -> Reader:
    """Read a corpus of any format.

    path (Optional[Union[str, Path]]): A file or a folder.
    format (Optional[str]): Name of the format, see `FORMATS`. None: as the file looks.
    pattern (Optional[str]): Which files of a folder.
    options (Optional[Dict[str, Any]]): Those of the format's own function.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    """
    path = _check_path(path, "Corpus")

    def read(nlp: Language) -> Iterator[Example]:
        known, _ = find_corpus(path, format, pattern)
        for doc in read_corpus(path, nlp, known.name, pattern=pattern, **(options or {})):
            # What comes with its own tokens, and without its text, is predicted on these tokens.
            keep = known.tokens or doc.has_unknown_spaces
            yield Example(unannotated(doc) if keep else nlp.make_doc(doc.text), doc)

    return read


def create_column_corpus_v1(
    path: Optional[Union[str, Path]],
    scheme: str = "BIO",
    token_column: int = 0,
    tag_column: int = -1,
    separator: Optional[str] = None,
    comment: Optional[str] = None,
    missing: str = "-",
    label: Optional[str] = None,
    encoding: str = "utf-8",
    repair: Optional[str] = None,
    spaces: bool = True,
    sentences_per_doc: int = 1,
) -> Reader:
    """Read a column file. The predicted docs have the tokens of the file.

    The arguments are those of `ColumnFormat` and `read_columns`.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    """
    path = _check_path(path, "ColumnCorpus")
    format = ColumnFormat(scheme, token_column, tag_column, separator, comment, missing, label, encoding)

    def read(nlp: Language) -> Iterator[Example]:
        docs = read_columns(path, nlp, format, repair=repair, spaces=spaces, sentences_per_doc=sentences_per_doc)
        return (Example(unannotated(doc), doc) for doc in docs)

    return read


def create_parts_corpus_v1(
    path: Optional[Union[str, Path]], text_key: str = "text", parts_key: str = "components", encoding: str = "utf-8"
) -> Reader:
    """Read JSON lines of texts and their parts.

    The arguments are those of `read_parts`.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    """
    path = _check_path(path, "PartsCorpus")

    def read(nlp: Language) -> Iterator[Example]:
        return _from_text(nlp, read_parts(path, nlp, text_key=text_key, parts_key=parts_key, encoding=encoding))

    return read


def create_address_corpus_v1(
    split: str = "train", size: int = 1000, seed: int = 0, country: Optional[str] = None
) -> Reader:
    """Make postal addresses.

    The arguments are those of `spacy_bio_crf.corpus.addresses.generate`.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    """

    def read(nlp: Language) -> Iterator[Example]:
        return _from_text(nlp, address_docs(nlp, split, size, seed, country))

    return read


def create_joined_corpora_v1(
    corpora: Dict[str, Any],
    annotated_labels: Optional[Dict[str, List[str]]] = None,  # Any: blocks of a config at first
) -> Reader:
    """Read several corpora as one, an example of each in turn, though not all of them annotate all labels: what one of
    them leaves out is then missing there, rather than outside.

    corpora (Dict[str, Callable[[Language], Iterable[Example]]]): Readers, by names of your choice.
    annotated_labels (Optional[Dict[str, List[str]]]): The labels that a corpus annotates, by its name. One that is not
        named annotates all, or says so itself, in the `annotated_labels` of its docs.
    RETURNS (Callable[[Language], Iterator[Example]]): The reader.
    RAISES (ValueError): No corpora, or labels of one that there is not.
    """
    labels = annotated_labels or {}
    if not corpora:
        raise ValueError(Errors.E524)
    unknown = sorted(labels.keys() - corpora.keys())
    if unknown:
        raise ValueError(Errors.E523.format(unknown=", ".join(unknown), known=", ".join(corpora)))

    def examples(name: str, nlp: Language) -> Iterator[Example]:
        for example in corpora[name](nlp):
            if name in labels:
                set_annotated_labels(example.reference, labels[name])
            yield example

    def read(nlp: Language) -> Iterator[Example]:
        streams = [examples(name, nlp) for name in corpora]
        while streams:
            for stream in list(streams):
                example = next(stream, None)
                if example is None:
                    streams.remove(stream)
                else:
                    yield example

    return read


def _from_text(nlp: Language, docs: Iterable[Doc]) -> Iterator[Example]:
    return (Example(nlp.make_doc(doc.text), doc) for doc in docs)


def _check_path(path: Optional[Union[str, Path]], corpus: str) -> Path:
    """A path of `null` stands for a path that was not given on the command line."""
    if path is None:
        raise ValueError(Errors.E521.format(corpus=corpus))
    return Path(path)
