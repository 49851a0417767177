"""Spans that overlap or nest: one component with several chains, several components, and spaCy's `spancat`.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/layers.py /path/to/corpora

skillspan (Zhang et al. 2022): two layers, Skill and Knowledge, over job advertisements, with its own split. litbank (Bamman
et al. 2019): nested entities of 100 novels in up to four layers, dealt 80 : 10 : 10 by document and seed 0. A sentence is a
doc.

Every row has the same encoder, epochs and batches; the component with several chains has it once, several components have
one each. `spancat` classifies all n-grams up to the 95th percentile of the lengths of training spans, and has its own
defaults otherwise. After every second epoch the averaged weights are scored on the dev part, and what is scored on the test
part is the best.

F1 is that of exact spans with their labels, of all span groups together: one that is predicted twice counts once. Seconds
are those of the processor, for the updates alone; words a second are those of the fastest of three passes over the test
part.

Each run is a line of OUTPUT/NAME.jsonl, and a run that is there is not repeated, so that a stopped benchmark goes on.
"""
import statistics
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

import numpy
import spacy
import typer
from runs import about, complete, read_lines
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words

from spacy_bio_crf.corpus import ColumnFormat, read_columns, split_docs
from spacy_bio_crf.corpus.columns import DOCUMENT_KEY

ENCODER = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 96,
    "depth": 4,
    "embed_size": 2000,
    "window_size": 1,
    "maxout_pieces": 3,
    "subword_features": True,
}
ALL = "all"  # the group of the spans of all layers
SPLIT_SEED = 0
PER_LABEL = "a chain per label"
PASSES = 3

Spans = Set[Tuple[int, int, str]]


class Parts(NamedTuple):
    """A corpus. Each doc has a span group for each layer, and one for all of them."""

    layers: List[str]
    train: List[Doc]
    dev: List[Doc]
    test: List[Doc]


class Run(NamedTuple):
    corpus: str
    pipeline: str
    seed: int
    epochs: int
    batch_words: int


def skillspan(folder: Path) -> Parts:
    def read(split: str) -> List[Doc]:
        paths = sorted((folder / "conll").glob(f"*_{split}.conll"))
        return [doc for path in paths for doc in read_layers(path, ["Skill", "Knowledge"])]

    return Parts(["Skill", "Knowledge"], read("train"), read("dev"), read("test"))


def litbank(folder: Path) -> Parts:
    layers = [f"layer{i}" for i in range(1, 5)]
    docs = [doc for path in sorted((folder / "entities/tsv").glob("*.tsv")) for doc in read_layers(path, layers)]
    return Parts(layers, *split_docs(docs, seed=SPLIT_SEED))


def read_layers(path: Path, layers: List[str]) -> Iterator[Doc]:
    """Read a file with a column of tags for each layer, after that of the tokens."""
    columns = []
    for column in range(1, len(layers) + 1):
        format = ColumnFormat(separator="\t", tag_column=column)
        columns.append(read_columns(path, BLANK, format, repair="begin"))
    for docs in zip(*columns):
        doc, every = docs[0], {}
        for layer, other in zip(layers, docs):
            doc.spans[layer] = [Span(doc, e.start, e.end, e.label_) for e in other.ents]
            every.update({(s.start, s.end, s.label): s for s in doc.spans[layer]})
        doc.spans[ALL] = [every[place] for place in sorted(every)]
        doc.set_ents([])
        doc.user_data[DOCUMENT_KEY] = path.name  # what `split_docs` deals to a part
        yield doc


BLANK = spacy.blank("en")
CORPORA: Dict[str, Callable[[Path], Parts]] = {"skillspan": skillspan, "litbank": litbank}


def chain_per_layer(nlp: Language, parts: Parts) -> None:
    add_tagger(nlp, "tagger", chains={layer: {"spans_key": layer} for layer in parts.layers}, set_ents=False)


def chain_per_label(nlp: Language, parts: Parts) -> None:
    add_tagger(nlp, "tagger", chain_per_label=True, set_ents=False, spans_key=ALL)


def component_per_layer(nlp: Language, parts: Parts) -> None:
    for layer in parts.layers:
        add_tagger(nlp, layer, set_ents=False, spans_key=layer)


