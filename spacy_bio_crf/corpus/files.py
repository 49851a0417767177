"""Files in and out: text with clear errors, and outputs that are whole or not there at all."""
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Iterator, List, Union

from ..errors import Errors

BOM = "\ufeff"


def read_text(path: Union[str, Path], encoding: str = "utf-8") -> str:
    """Read a text file, without the byte order mark at its start.

    path (Union[str, Path]): The file.
    encoding (str): Its encoding.
    RETURNS (str): The text, with line ends as "\\n".
    RAISES (ValueError): There is no such file, or it is not text of this encoding.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if path.is_dir() else "nothing"))
    raw = path.read_bytes()
    try:
        text = raw.decode(encoding)
    except LookupError:
        raise ValueError(Errors.E503.format(encoding=encoding)) from None
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        raise ValueError(Errors.E504.format(path=path, line=line, encoding=encoding, byte=raw[err.start])) from None
    if "\0" in text:
        raise ValueError(Errors.E502.format(path=path, line=text.count("\n", 0, text.index("\0")) + 1))
    return text[text.startswith(BOM) :].replace("\r\n", "\n")


def find_files(path: Union[str, Path], pattern: str = "*") -> List[Path]:
    """The file itself, or the files of a folder and its subfolders that match a pattern, in order of their paths.

    RAISES (ValueError): Nothing is there, or nothing in the folder matches.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob(pattern) if file.is_file())
    if not files:
        raise ValueError(Errors.E505.format(path=path, pattern=pattern))
    return files


@contextmanager
def replacing(path: Union[str, Path]) -> Iterator[Path]:
    """Hand out a temporary path that takes the place of `path` on success, and vanishes on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
