"""Datasets of Hugging Face that were saved to disk, with words and their tags. Needs pyarrow."""
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tags import MISSING
from .files import read_text
from .records import unexpected
from .report import Report
from .sentences import ColumnFormat, Sentence
from .tagged import make_doc

STATE, INFO, SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
TAGS = ("ner_tags", "tags", "labels")
IGNORED = -100  # what the losses of Hugging Face leave out


def read_datasets(
    path: Union[str, Path],
    nlp: Language,
    format: ColumnFormat = ColumnFormat(),
    *,
    tokens_key: str = "tokens",
    tags_key: Optional[str] = None,
    repair: Optional[str] = None,
    spaces: bool = True,
    spans_key: Optional[str] = None,
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read what `Dataset.save_to_disk` has written.

    path (Union[str, Path]): The folder.
    nlp (Language): Gives the vocabulary; the tokens are those of the dataset.
    format (ColumnFormat): Its scheme, missing mark and label.
    tokens_key (str): The column of the tokens.
    tags_key (Optional[str]): The column of the tags, as strings or classes. None: ner_tags, tags or labels.
    repair (Optional[str]): What to do with illegal tags, see `spacy_bio_crf.tags.parse_tags`. None: raise.
    spaces (bool): Whether the language parts words by spaces.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each row with tokens. The class -100 is a missing mark.
    RAISES (ValueError): It is no such folder, or has no such columns. (ImportError): pyarrow is not installed.
    """
    report = Report() if report is None else report
    folder = Path(path)
    if (folder / SPLITS).is_file():
        raise ValueError(Errors.E535.format(path=path, known=", ".join(_read_json(folder / SPLITS, "splits", list))))
    names: Optional[List[str]] = None
    for number, row in enumerate(_rows(folder), start=1):
        where = f"{path}, row {number}"
        if number == 1:
            tags_key = tags_key or next((key for key in TAGS if key in row), None)
            if tokens_key not in row or tags_key not in row:
                raise unexpected(str(path), f"columns {tokens_key} and {tags_key or ' or '.join(TAGS)}", ", ".join(row))
            names = _class_names(_read_json(folder / INFO, "features", dict), tags_key)
        words, tags = row[tokens_key] or [], row[tags_key] or []
        if len(words) != len(tags):
            raise unexpected(where, f"a tag for each of {len(words)} tokens", len(tags))
        if words:
            tags = [_name(tag, names, where) for tag in tags]
            sentence = Sentence(words, {None: list(map(format.read_tag, tags))}, [number] * len(words), 0)
            place = f"{path}, row"
            doc = make_doc(nlp, [sentence], format, where=place, repair=repair, spaces=spaces, spans_key=spans_key, report=report)
            yield report.add_doc(doc)


def _rows(folder: Path) -> Iterator[Dict[str, Any]]:
    try:
        from pyarrow import ArrowInvalid, ipc, memory_map
    except ImportError as err:
        raise ImportError(Errors.E534.format(path=folder)) from err
    for file in (file["filename"] for file in _read_json(folder / STATE, "_data_files", list)):
        try:
            with memory_map(str(folder / file)) as source:
                for batch in ipc.open_stream(source):
                    yield from batch.to_pylist()
        except (ArrowInvalid, OSError) as err:
            raise unexpected(str(folder / file), "a stream of Apache Arrow", str(err)) from None


def _read_json(path: Path, key: str, kind: type) -> Any:
    """What stands under a key of a file of Hugging Face. RAISES (ValueError): It is no JSON, or that is of another kind."""
    text = read_text(path)
    try:
        value = json.loads(text)[key]
    except (json.JSONDecodeError, KeyError, TypeError):
        value = None
    if not isinstance(value, kind):
        raise unexpected(str(path), f"JSON with a {kind.__name__} under the key '{key}'", text[:40])
    return value


def _class_names(features: Dict[str, Any], key: str) -> Optional[List[str]]:
    """The names of the classes of a column of lists, None if its values are strings."""
    feature = features.get(key) or {}
    while isinstance(feature, list):
        feature = feature[0]
    return feature.get("feature", feature).get("names")


def _name(tag: Union[str, int, None], names: Optional[List[str]], where: str) -> str:
    if tag is None or tag == IGNORED:
        return MISSING
    if isinstance(tag, str):
        return tag
    if names is None or not 0 <= tag < len(names):
        raise unexpected(where, "tags with names", tag)
    return names[tag]
