"""Compare trained pipelines on one test corpus: exact spans, illegal sequences, speed. One table out."""
import json
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional

import spacy
import typer
from rich.console import Console
from rich.markdown import Markdown
from spacy.language import Language
from spacy.scorer import PRFScore
from spacy.tokens import Doc, DocBin
from spacy.util import minibatch

from spacy_bio_crf.model.tokens import in_chain
from spacy_bio_crf.pipeline.tagger import BioCrfTagger
from spacy_bio_crf.tags import parse_tags

Tags = List[str]
BATCH = 256
COLUMNS = ("pipeline", "precision", "recall", "F1", "orphan I-", "illegal sequences", "words/s")


def main(
    test: Path = typer.Argument(..., help="The test corpus, a .spacy file"),
    crf: Path = typer.Option(..., help="A pipeline with bio_crf_tagger"),
    ner: Optional[Path] = typer.Option(None, help="A pipeline with spaCy's ner"),
    tokens: Optional[Path] = typer.Option(None, help="A pipeline with spaCy's tagger on BIO tags"),
    output: Path = typer.Option(..., help="Where the figures go: a .json file, and a .md file beside it"),
    title: str = typer.Option("Comparison", help="Heading of the table"),
):
    rows = []
    nlp = spacy.load(crf)
    rows.append(measure("bio_crf_tagger", nlp, test, crf_tags))
    rows.append(measure("  the same model, token by token", nlp, test, emission_tags))
    if tokens is not None:
        rows.append(measure("token classifier (spaCy tagger)", spacy.load(tokens), test, tagger_tags))
    if ner is not None:
        rows.append(measure("spaCy ner", spacy.load(ner), test, entity_tags))
    table = [f"## {title}", "", row_of(COLUMNS), row_of(["---"] + ["---:"] * (len(COLUMNS) - 1))]
    table += [row_of(row[column] for column in COLUMNS) for row in rows]
    table += ["", "An orphan I- continues nothing. Spans of illegal sequences are read as conlleval does: an orphan opens one."]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf8")
    output.with_suffix(".md").write_text("\n".join(table) + "\n", encoding="utf8")
    Console().print(Markdown("\n".join(table)))


def measure(name: str, nlp: Language, test: Path, tags_of: Callable[[Language, List[Doc]], Iterable[Tags]]) -> Dict[str, Any]:
    """Predict the tags of every test document, score them against the gold, and time the pipeline."""
    gold = list(DocBin().from_disk(test).get_docs(nlp.vocab))
    predicted = [tags for batch in minibatch(map(unannotated, gold), BATCH) for tags in tags_of(nlp, batch)]
    score, orphans, illegal = PRFScore(), 0, 0
    for doc, tags in zip(gold, predicted):
        repairs: Dict[str, int] = {}
        spans = parse_tags(tags, "BIO", repair="begin", repairs=repairs)
        score.score_set(set(map(tuple, spans)), {(ent.start, ent.end, ent.label_) for ent in doc.ents})
        orphans += repairs.get("orphan", 0)
        illegal += bool(repairs)
    figures = (score.precision, score.recall, score.fscore)
    return dict(zip(COLUMNS, (name, *(round(100 * x, 2) for x in figures), orphans, illegal, words_per_second(nlp, gold))))


def words_per_second(nlp: Language, docs: List[Doc]) -> int:
    """Median of three runs over all documents."""
    seconds = []
    for _ in range(3):
        fresh = [unannotated(doc) for doc in docs]
        start = time.perf_counter()
        for _ in nlp.pipe(fresh, batch_size=BATCH):
            pass
        seconds.append(time.perf_counter() - start)
    return round(sum(map(len, docs)) / statistics.median(seconds))


def unannotated(doc: Doc) -> Doc:
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def crf_tags(nlp: Language, docs: List[Doc]) -> Iterable[Tags]:
    """The best legal path: what the component writes, before it is spans."""
    tagger = component(nlp)
    for doc, (decoding,) in zip(docs, tagger.predict(docs)):
        yield over_all_tokens(doc, [tagger.tagset.names[tag] for tag in decoding.tags])


def emission_tags(nlp: Language, docs: List[Doc]) -> Iterable[Tags]:
    """The tag of the highest emission at each token, whatever stands beside it."""
    tagger = component(nlp)
    scores = tagger.model.predict(docs)
    best = iter(scores.emissions.argmax(axis=1).tolist())
    for doc in docs:
        yield over_all_tokens(doc, [tagger.tagset.names[next(best)] for _ in range(int(in_chain(doc).sum()))])


def tagger_tags(nlp: Language, docs: List[Doc]) -> Iterable[Tags]:
    for doc in nlp.pipe(docs, batch_size=len(docs)):
        yield [token.tag_ for token in doc]


def entity_tags(nlp: Language, docs: List[Doc]) -> Iterable[Tags]:
    for doc in nlp.pipe(docs, batch_size=len(docs)):
        yield [token.ent_iob_ + "-" + token.ent_type_ if token.ent_type_ else "O" for token in doc]


def component(nlp: Language) -> BioCrfTagger:
    return next(pipe for _, pipe in nlp.pipeline if isinstance(pipe, BioCrfTagger))


def over_all_tokens(doc: Doc, tags: Tags) -> Tags:
    """Put whitespace tokens back: they continue the span that runs across them."""
    left = iter(tags)
    full: Tags = []
    kept = in_chain(doc).tolist()
    for inside in kept:
        full.append(next(left) if inside else "O")
    for position in range(len(full) - 2, 0, -1):
        if not kept[position] and full[position + 1].startswith("I-"):
            full[position] = full[position + 1]
    return full


def row_of(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    typer.run(main)
