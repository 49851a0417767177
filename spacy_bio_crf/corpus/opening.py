"""The beginning of a file, and the formats that are known by it."""
import json
import re
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


def is_snips(opening: Opening) -> bool:
    values = list(opening.record.values())
    return bool(values) and all(isinstance(v, list) and v and isinstance(v[0], dict) and "data" in v[0] for v in values)


def is_label_studio(opening: Opening) -> bool:
    values = [v for values in opening.record.values() if isinstance(values, list) for v in values]
    tasks = "data" in opening.record and opening.lists("annotations", "predictions", "completions")
    return tasks or any(isinstance(value, dict) and {"start", "end", "labels"} <= value.keys() for value in values)


def is_doccano(opening: Opening) -> bool:
    lists = opening.lists("label", "labels", kind=list) or opening.lists("entities")
    return "text" in opening.record and lists


def is_spacy_json(opening: Opening) -> bool:
    groups = isinstance(opening.record.get("spans"), dict)
    return groups or opening.lists("paragraphs") or opening.lists("ents")


def is_prodigy(opening: Opening) -> bool:
    return "text" in opening.record and (opening.lists("spans") or "answer" in opening.record)


def is_parts(opening: Opening) -> bool:
    pair = isinstance(opening.value, list) and len(opening.value) == 2 and isinstance(opening.value[0], str)
    return pair or "components" in opening.record


def is_brat(opening: Opening) -> bool:
    path = opening.path
    if path.is_dir():
        return next(path.rglob("*.ann"), None) is not None
    return path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").exists())


def is_usaddress(opening: Opening) -> bool:
    """Texts of nothing but labelled tokens."""
    texts = [] if opening.xml is None else list(opening.xml)
    return any(map(len, texts)) and all(
        len(token) == 0 and not (text.text or "").strip() for text in texts for token in text
    )


def is_markup(opening: Opening) -> bool:
    """Something in a tag that is closed on its line, where it is no cell of a table and no comment; or XML."""
    text = re.sub("^#.*$", "", opening.text, flags=re.MULTILINE)
    return re.search(r"<([^\W\d][\w.:-]*)[^<>\n]*>[^<\t\n]*</\1>", text) is not None or opening.xml is not None
