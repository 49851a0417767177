"""The chain against pytorch-crf: one thread, BIO constraints, 21 tags, medians of runs that take turns.

    OMP_NUM_THREADS=1 python benchmarks/crf.py [--json results.json]

pytorch-crf has no constraints, so it solves the simpler problem. "loss" is the negative log-likelihood of complete gold with
the gradients of emissions and parameters, which pytorch-crf takes from autograd.
"""
import argparse
import datetime
import json
import platform
import statistics
import sys
import time
from importlib.metadata import version

import numpy

from spacy_bio_crf import crf
from spacy_bio_crf.crf import cpu
from spacy_bio_crf.types import ChainScores, Constraints

N_LABELS = 10
SHAPES = {"128 sequences of 25": (128, 25), "1 sequence of 2,000": (1, 2000)}


def bio_scores(n_sequences, length):
    """Random scores over O, B-0, I-0, B-1, I-1, ..., and a legal path through them."""
    n_tags, rng = 2 * N_LABELS + 1, numpy.random.default_rng(0)
    floats = lambda *shape: rng.normal(size=shape).astype("float32")
    start, step = numpy.ones(n_tags, dtype=bool), numpy.ones((n_tags, n_tags), dtype=bool)
    for inside in range(2, n_tags, 2):
        start[inside] = step[:, inside] = False
        step[inside - 1 : inside + 1, inside] = True
    constraints = Constraints(start, step, numpy.ones(n_tags, dtype=bool))
    lengths = numpy.full(n_sequences, length)
    scores = ChainScores(
        floats(n_sequences * length, n_tags), lengths, floats(n_tags), floats(n_tags, n_tags), floats(n_tags), constraints
    )
    return scores, crf.best_path(scores)[0]


def our_calls(scores, tags):
    gold = numpy.eye(len(scores.start), dtype=bool)[tags]
    return {"best path": lambda: crf.best_path(scores), "loss": lambda: crf.loss(scores, gold)}


def pytorch_crf_calls(scores, tags):
    import torch
    from torchcrf import CRF

    torch.set_num_threads(1)
    model = CRF(len(scores.start), batch_first=True)
    shape = (len(scores.lengths), int(scores.lengths[0]))
    for name, values in (("start_transitions", scores.start), ("transitions", scores.step), ("end_transitions", scores.end)):
        getattr(model, name).data[:] = torch.from_numpy(values)
    emissions = torch.from_numpy(scores.emissions).reshape(*shape, -1).requires_grad_()
    tags = torch.from_numpy(tags.astype("int64")).reshape(shape)

    def decode():
        with torch.no_grad():
            return model.decode(emissions)

    def loss():
        model.zero_grad()
        emissions.grad = None
        (-model(emissions, tags, reduction="sum")).backward()

    return {"best path": decode, "loss": loss}


def side_by_side(ours, theirs, rounds):
    """Median seconds of each. They take turns, so that whatever else the machine does meets both."""
    times = [], []
    for call in (ours, theirs):
        call()
    for _ in range(rounds):
        for call, repeats, seconds in ((ours, 20, times[0]), (theirs, 1, times[1])):
            for _ in range(repeats):
                begin = time.perf_counter()
                call()
                seconds.append(time.perf_counter() - begin)
    return tuple(map(statistics.median, times))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="runs of pytorch-crf; ours runs 20 times in each")
    parser.add_argument("--json", help="also write the results to this file")
    args = parser.parse_args()
    try:
        packages = {name: version(name) for name in ("numpy", "torch", "pytorch-crf")}
        import torchcrf  # noqa: F401
    except ImportError as missing:
        print(f"Skipped: {missing}. Install the peers with: pip install torch pytorch-crf")
        return
    rows = []
    for shape, sizes in SHAPES.items():
        scores, tags = bio_scores(*sizes)
        ours, theirs = our_calls(scores, tags), pytorch_crf_calls(scores, tags)
        for name in ours:
            our_seconds, their_seconds = side_by_side(ours[name], theirs[name], args.rounds)
            n_tokens = len(scores.emissions)
            rows.append(
                {
                    "batch": shape,
                    "task": name,
                    "tokens_per_second": n_tokens / our_seconds,
                    "pytorch_crf_tokens_per_second": n_tokens / their_seconds,
                    "ratio": their_seconds / our_seconds,
                }
            )
    about = {
        "date": datetime.date.today().isoformat(),
        "command": " ".join(["python", *sys.argv]),
        "python": platform.python_version(),
        "instruction_set": cpu.instruction_sets()[0],
        **packages,
    }
    print(", ".join(f"{key} {value}" for key, value in about.items()) + "\n")
    print("| batch | task | tokens/s | pytorch-crf, tokens/s | times as fast |")
    print("|---|---|---:|---:|---:|")
    for row in rows:
        figures = f"{row['tokens_per_second']:,.0f} | {row['pytorch_crf_tokens_per_second']:,.0f} | {row['ratio']:.0f}"
        print(f"| {row['batch']} | {row['task']} | {figures} |")
    if args.json:
        with open(args.json, "w", encoding="utf8") as file:
            json.dump({**about, "results": rows}, file, indent=2)


if __name__ == "__main__":
    main()
