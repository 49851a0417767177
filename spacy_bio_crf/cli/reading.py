"""The options of reading a corpus, for every command that reads one of any format."""
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from typer import Option as Opt

from ..corpus import FORMATS
from ..errors import Errors
from ..tags import REPAIRS, SCHEMES
from .group import clear_errors

SEPARATORS = {"tab": "\t", "space": " ", "comma": ","}
OfColumns, OfTexts = (partial(Opt, None, rich_help_panel=title) for title in ("Columns", "Other formats"))


class Reading(NamedTuple):
    """How a corpus is to be read.

    source (Optional[str]): Name of its format. None: as it looks.
    pattern (Optional[str]): Which files of a folder.
    options (Dict[str, Any]): Those of the function that reads the format, as far as they were given.
    """

    source: Optional[str]
    pattern: Optional[str]
    options: Dict[str, Any]


def _options(
    # fmt: off
    source: Optional[str] = Opt(None, "--from", "-f", "--format", help=f"What is read: {', '.join(FORMATS)}; default: as it looks"),
    pattern: Optional[str] = Opt(None, "--pattern", help="Which files of a folder, such as 'train_*_full.json'"),
    encoding: Optional[str] = Opt(None, "--encoding", help="Encoding of a text; default: utf-8"),
    scheme: Optional[str] = OfColumns("--scheme", "-s", help=f"Scheme of the tags: {', '.join(SCHEMES)}; default: BIO"),
    token_column: Optional[int] = OfColumns("--token-column", help="Column of the token; -1 is the last; default: 0"),
    tag_column: Optional[int] = OfColumns("--tag-column", help="Column of the tag; default: -1"),
    layers: Optional[List[str]] = OfColumns("--layer", help="NAME=COLUMN: a span group, and the column of its tags; may be repeated"),
    separator: Optional[str] = OfColumns("--separator", help="tab, space, comma or any other; default: spaces and tabs"),
    comment: Optional[str] = OfColumns("--comment", help="What lines of comment begin with, such as '# '"),
    missing: Optional[str] = OfColumns("--missing", help="Tag of tokens that were not annotated, such as UNK; default: -"),
    label: Optional[str] = OfColumns("--label", help="Label of bare tags (B, I)"),
    bare_labels: Optional[bool] = OfColumns("--bare-labels", help="Tags are labels, without B or I; a run of one label is a span"),
    single_tokens: Optional[bool] = OfColumns("--single-tokens", help="With --bare-labels: each token is a span of its own"),
    repair: Optional[str] = OfColumns("--repair", help=f"Mend illegal tags: {', '.join(REPAIRS)}; default: fail"),
    spaces: Optional[bool] = OfColumns("--spaces/--no-spaces", help="Whether the language parts words by spaces"),
    sentences_per_doc: Optional[int] = OfColumns("--n-sents", "-n", min=0, help="Sentences of a doc; 0 for whole documents; default: 1"),
    file_tokens: Optional[bool] = OfTexts("--file-tokens/--new-tokens", help="Keep the tokens of the file, or cut anew"),
    text_key: Optional[str] = OfTexts("--text-key", help="Name of what holds the text; default: text"),
    parts_key: Optional[str] = OfTexts("--parts-key", help="parts: key of the parts; default: components"),
    tokens_key: Optional[str] = OfTexts("--tokens-key", help="datasets: column of the tokens; default: tokens"),
    tags_key: Optional[str] = OfTexts("--tags-key", help="datasets: column of the tags; default: ner_tags, tags or labels"),
    document_tag: Optional[str] = OfTexts("--document-tag", help="markup: what a document stands in; default: a line"),
    size: Optional[int] = OfTexts("--size", min=1, help="addresses: how many to make; default: 1000"),
    country: Optional[str] = OfTexts("--country", help="addresses: us or fr; default: both"),
    # fmt: on
) -> None:
    """The names of the options of reading, and how a command line gives them."""


OPTIONS = signature(_options).parameters


def reads_corpora(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of reading a corpus. It gets them as one argument, `reading`."""
    own = [parameter for name, parameter in signature(command).parameters.items() if name != "reading"]
    added = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in OPTIONS.values()]

    @wraps(command)
    def run(**arguments: Any) -> None:
        with clear_errors():
            reading = _reading(**{name: arguments.pop(name) for name in OPTIONS})
        command(**arguments, reading=reading)

    run.__signature__ = signature(command).replace(parameters=[*own, *added])
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *added)}
    return run


def _reading(
    source: Optional[str], pattern: Optional[str], layers: Optional[List[str]], separator: Optional[str], **options: Any
) -> Reading:
    options.update(layers=_parse_layers(layers or []), separator=SEPARATORS.get(separator, separator))
    return Reading(source, pattern, {name: value for name, value in options.items() if value is not None})


def _parse_layers(layers: List[str]) -> Optional[Dict[str, int]]:
    """Turn NAME=COLUMN into a column by its name. RAISES (ValueError): That is not what it is, or a name comes twice."""
    pairs = [layer.rpartition("=") for layer in layers]
    for layer, (name, _, column) in zip(layers, pairs):
        if not name or not column.lstrip("-").isdigit():
            raise ValueError(Errors.E532.format(layer=layer))
    columns = {name: int(column) for name, _, column in pairs}
    if len(columns) < len(pairs):
        raise ValueError(Errors.E539.format(layers=", ".join(layers)))
    return columns or None
