"""Every format of a corpus. The commands, the reader `spacy_bio_crf.Corpus.v1` and the docs follow from here."""
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from .addresses import read_addresses
from .brat import find_brat, read_brat, write_brat
from .columns import read_columns, write_columns
from .datasets import read_datasets
from .doccano import read_doccano, write_doccano
from .files import find_files
from .label_studio import read_label_studio, write_label_studio
from .markup import read_markup, write_markup
from .offsets import read_offsets, write_offsets
from .opening import (
    Opening,
    is_brat,
    is_doccano,
    is_label_studio,
    is_markup,
    is_parts,
    is_prodigy,
    is_snips,
    is_spacy_json,
    is_usaddress,
)
from .options import call, check_options, options_of
from .parallel import read_parallel
from .parts import read_parts
from .prodigy import read_prodigy, write_prodigy
from .losses import note_losses
from .report import Report
from .snips import read_snips
from .spacy_files import read_spacy, read_spacy_json, write_spacy, write_spacy_json
from .usaddress import read_usaddress

COLUMNS = (
    ".tsv", ".txt", ".conll",
    ".iob", ".iob1", ".iob2", ".io", ".bio", ".bioes", ".iobes", ".biluo", ".bilou", ".bmes",
)  # fmt: skip
JSON_LINES = (".jsonl", ".ndjson")
OVERLAPS = frozenset({"overlaps"})


class Format(NamedTuple):
    """A format.

    name (str): Its name.
    what (str): What it is, in a few words.
    known_by (Callable[[Opening], bool]): Whether a file that begins so has this format, unless one further up has it.
    read (Callable[..., Iterator[Doc]]): (path, nlp, *, report, and its options) -> docs.
    write (Optional[Callable[..., None]]): (docs, path, *, its options), if there is a way back.
    endings (Tuple[str, ...]): What the paths of written files end in; the first is the usual one.
    pattern (str): Which files of a folder are corpora; empty, if the path is that of no file.
    find (Optional[Callable[[Path], List[Path]]]): The files of a path, where a pattern does not tell them.
    together (Tuple[str, ...]): The endings of files that make up one.
    tokens (bool): Whether the file says what the tokens are.
    holds (Set[str]): What a written file can say beyond spans that do not overlap: "overlaps", all "groups" of spans with
        their names, "sentences", which docs make up one of the "documents" of a file, and which tokens are "missing" annotation.
    """

    name: str
    what: str
    known_by: Callable[[Opening], bool]
    read: Callable[..., Iterator[Doc]]
    write: Optional[Callable[..., None]] = None
    endings: Tuple[str, ...] = ()
    pattern: str = "*"
    find: Optional[Callable[[Path], List[Path]]] = None
    together: Tuple[str, ...] = ()
    tokens: bool = False
    holds: FrozenSet[str] = frozenset()


_FORMATS = (
    Format(
        "spacy", "spaCy's binary files",
        lambda opening: opening.path.suffix == ".spacy",
        read_spacy, write_spacy, (".spacy",), "*.spacy",
        holds=frozenset({"overlaps", "groups", "sentences", "documents", "missing"}),
    ),
    Format(
        "brat", "brat standoff: .ann files beside .txt files",
        is_brat,
        read_brat, write_brat, find=find_brat, together=(".txt", ".ann"),
        holds=OVERLAPS,
    ),
    Format(
        "datasets", "Hugging Face datasets, as `save_to_disk` writes them",
        lambda opening: any((opening.path / name).is_file() for name in ("state.json", "dataset_dict.json")),
        read_datasets, pattern="",
        tokens=True,
    ),
    Format(
        "parallel", "words in an .in file, tags in an .out file",
        lambda opening: opening.path.suffix == ".in",
        read_parallel, pattern="*.in", together=(".in", ".out"),
        tokens=True,
    ),
    Format(
        "offsets", "table of texts, starts, ends and labels",
        lambda opening: {"start", "end", "label"} <= opening.header,
        read_offsets, write_offsets, (".csv",),
        holds=OVERLAPS,
    ),
    Format(
        "snips", "SNIPS JSON: texts in pieces",
        is_snips,
        read_snips,
    ),
    Format(
        "label_studio", "Label Studio JSON, JSON_MIN, or a task a line",
        is_label_studio,
        read_label_studio, write_label_studio, JSON_LINES,
        holds=OVERLAPS,
    ),
    Format(
        "doccano", "doccano JSON lines",
        is_doccano,
        read_doccano, write_doccano, JSON_LINES,
        holds=OVERLAPS,
    ),
    Format(
        "spacy_json", "JSON of `Doc.to_json`, or of spaCy 2 for training",
        is_spacy_json,
        read_spacy_json, write_spacy_json, (".json", *JSON_LINES),
        holds=frozenset({"overlaps", "groups", "sentences"}),
    ),
    Format(
        "parts", "JSON lines of texts and their parts, without offsets",
        is_parts,
        read_parts,
    ),
    Format(
        "prodigy", "Prodigy JSON lines",
        is_prodigy,
        read_prodigy, write_prodigy, JSON_LINES,
        holds=OVERLAPS,
    ),
    Format(
        "usaddress", "XML of usaddress and parserator",
        is_usaddress,
        read_usaddress,
        tokens=True,
    ),
    Format(
        "markup", "texts with XML or SGML tags in them",
        is_markup,
        read_markup, write_markup, (".xml", ".sgml"),
        holds=OVERLAPS,
    ),
    Format(
        "addresses", "made-up postal addresses; for a path, give train, dev or test",
        lambda opening: False,
        read_addresses, pattern="",
    ),
    Format(
        "columns", "CoNLL columns, in any scheme",
        lambda opening: True,
        read_columns, write_columns, COLUMNS,
        tokens=True, holds=frozenset({"sentences", "documents", "missing"}),
    ),
)  # fmt: skip
FORMATS: Dict[str, Format] = {format.name: format for format in _FORMATS}


