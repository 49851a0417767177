"""What each part of the recipes in configs/ is worth: one thing changed at a time, scored on the dev parts only.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/ablation.py /path/to/corpora

F1 is that of exact spans, the best of the evaluations of a training. Each run is a line of OUTPUT/CONFIG.jsonl, and a run
that is there is not repeated, so that a stopped benchmark goes on.
"""
import statistics
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import typer
from corpora import CORPORA, Parts
from runs import RESULTS, about, complete, read_lines
from spacy_training import CONFIGS, train
from spacy.util import load_config
from thinc.api import Config

NAMES = ["wnut17", "wikigold", "crossner_politics", "usaddress"]
Change = Callable[[Config], None]


def setting(path: str, value: Any) -> Change:
    """Give a setting of the config, or of its component ("model.encoder_weight"), another value."""

    def change(config: Config) -> None:
        *sections, key = path.split(".")
        place = config if sections[:1] == ["training"] else config["components"]["bio_crf_tagger"]
        for section in sections:
            place = place[section]
        place[key] = value

    return change


def without(*words: str) -> Change:
    """Drop the templates that hold one of the words."""

    def change(config: Config) -> None:
        features = config["components"]["bio_crf_tagger"]["model"]["features"]
        features["templates"] = [one for one in features["templates"] if not any(word in one for word in words)]

    return change


def narrow(config: Config) -> None:
    features = config["components"]["bio_crf_tagger"]["model"]["features"]
    features["templates"] = [template.replace("[-2..2]", "[-1..1]") for template in features["templates"]]


def embedding(**embed: Any) -> Change:
    """The same encoder over another embedding layer."""
    encode = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 96, "depth": 4, "window_size": 1, "maxout_pieces": 3}
    return setting("model.tok2vec", {"@architectures": "spacy.Tok2Vec.v2", "embed": {**embed, "width": 96}, "encode": encode})


SPACYS = embedding(
    **{"@architectures": "spacy.MultiHashEmbed.v2"},
    attrs=["NORM", "PREFIX", "SUFFIX", "SHAPE"],
    rows=[2000, 1000, 1000, 1000],
    include_static_vectors=False,
)
CHARACTERS = embedding(
    **{"@architectures": "spacy.CharacterEmbed.v2"}, rows=2000, nM=64, nC=8, include_static_vectors=False, feature="LOWER"
)
COMMON: Dict[str, Change] = {
    "as it is": lambda config: None,
    "BIO": setting("scheme", "BIO"),
    "no averages": setting("training.optimizer.use_averages", False),
    "no weight decay of transitions and encoder": setting("training.optimizer.L2", 0.0),
    "batches of 100 words": setting("training.batcher.size", 100),
    "batches of 1,000 words": setting("training.batcher.size", 1000),
}
CHANGES: Dict[str, Dict[str, Change]] = {
    "linear": {
        **COMMON,
        "batches of 300 words even of few": setting("training.batcher.least", 1),
        "no pairs of words": without("lower[-1] +", "+ lower[1]"),
        "no pairs of shapes": without("short_shape[-1] +", "+ short_shape[1]"),
        "window of one": narrow,
        "no affixes": without("prefix", "suffix"),
        "no shapes": without("shape"),
        "no case and digits": without("case", "digits"),
        "no feature dropout": setting("model.features.dropout", 0.0),
        "feature dropout 0.3": setting("model.features.dropout", 0.3),
        "no damping": setting("model.features.damping", 1e-6),
        "damping 0.1": setting("model.features.damping", 0.1),
        "learning rate 0.05": setting("model.features.learn_rate", 0.05),
        "learning rate 0.3": setting("model.features.learn_rate", 0.3),
        "edge features": setting("model.features.edge_templates", ["bias", "lower", "case"]),
        "no pruning": setting("model.features.smallest", 0.0),
        "pruning below 0.15": setting("model.features.smallest", 0.15),
    },
    "joint": {
        **COMMON,
        "encoder weight 0.15": setting("model.encoder_weight", 0.15),
        "encoder weight 0.5": setting("model.encoder_weight", 0.5),
        "encoder weight 1": setting("model.encoder_weight", 1.0),
        "spaCy's embeddings": SPACYS,
        "dropout 0.35": setting("training.dropout", 0.35),
        "no hidden layer": setting("model.hidden_width", 0),
    },
    "cnn": {
        **COMMON,
        "spaCy's embeddings": SPACYS,
        "embeddings of characters": CHARACTERS,
        "dropout 0.1": setting("training.dropout", 0.1),
        "dropout 0.35": setting("training.dropout", 0.35),
        "no hidden layer": setting("model.hidden_width", 0),
    },
}


