"""Three heads over one pretrained transformer, fine-tuned: the chain; spaCy's `ner`; spaCy's `tagger`, token by token.

    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 HF_HUB_OFFLINE=1
    python benchmarks/transformer.py /path/to/corpora /path/to/transformer

The recipe is that of configs/transformer.cfg with fewer and smaller steps, and the same for the three: the same batches
in the same order, 5e-5 for the transformer, 1e-3 for what stands above it. `ner` and `tagger` are as
`spacy init config --gpu` writes them. The tagger learns BIO tags; where those that it predicts are illegal, an orphan
I- opens a span. All weights are those after the last step.

F1 is that of exact spans with their labels on the test part. Seconds are those of the processor, and a head's are those
of its update without the gradient's way through the transformer. Each run is a line of OUTPUT, and one that is there is
not repeated.
"""
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple

import typer
from corpora import CORPORA, Parts
from rich.progress import track
from runs import about, complete, console, read_lines
from spacy.cli.init_config import init_config
from spacy.language import Language
from spacy.util import load_config
from spacy_training import CONFIGS, start
from spans import Spans, plain, score, spans_of
from thinc.api import Config

from spacy_bio_crf.tags import parse_tags, write_tags

HEADS = ("bio_crf_tagger", "ner", "tagger")
TIMES = ("s a step", "ms of it in the head", "words/s, predicted")
COLUMNS = ("corpus", "head", "F1", "precision", "recall", "illegal sequences", *TIMES)
FIGURES = ("f", "p", "r", "illegal", "step_s", "head_ms", "words_per_s")


class Run(NamedTuple):
    corpus: str
    head: str
    steps: int
    size: int
    seed: int


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    transformer: str = typer.Argument(..., help="Name of a transformer, or its folder"),
    names: List[str] = typer.Option(["wnut17", "bc5cdr"], "--corpus", help="May be repeated"),
    output: Path = typer.Option(Path("metrics/transformer.jsonl"), help="File of the results"),
    steps: int = typer.Option(200, help="Updates of each run"),
    size: int = typer.Option(500, help="Padded words of a batch"),
    seeds: int = typer.Option(1, help="Runs of each head"),
    only_print: bool = typer.Option(False, "--print", help="Print the table of what is there, and train nothing"),
):
    output.parent.mkdir(parents=True, exist_ok=True)
    runs = [Run(name, head, steps, size, seed) for seed in range(seeds) for name in names for head in HEADS]
    if not only_print:
        complete(output, runs, lambda run: measure(run, CORPORA[run.corpus](corpora), transformer), tell)
    print(f"| {' | '.join(COLUMNS)} |\n|---|---|{'---:|' * (len(COLUMNS) - 2)}")
    done = [line for line in read_lines(output) if (line["steps"], line["size"]) == (steps, size)]
    for name in names:
        for head in HEADS:
            lines = [line for line in done if (line["corpus"], line["head"]) == (name, head)]
            print(f"| {name} | {head} | {' | '.join(cells_of(lines))} |")
    print(f"\n{about()}, spacy-transformers {version('spacy-transformers')}, torch {version('torch')}")


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"{run.corpus}, {run.head}, seed {run.seed}: F1 {figures['f']:.3f}, {figures['step_s']:.2f} s a step"


def cells_of(lines: List[Dict[str, Any]]) -> List[str]:
    """The means over the seeds."""
    if not lines:
        return [""] * (len(COLUMNS) - 2)
    mean = {figure: statistics.mean(line[figure] for line in lines) for figure in FIGURES}
    scores = [f"{100 * mean[figure]:.1f}" for figure in ("f", "p", "r")]
    times = [f"{mean['step_s']:.2f}", f"{mean['head_ms']:.1f}", f"{mean['words_per_s']:,.0f}"]
    return [*scores, f"{mean['illegal']:,.0f}", *times]


