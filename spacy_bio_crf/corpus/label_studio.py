"""The JSON of Label Studio, for named entities in texts.

It counts offsets as browsers do, in units of UTF-16, of which characters beyond U+FFFF, such as most emoji, have two.
"""
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc

from .align import CharSpan
from .annotate import LONG, spans_of
from .jsonlines import list_of, read_objects, text_of, write_lines
from .records import Record, make_docs, make_span, score_of, unexpected
from .report import Report

CANCELLED = "task that was skipped, left out"
UNLABELLED = "task without annotation, left out"
SEVERAL = "annotations of several people, of which the first is taken"
CODE_POINTS = "offsets counted in code points, not in UTF-16"
OTHER_CONTROL = "stretch of a text that has no labels, or those of another control than Labels; left out"
NO_SPAN = "choices, relations and what else is no span, left out"
MODEL = "spacy-bio-crf"


def read_label_studio(
    path: Union[str, Path],
    nlp: Language,
    *,
    text_key: str = "text",
    spans_key: Optional[str] = None,
    encoding: str = "utf-8",
    report: Optional[Report] = None,
) -> Iterator[Doc]:
    """Read an export of Label Studio, as JSON, as JSON_MIN, or with a task a line.

    path (Union[str, Path]): The file.
    nlp (Language): Its tokenizer makes the docs.
    text_key (str): The key of the text in the data of a task.
    spans_key (Optional[str]): The span group for the spans, in place of the entities.
    encoding (str): Encoding of the file.
    report (Optional[Report]): Is filled while reading.
    YIELDS (Doc): A doc for each task with an annotation, or at least a prediction.
    RAISES (ValueError): The file is no such JSON.
    """
    report = Report() if report is None else report
    return make_docs(_read_records(path, text_key, encoding, report), nlp, spans_key=spans_key, report=report)


def write_label_studio(docs: Iterable[Doc], path: Union[str, Path], *, spans_keys: Sequence[str] = ()) -> None:
    """Write docs as tasks with predictions, a task a line, for a project with labels named "label" on a "text"."""
    write_lines(path, (_task(doc, spans_keys) for doc in docs))


def _read_records(path: Union[str, Path], text_key: str, encoding: str, report: Report) -> Iterator[Record]:
    for where, task in read_objects(path, encoding):
        if "data" in task:
            data, values = task["data"], _values(task, where, report)
        else:  # JSON_MIN: one flat object, with a list of values under the name of the control
            data, values = task, [value for key in task for value in _minimal(task[key])]
        if values is None:
            continue
        if not isinstance(data, dict):
            raise unexpected(where, "an object under the key 'data'", data)
        text = text_of(data, where, text_key)
        spans = [make_span(where, value, label) for value, label in _each(values)]
        yield Record(where, text, _in_characters(spans, text, where, report))


def _in_characters(spans: List[CharSpan], text: str, where: str, report: Report) -> List[CharSpan]:
    """Undo the count in UTF-16, unless the spans hold what they should without that: some tools write code points."""
    moved = [CharSpan(from_utf16(text, span.start), from_utf16(text, span.end), *span[2:]) for span in spans]
    if _fitting(moved, text) >= _fitting(spans, text):
        return moved
    report.add_note(CODE_POINTS, where)
    return spans


def _fitting(spans: List[CharSpan], text: str) -> int:
    return sum(span.text is not None and text[span.start : span.end].split() == span.text.split() for span in spans)


def to_utf16(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


def from_utf16(text: str, offset: int) -> int:
    """What lies beyond the text stays there."""
    units = text.encode("utf-16-le")
    return len(units[: 2 * max(offset, 0)].decode("utf-16-le", "ignore")) + max(offset - len(units) // 2, 0)


def _values(task: Dict[str, Any], where: str, report: Report) -> Optional[List[Any]]:
    """The labelled stretches of a task, None where nobody has labelled it."""
    for key in ("annotations", "completions", "predictions"):
        made = list_of(task, where, key)
        done = [each for each in made if not each.get("was_cancelled")]
        if made and not done:
            report.add_note(CANCELLED, where)
            return None
        if done:
            if len(done) > 1:
                report.add_note(SEVERAL, where)
            results = list_of(done[0], where, "result")
            for result in results:
                _tell_others(result, where, report)
            return [result.get("value") for result in results]
    report.add_note(UNLABELLED, where)
    return None


def _tell_others(result: Dict[str, Any], where: str, report: Report) -> None:
    """Tell the report of what has no labels of the control `Labels`: stretches of other controls are lost."""
    value = result.get("value")
    if isinstance(value, dict) and value.get("labels"):
        return
    told = f"{where}: {str(result)[:LONG]}"
    if isinstance(value, dict) and {"start", "end", "startOffset", "endOffset"} & value.keys():
        report.add_unaligned(OTHER_CONTROL, told)
    else:
        report.add_note(NO_SPAN, told)


def _minimal(values: Any) -> List[Any]:
    return (
        [value for value in values if isinstance(value, dict) and "labels" in value] if isinstance(values, list) else []
    )


def _each(values: List[Any]) -> Iterator[Any]:
    """Every label of every value: Label Studio lets one stretch have several. Choices and relations have none."""
    for value in values:
        if isinstance(value, dict):
            yield from ((value, label) for label in value.get("labels") or ())


def _task(doc: Doc, spans_keys: Sequence[str]) -> Dict[str, Any]:
    text = doc.text
    result = [
        {
            "id": str(i),
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": to_utf16(text, span.start_char),
                "end": to_utf16(text, span.end_char),
                "text": span.text,
                "labels": [span.label_],
            },
            **score_of(span),
        }
        for i, span in enumerate(spans_of(doc, spans_keys))
    ]
    return {"data": {"text": text}, "predictions": [{"model_version": MODEL, "result": result}]}