def get_format(name: str) -> Format:
    """RAISES (ValueError): There is no format of this name."""
    if name not in FORMATS:
        raise ValueError(Errors.E526.format(name=name, known=", ".join(FORMATS)))
    return FORMATS[name]


def format_of(path: Union[str, Path]) -> Format:
    """The format that a file, or a folder that is one corpus, has by its name and its beginning."""
    opening = Opening(path)
    return next(format for format in _FORMATS if format.known_by(opening))


def format_for(path: Union[str, Path]) -> Format:
    """The format to write by the end of a path. RAISES (ValueError): It is that of several formats, or of none."""
    fitting = [format for format in _FORMATS if Path(path).suffix in format.endings]
    if len(fitting) != 1:
        names = [format.name for format in fitting or _FORMATS if format.write]
        raise ValueError(Errors.E527.format(path=path, known=", ".join(names)))
    return fitting[0]


def find_corpus(
    path: Union[str, Path], name: Optional[str] = None, pattern: Optional[str] = None
) -> Tuple[Format, List[Path]]:
    """The format of a corpus, and its files.

    path (Union[str, Path]): A file or a folder.
    name (Optional[str]): The name of the format. None: as its first file has it.
    pattern (Optional[str]): Which files of a folder. None: those that usually have the format.
    RAISES (ValueError): Nothing is there.
    """
    format = get_format(name) if name else format_of(path)
    if not name and Path(path).is_dir() and format.name == "columns":  # as every folder is that is no corpus in itself
        format = format_of(find_files(path, pattern or "*")[0])
    if format.find and not pattern:
        return format, format.find(Path(path))
    pattern = pattern or format.pattern
    return format, find_files(path, pattern) if pattern else [Path(path)]


def read_corpus(
    path: Union[str, Path],
    nlp: Language,
    format: Optional[str] = None,
    *,
    pattern: Optional[str] = None,
    report: Optional[Report] = None,
    **options: Any,
) -> Iterator[Doc]:
    """Read a corpus of any format.

    path (Union[str, Path]): A file or a folder.
    nlp (Language): Its tokenizer makes the docs, where the format has no tokens.
    format (Optional[str]): Name of the format, see `FORMATS`. None: as the file looks.
    pattern (Optional[str]): Which files of a folder.
    report (Optional[Report]): Is filled while reading.
    options: Those of the format's own function.
    RETURNS (Iterator[Doc]): The docs.
    RAISES (ValueError): No such format or option, or the file is not what it should be.
    """
    known, files = find_corpus(path, format, pattern)
    report = Report() if report is None else report
    check_options(options, known.name, options_of(known.read))
    return chain.from_iterable(call(known.read, file, nlp, report=report, **options) for file in files)


def write_corpus(
    docs: Iterable[Doc],
    path: Union[str, Path],
    format: Optional[str] = None,
    *,
    report: Optional[Report] = None,
    **options: Any,
) -> None:
    """Write docs in any format that can be written.

    docs (Iterable[Doc]): The docs.
    path (Union[str, Path]): The file, or for brat the folder.
    format (Optional[str]): Name of the format. None: by the end of the path.
    report (Optional[Report]): Is told what the format cannot hold.
    options: Those of the format's own function.
    RAISES (ValueError): No such format or option, or it cannot write the docs.
    """
    known = get_format(format) if format else format_for(path)
    if known.write is None:
        raise ValueError(Errors.E531.format(name=known.name))
    check_options(options, known.name, options_of(known.write))
    report = Report() if report is None else report
    spans_keys = list(options.get("spans_keys") or options.get("layers") or ())
    call(known.write, note_losses(docs, known.holds, spans_keys, report), path, report=report, **options)