class Run(NamedTuple):
    corpus: str
    change: str
    seed: int


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    output: Path = typer.Option(RESULTS / "ablation", help="Folder of the results"),
    configs: List[str] = typer.Option(list(CHANGES), "--config", help="What to change; may be repeated"),
    changes: List[str] = typer.Option([], "--change", help="Rows of the tables; by default all of a config"),
    names: List[str] = typer.Option(NAMES, "--corpus", help="Names of corpora; may be repeated"),
    seeds: int = typer.Option(1, help="Runs of each row"),
    documents: Optional[int] = typer.Option(None, help="How many documents to train on, drawn anew for each seed; by default all"),
    only_print: bool = typer.Option(False, "--print", help="Print the tables of what is there, and train nothing"),
):
    output.mkdir(parents=True, exist_ok=True)
    parts = {} if only_print else {name: CORPORA[name](corpora) for name in names}
    for name in configs:
        path = output / f"{name}{f'_{documents}' if documents else ''}.jsonl"
        runs = [Run(corpus, change, seed) for seed in range(seeds) for corpus in names for change in changes or CHANGES[name]]
        if not only_print:
            complete(path, runs, lambda run: score_on_dev(name, run, parts[run.corpus], documents), tell)
        lines = [line for line in read_lines(path) if line["corpus"] in names and line["seed"] < seeds]
        print(f"## {name}\n\n{table_of(lines, names)}\n")
    print(about())


def score_on_dev(name: str, run: Run, parts: Parts, documents: Optional[int]) -> Dict[str, Any]:
    config = deepcopy(load_config(CONFIGS / f"{name}.cfg", overrides={"nlp.lang": parts.lang}, interpolate=False))
    CHANGES[name][run.change](config)
    averaged = config["training"]["optimizer"]["use_averages"]
    docs = Random(run.seed).sample(parts.train, documents) if documents else parts.train
    figures = train(config, parts._replace(train=docs, test=parts.dev), run.seed, {name: averaged})[name]
    return {"f": figures["dev_f"], "train_s": figures["train_s"], "best_step": figures["best_step"]}


def tell(run: Run, figures: Dict[str, Any]) -> str:
    return f"{run.corpus}, {run.change}, seed {run.seed}: F1 {figures['f']:.3f}, {figures['train_s']} s"


def table_of(lines: List[Dict[str, Any]], names: List[str]) -> str:
    """Means over seeds, F1 in percent; their mean over corpora, and how far it is from the recipe's."""
    found: Dict[str, Dict[str, List[float]]] = {}
    for line in lines:
        found.setdefault(line["change"], {}).setdefault(line["corpus"], []).append(100 * line["f"])
    table = [["", *names, "mean", "change"], ["---"] + ["---:"] * (len(names) + 2)]
    recipe = None
    for change, by_corpus in found.items():
        if set(by_corpus) == set(names):
            means = [statistics.mean(by_corpus[name]) for name in names]
            mean = statistics.mean(means)
            recipe = mean if recipe is None else recipe
            table.append([change, *(f"{one:.1f}" for one in means), f"{mean:.2f}", f"{mean - recipe:+.2f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


if __name__ == "__main__":
    typer.run(main)