def spancat(nlp: Language, parts: Parts) -> None:
    lengths = [len(span) for doc in parts.train for span in doc.spans[ALL]]
    longest = int(numpy.percentile(lengths, 95))
    suggester = {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": longest}
    model = {
        "@architectures": "spacy.SpanCategorizer.v1",
        "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 128},
        "scorer": {"@layers": "spacy.LinearLogistic.v1"},
        "tok2vec": ENCODER,
    }
    nlp.add_pipe("spancat", config={"spans_key": ALL, "suggester": suggester, "model": model})


def add_tagger(nlp: Language, name: str, **settings: Any) -> None:
    model = {"@architectures": "spacy_bio_crf.BioCrfTagger.v1", "tok2vec": ENCODER}
    nlp.add_pipe("bio_crf_tagger", name=name, config={**settings, "model": model})


PIPELINES: Dict[str, Callable[[Language, Parts], None]] = {
    "a chain per layer": chain_per_layer,
    PER_LABEL: chain_per_label,
    "a component per layer": component_per_layer,
    "spancat": spancat,
}


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders skillspan and litbank"),
    names: Optional[List[str]] = typer.Argument(None, help="Names of corpora; by default both"),
    output: Path = typer.Option(Path("metrics/layers"), help="Folder of the results"),
    seeds: int = typer.Option(3, help="Runs of each row"),
    epochs: int = typer.Option(8, help="Epochs of a run"),
    batch_words: int = typer.Option(600, help="Words of a batch"),
    pipelines: List[str] = typer.Option(list(PIPELINES), "--pipeline", help="What to train; may be repeated"),
    only_print: bool = typer.Option(False, "--print", help="Print the tables of what is there, and train nothing"),
):
    output.mkdir(parents=True, exist_ok=True)
    for name in names or list(CORPORA):
        path = output / f"{name}.jsonl"
        if not only_print:
            parts = CORPORA[name](corpora / name)
            rows = [row for row in pipelines if name == "litbank" or row != PER_LABEL]  # in skillspan a layer has one label
            runs = [Run(name, row, seed, epochs, batch_words) for seed in range(seeds) for row in rows]
            complete(path, runs, lambda run: train_and_score(run, parts), tell)
        lines = [line for line in read_lines(path) if (line["epochs"], line["batch_words"]) == (epochs, batch_words)]
        print(f"## {name}\n\n{table_of(lines)}\n")
    print(about())


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"{run.pipeline}, seed {run.seed}: F1 {figures['f']['all']:.3f}, {figures['train_s']} s"


def train_and_score(run: Run, parts: Parts) -> Dict[str, Any]:
    """Train a pipeline, and score it on the test part."""
    spacy.util.fix_random_seed(run.seed)
    nlp = spacy.blank("en")
    PIPELINES[run.pipeline](nlp, parts)
    examples = [Example(plain(nlp, doc), doc) for doc in parts.train]
    optimizer = nlp.initialize(lambda: examples)
    random = Random(run.seed)
    seconds, best, best_f, best_epoch = 0.0, b"", -1.0, 0
    for epoch in range(1, run.epochs + 1):
        random.shuffle(examples)
        start = time.process_time()
        for batch in minibatch_by_words(examples, run.batch_words, discard_oversize=False):
            nlp.update(batch, drop=0.2, sgd=optimizer)
        seconds += time.process_time() - start
        if epoch % 2 and epoch < run.epochs:
            continue
        with nlp.use_params(optimizer.averages):
            f = f1_of(nlp, parts.dev)["all"]
            if f > best_f:
                best, best_f, best_epoch = nlp.to_bytes(), f, epoch
    nlp.from_bytes(best)
    passes = [seconds_of(nlp, parts.test) for _ in range(PASSES)]
    speed = sum(map(len, parts.test)) / min(passes)
    return {"f": f1_of(nlp, parts.test), "epoch": best_epoch, "train_s": round(seconds, 1), "words_per_s": round(speed)}


def plain(nlp: Language, doc: Doc) -> Doc:
    return Doc(nlp.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def seconds_of(nlp: Language, docs: List[Doc]) -> float:
    unseen = [plain(nlp, doc) for doc in docs]
    start = time.process_time()
    for _ in nlp.pipe(unseen):
        pass
    return time.process_time() - start


def f1_of(nlp: Language, docs: List[Doc]) -> Dict[str, float]:
    """F1 of all spans, and of those with each label."""
    right: Counter = Counter()
    counts: Counter = Counter()  # of predicted and gold spans together
    for gold, doc in zip(docs, nlp.pipe(plain(nlp, doc) for doc in docs)):
        true, found = spans_of([gold.spans[ALL]]), spans_of(doc.spans.values())
        for spans, counter in ((true & found, right), (true, counts), (found, counts)):
            counter.update(label for _, _, label in spans)
    scores = {label: 2 * right[label] / counts[label] for label in sorted(counts)}
    return {"all": 2 * sum(right.values()) / max(sum(counts.values()), 1), **scores}


def spans_of(groups: Iterable) -> Spans:
    return {(span.start, span.end, span.label_) for group in groups for span in group}


def table_of(lines: List[Dict[str, Any]]) -> str:
    """Means over seeds, F1 in percent, and the lowest and the highest F1."""
    rows: Dict[str, List[Dict[str, Any]]] = {}
    for line in lines:
        rows.setdefault(line["pipeline"], []).append(line)
    labels = sorted({label for line in lines for label in line["f"]} - {"all"})
    header = ["pipeline", "runs", "F1", "lowest to highest", *labels, "training, s", "words/s"]
    table = [header, ["---"] + ["---:"] * (len(header) - 1)]
    for pipeline, runs in rows.items():
        f = [100 * run["f"]["all"] for run in runs]
        of_labels = [f"{statistics.mean(100 * run['f'].get(label, 0.0) for run in runs):.1f}" for label in labels]
        cost = [f"{statistics.mean(run[figure] for run in runs):,.0f}" for figure in ("train_s", "words_per_s")]
        spread = f"{min(f):.1f} to {max(f):.1f}"
        table.append([pipeline, str(len(runs)), f"{statistics.mean(f):.1f}", spread, *of_labels, *cost])
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


if __name__ == "__main__":
    typer.run(main)
