"""Files in and out: text with clear errors, and outputs that are whole or not there at all."""
import codecs
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Tuple, Union

from ..errors import Errors

BOM = "\ufeff"
WIDE = ("utf-16", "utf-32")  # the encodings that have zero bytes and marks of their own


def read_text(path: Union[str, Path], encoding: str = "utf-8", *, unify: bool = True) -> str:
    """Read a text file, without the byte order mark at its start.

    path (Union[str, Path]): The file.
    encoding (str): Its encoding.
    unify (bool): Whether all line ends become "\\n", be they "\\n", "\\r\\n" or "\\r" in the file. Not where offsets
        count them.
    RETURNS (str): The text.
    RAISES (ValueError): There is no such file, or it is not text of this encoding.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(Errors.E501.format(path=path, found="a folder" if path.is_dir() else "nothing"))
    raw = path.read_bytes()
    try:
        if not codecs.lookup(encoding).name.startswith(WIDE):
            if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise ValueError(Errors.E502.format(path=path, line=1, found="the byte order mark of UTF-16"))
            _check_zeros(path, raw.decode("latin-1"))
        text = raw.decode(encoding)
    except LookupError:
        raise ValueError(Errors.E503.format(encoding=encoding)) from None
    except UnicodeDecodeError as err:
        line = _count_lines(raw[: err.start].decode("latin-1"))
        raise ValueError(Errors.E504.format(path=path, line=line, encoding=encoding, byte=raw[err.start])) from None
    _check_zeros(path, text)
    text = text[text.startswith(BOM) :]
    return _unify_line_ends(text) if unify else text


def load_json(text: str) -> Any:
    """RAISES (ValueError): The text is no JSON, an object has a key twice, or a string holds half a character (a lone
    surrogate)."""
    content = json.loads(text, object_pairs_hook=_distinct)
    json.dumps(content, ensure_ascii=False).encode()
    return content


def _distinct(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    """An object, of which nothing is lost."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key '{next(key for key in keys if keys.count(key) > 1)}' stands twice in an object")
    return value


def find_files(path: Union[str, Path], pattern: str = "*") -> List[Path]:
    """The file itself, or the files of a folder and its subfolders that match a pattern, in order of their paths. The pattern
    "*" leaves out what is only about the others, such as a README or a LICENSE.

    RAISES (ValueError): Nothing is there, or nothing in the folder matches.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob(pattern) if file.is_file() and (pattern != "*" or not _is_about(file)))
    if not files:
        raise ValueError(Errors.E505.format(path=path, pattern=pattern))
    return files


def _is_about(file: Path) -> bool:
    return file.suffix == ".md" or file.stem.upper() in ("README", "LICENSE", "LICENCE", "COPYING", "NOTICE")


@contextmanager
def replacing(path: Union[str, Path]) -> Iterator[Path]:
    """Hand out a temporary path that takes the place of `path` on success, and vanishes on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        temporary = Path(folder) / path.name  # made by whoever writes it, and so with the usual permissions
        yield temporary
        if path.is_file():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)


def _check_zeros(path: Path, text: str) -> None:
    if "\0" in text:
        line = _count_lines(text[: text.index("\0")])
        raise ValueError(Errors.E502.format(path=path, line=line, found="a zero byte"))


def _count_lines(text: str) -> int:
    return _unify_line_ends(text).count("\n") + 1


def _unify_line_ends(text: str) -> str:
    """Turn "\\r\\n" and a lone "\\r" into "\\n"; "\\r\\r\\n", which a careless copy makes, is one line end too."""
    return re.sub("\r{0,2}\n|\r", "\n", text)