def measure(run: Run, parts: Parts, transformer: str) -> Dict[str, Any]:
    """Train a head with its transformer, and score it on the test part."""
    for doc in parts.train if run.head == "tagger" else []:
        tags = write_tags([(ent.start, ent.end, ent.label_) for ent in doc.ents], len(doc), "BIO")
        for token, tag in zip(doc, tags):
            token.tag_ = tag
    nlp, optimizer, updates, _ = start(config_of(run, parts.lang, transformer), parts, run.seed)
    above = nlp.get_pipe(run.head).model.walk()
    optimizer.of_chains |= {(node.id, name) for node in above for name in node.param_names}
    clock = HeadClock(nlp, run.head)
    begin = time.process_time()
    count = sum(1 for _ in track(updates, f"{run.corpus}, {run.head}", run.steps, console=console))
    trained = time.process_time()
    illegal: List[int] = []
    figures = score(parts.test, predict(nlp, parts, illegal))
    return {
        **figures,
        "illegal": sum(illegal),
        "step_s": (trained - begin) / count,
        "head_ms": 1000 * clock.seconds / count,
        "words_per_s": round(sum(map(len, parts.test)) / (time.process_time() - trained)),
        "transformer": Path(transformer).name,
    }


def config_of(run: Run, lang: str, transformer: str) -> Config:
    settings = {
        "nlp.lang": lang,
        "nlp.pipeline": ["transformer", run.head],
        "paths.transformer": transformer,
        "system.gpu_allocator": None,
        "components.transformer.max_batch_items": run.size,
        "training.batcher.size": run.size,
        "training.max_steps": run.steps,
        "training.eval_frequency": run.steps,
        "training.optimizer.learn_rate.warmup_steps": run.steps // 10,
    }
    config = load_config(CONFIGS / "transformer.cfg", overrides=settings, interpolate=False)
    if run.head not in config["components"]:
        peer = init_config(lang=lang, pipeline=[run.head], optimize="efficiency", gpu=True)
        transformer_block = config["components"]["transformer"]
        config["components"] = {"transformer": transformer_block, run.head: peer["components"][run.head]}
        config["training"]["score_weights"] = {}
    return config


class HeadClock:
    """Adds up the seconds from the end of the transformer's forward pass to the first step of the optimizer, without
    those in which the transformer has the gradient: the updates of the head."""

    def __init__(self, nlp: Language, head: str):
        self.seconds = 0.0
        transformer = nlp.get_pipe("transformer")
        listener = next(node for node in nlp.get_pipe(head).model.walk() if node.name == "transformer-listener")
        update, finish_update, forward = transformer.update, transformer.finish_update, listener._func

        def timed_update(*args, **kwargs):
            losses = update(*args, **kwargs)
            self.seconds -= time.process_time()
            return losses

        def timed_finish_update(sgd):
            self.seconds += time.process_time()
            finish_update(sgd)

        def timed_forward(model, docs, is_train):
            Y, backprop = forward(model, docs, is_train)

            def timed_backprop(dY):
                self.seconds += time.process_time()
                dX = backprop(dY)
                self.seconds -= time.process_time()
                return dX

            return Y, timed_backprop

        transformer.update, transformer.finish_update, listener._func = timed_update, timed_finish_update, timed_forward


def predict(nlp: Language, parts: Parts, illegal: List[int]) -> Iterator[Spans]:
    """The spans of each test document; and 1 for each whose tags are an illegal sequence."""
    for doc in nlp.pipe(plain(nlp, doc) for doc in parts.test):
        if not nlp.has_pipe("tagger"):
            yield spans_of(doc.ents)
            continue
        repairs: Dict[str, int] = {}
        spans = parse_tags([token.tag_ for token in doc], "BIO", repair="begin", repairs=repairs)
        illegal.append(int(bool(repairs)))
        yield set(map(tuple, spans))


if __name__ == "__main__":
    typer.run(main)
