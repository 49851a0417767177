"""`python -m spacy bio-crf uncertain`: which documents to annotate next."""
import json
from enum import Enum
from itertools import tee
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

from rich.console import Console
from spacy.language import Language
from spacy.tokens import Doc
from typer import Argument as Arg
from typer import Option as Opt

from ..corpus.files import replacing
from ..evaluation import UNCERTAINTY, least_certain, scored_spans
from .component import CODE_HELP, COMPONENT_HELP, changed, load_component, watch
from .group import bio_crf_cli, clear_errors
from .texts import read_texts

Meta = Dict[str, Any]


class By(str, Enum):
    entropy = "entropy"
    margin = "margin"
    confidence = "confidence"


@bio_crf_cli.command("uncertain", no_args_is_help=True)
def uncertain_cli(
    # fmt: off
    model: str = Arg(..., metavar="MODEL", help="A trained pipeline: the name of a package, or a folder"),
    input_path: Path = Arg(..., metavar="INPUT", help="Documents: .spacy, .jsonl with a \"text\" a line, or any other file with one text a line"),
    output: str = Opt("-", "--output", "-o", help="File to write JSON lines to; - for the standard output"),
    by: By = Opt(By.entropy, "--by", help="entropy: of all analyses, in nats, which long documents have more of; margin: 1 - (best - second best probability); confidence: 1 - probability of the best analysis"),
    limit: int = Opt(100, "--limit", "-n", min=0, help="How many documents to write; 0 for all"),
    component: Optional[str] = Opt(None, "--component", help=COMPONENT_HELP),
    chain: Optional[str] = Opt(None, "--chain", help="Name of the chain; needed where the component has several"),
    code: Optional[Path] = Opt(None, "--code", "-c", help=CODE_HELP),
    as_json: bool = Opt(False, "--json", help="Print the report as JSON; with --output - it goes to the standard error"),
    # fmt: on
):
    """
    Find the documents that a model is least certain of, and write them with its predictions, the least certain first.

    The JSON lines are tasks for Prodigy ("text", "tokens", "spans", "meta") and for doccano ("text", "label"). Each span has
    its probability as "score"; "meta" holds the uncertainty of the document, and what "meta" of the input held.

    Examples:

    uncertain training/model-best texts.txt --limit 50 --output tasks.jsonl

    uncertain training/model-best news.jsonl --by margin | prodigy ner.manual annotated blank:en - --loader jsonl
    """
    count = 0

    def counted(docs: Iterable) -> Iterator:
        nonlocal count
        for count, doc in enumerate(docs, 1):
            yield doc

    with clear_errors():
        nlp, name = load_component(model, component, code)
        texts = counted(watch(read_texts(input_path, nlp.vocab), "Reading", silent=as_json))
        tasks = _tasks(nlp, name, chain, texts, by.value, limit)
        written = _write(tasks, output)
    report = {"component": name, "chain": chain, "measure": by.value, "documents": count, "written": written}
    console = Console(stderr=output == "-", highlight=False, soft_wrap=True)
    if as_json:
        console.print(json.dumps(report, indent=2), markup=False)
    else:
        console.print(f"✔ {output}: {written:,} of {count:,} docs", style="green", markup=False)


def _tasks(
    nlp: Language, name: str, chain: Optional[str], texts: Iterable[Tuple[Any, Meta]], by: str, limit: int
) -> Iterator[Dict[str, Any]]:
    """Score all documents, and predict those that are chosen."""
    tagger = nlp.get_pipe(name)
    key = tagger.scores_key_of(tagger.chain(chain))
    uncertainty: Callable = UNCERTAINTY[by]
    # A document that bears the predictions is certain of them: the component must not have run yet.
    with nlp.select_pipes(disable=nlp.pipe_names[nlp.pipe_names.index(name) :]):
        documents, copies = tee(nlp.pipe(texts, as_tuples=True))
        posteriors = tagger.posteriors((doc for doc, _ in copies), chain=chain)
        scored = ((uncertainty(posterior), document) for posterior, document in zip(posteriors, documents))
        chosen = least_certain(scored, limit)
    with changed(tagger, scores=True):
        for score, (doc, meta) in chosen:
            yield _task(tagger(doc), key, {**meta, "score": round(score, 6), "measure": by})


def _task(doc: Doc, key: str, meta: Meta) -> Dict[str, Any]:
    """A document as Prodigy reads it, and as doccano does. `token_end` is the last token of a span, as Prodigy has it."""
    spans = [
        {
            "start": span.start_char,
            "end": span.end_char,
            "label": span.label_,
            "token_start": span.start,
            "token_end": span.end - 1,
            "score": round(float(score), 6),
        }
        for span, score in scored_spans(doc, key)
    ]
    tokens = [
        {
            "text": token.text,
            "start": token.idx,
            "end": token.idx + len(token),
            "id": token.i,
            "ws": bool(token.whitespace_),
        }
        for token in doc
    ]
    label = [[span["start"], span["end"], span["label"]] for span in spans]
    return {"text": doc.text, "tokens": tokens, "spans": spans, "label": label, "meta": meta}


def _write(tasks: Iterable[Dict[str, Any]], output: str) -> int:
    """RETURNS (int): The number of lines."""
    lines = (json.dumps(task, ensure_ascii=False) for task in tasks)
    if output == "-":
        return sum(1 for line in lines if print(line) is None)
    with replacing(output) as path, path.open("w", encoding="utf-8") as file:
        return sum(1 for line in lines if file.write(f"{line}\n"))
