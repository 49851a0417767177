"""Readers for the `[corpora]` of a config: callables from `nlp` to Examples, like `spacy.Corpus.v1`."""
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors
from .addresses import address_docs
from .columns import read_columns
from .parts import read_parts
from .sentences import ColumnFormat

Reader = Callable[[Language], Iterator[Example]]


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
        return (Example(_same_tokens(nlp, doc), doc) for doc in docs)

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


def _from_text(nlp: Language, docs: Iterable[Doc]) -> Iterator[Example]:
    return (Example(nlp.make_doc(doc.text), doc) for doc in docs)


def _same_tokens(nlp: Language, doc: Doc) -> Doc:
    """A doc of the same tokens and no annotation."""
    return Doc(nlp.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def _check_path(path: Optional[Union[str, Path]], corpus: str) -> Path:
    """A path of `null` stands for a path that was not given on the command line."""
    if path is None:
        raise ValueError(Errors.E521.format(corpus=corpus))
    return Path(path)
