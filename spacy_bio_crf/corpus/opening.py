"""The beginning of a file, from which its format is guessed."""
import json
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Set, Union
from xml.etree import ElementTree

SIZE = 1 << 16  # bytes


class Opening:
    """What a file begins with. Nothing here raises an error: what cannot be read has no such beginning.

    path (Path): The file, or the folder, where that is one corpus.
    """

    def __init__(self, path: Union[str, Path]):
        self.path = Path(path)

    @cached_property
    def text(self) -> str:
        if not self.path.is_file():
            return ""
        with self.path.open("rb") as file:
            return file.read(SIZE).decode("utf-8-sig", "replace").lstrip()

    @cached_property
    def line(self) -> str:
        """The first line that is not blank."""
        return self.text.split("\n", 1)[0].strip()

    @cached_property
    def value(self) -> Any:
        """The first JSON value; of an array of objects, its first item."""
        if self.text[:1] not in ("{", "["):
            return None
        try:
            value = json.loads(self.line)
        except ValueError:
            try:
                value = json.loads(self.path.read_bytes().decode("utf-8-sig", "replace"))
            except ValueError:
                return None
        return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value

    @property
    def record(self) -> dict:
        return self.value if isinstance(self.value, dict) else {}

    def lists(self, *keys: str, kind: type = dict) -> bool:
        """Whether the first record has a list under one of the keys, of such values or empty."""
        lists = [self.record[key] for key in keys if isinstance(self.record.get(key), list)]
        return bool(lists) and all(isinstance(value, kind) for value in chain.from_iterable(lists))

    @cached_property
    def header(self) -> Set[str]:
        """The names of the columns of a table."""
        return {name.strip().strip('"').lower() for name in self.line.split(",")}

    @cached_property
    def xml(self) -> Any:
        """The root of a file of XML."""
        try:
            return ElementTree.parse(self.path).getroot() if self.text[:1] == "<" else None
        except ElementTree.ParseError:
            return None
