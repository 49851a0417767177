"""JSON in and out: an object a line, or one array of them."""
import json
from pathlib import Path
from typing import Any, Iterable, Iterator, Tuple, Union

from ..errors import Errors
from .files import load_json, read_text
from .records import unexpected


def read_json(path: Union[str, Path], encoding: str = "utf-8") -> Iterator[Tuple[str, Any]]:
    """Read the values of a file.

    path (Union[str, Path]): A file of one JSON value a line, or of one array of objects.
    encoding (str): Its encoding.
    YIELDS (Tuple[str, Any]): Where a value stands, and the value.
    RAISES (ValueError): It is not JSON, with the name of the file and the line, or there is nothing in it.
    """
    text = read_text(path, encoding)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise ValueError(Errors.E516.format(path=path))
    if lines[0][1].strip() in ("[", "{", "[{"):
        yield from _items(_parse(text, str(path)), str(path))
        return
    for number, line in lines:
        where = f"{path}, line {number}"
        yield from _items(_parse(line, where), where)


def read_objects(path: Union[str, Path], encoding: str = "utf-8") -> Iterator[Tuple[str, Any]]:
    """As `read_json`. RAISES (ValueError): Also where a value is no object."""
    for where, value in read_json(path, encoding):
        if not isinstance(value, dict):
            raise unexpected(where, "an object", value)
        yield where, value


def write_lines(path: Union[str, Path], values: Iterable[Any]) -> None:
    """Write a JSON value a line."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def text_of(record: Any, where: str, key: str = "text") -> str:
    """RAISES (ValueError): The record has no text there."""
    text = record.get(key)
    if not isinstance(text, str):
        raise unexpected(where, f"a text under the key '{key}'", text)
    return text


def list_of(record: Any, where: str, key: str, kind: type = dict) -> list:
    """A list of objects, or of another kind; empty where there is no such key. RAISES (ValueError): It is none."""
    values = record.get(key)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
        raise unexpected(where, f"a list of {'objects' if kind is dict else 'lists'} under the key '{key}'", values)
    return values


def _parse(text: str, where: str) -> Any:
    try:
        return load_json(text)
    except ValueError as err:
        raise ValueError(Errors.E514.format(where=where, reason=err)) from None


def _items(value: Any, where: str) -> Iterator[Tuple[str, Any]]:
    """The objects of an array, each with its number; any other value is one."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield from ((f"{where}, item {i}", item) for i, item in enumerate(value, start=1))
    else:
        yield where, value
