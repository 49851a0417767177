"""What the commands that convert share: options, outputs, progress."""
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from rich.console import Console
from rich.progress import track
from spacy.tokens import Doc

from ..corpus.formats import FORMATS, Format, format_for, get_format
from ..corpus.options import check_options, options_of
from ..errors import Errors
from ..tags import get_scheme

TO_HELP = f"What OUTPUT is: {', '.join(name for name in FORMATS if FORMATS[name].write)}; default: by its end"


def deal_options(
    options: Dict[str, Any], source: Format, target: Format, spans_keys: List[str], to_scheme: Optional[str] = None
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """Deal the options of the command line to the function that reads and the one that writes.

    options (Dict[str, Any]): The options; None stands for one that was not given.
    source, target (Format): What is read and written.
    spans_keys (List[str]): The span groups to write, in place of the entities.
    to_scheme (Optional[str]): The scheme to write, if it is another one.
    RETURNS (Tuple[Dict[str, Any], Dict[str, Any]]): The options of either.
    RAISES (ValueError): An option is for neither.
    """
    options = {name: value for name, value in options.items() if value is not None}
    reads, writes = options_of(source.read), options_of(target.write)
    if writes & {"spans_keys", "layers"}:
        writes.add("spans_key")
    check_options(options, source.name, reads | writes)
    if to_scheme:
        get_scheme(to_scheme)
        check_options(["scheme"], target.name, writes)
    written = {name: options[name] for name in options if name in writes}
    spans_keys = spans_keys or list(options.get("layers", ()))
    written.update(
        scheme=to_scheme or options.get("scheme", "BIO"),
        spans_keys=spans_keys,
        layers={key: column for column, key in enumerate(spans_keys, start=1)} or None,
    )
    reading = {name: options[name] for name in options if name in reads}
    return reading, {name: written[name] for name in written if name in options_of(target.write)}


def target_format(name: Optional[str], path: Path, *, folder: bool = False) -> Format:
    """The format to write: by its name, else by the end of the path; of the files of a folder, spaCy's own.

    RAISES (ValueError): There is no such format, it cannot be written, or the end of the path does not tell.
    """
    if not name and not folder and path.is_dir():
        raise _refusal(path, "a folder", "a file, or the option --split")
    format = get_format(name or "spacy") if name or folder else format_for(path)
    if format.write is None:
        raise ValueError(Errors.E531.format(name=format.name))
    return format


def check_output(output: Path, paths: List[Path], inputs: List[Path], source: Optional[Format], *, folder: bool) -> None:
    """Refuse outputs that would destroy something, such as a file that is read beside another. Before the work, not after it."""
    inputs = inputs + [file.with_suffix(ending) for file in inputs for ending in (source.together if source else ())]
    if folder and output.is_file():
        raise _refusal(output, "a file", "a folder, for the files of the splits")
    for path in paths:
        if path.is_dir() and any(path.iterdir()):
            raise _refusal(path, "a folder that is not empty", "another path, or the option --split")
        if path.exists() and any(file.exists() and file.samefile(path) for file in inputs):
            raise _refusal(path, "a file of the input", "another path")


def _refusal(path: Path, found: str, expected: str) -> ValueError:
    return ValueError(Errors.E603.format(path=path, found=found, expected=expected))


def watch(docs: Iterable[Doc], doing: str, *, silent: bool) -> Iterator[Doc]:
    """Show progress."""
    console = Console(stderr=True)
    yield from track(docs, doing, console=console, transient=True, disable=silent or not console.is_terminal)
