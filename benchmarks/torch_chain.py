"""`ChainCRF` on the CPU against pytorch-crf: one thread, 21 tags, float32 emissions, medians of runs that take
turns, in seconds of the processor.

    OMP_NUM_THREADS=1 python benchmarks/torch_chain.py [--json results.json]
    OMP_NUM_THREADS=1 python benchmarks/torch_chain.py --accuracy

Ours has the constraints of BIO, which pytorch-crf lacks, and computes once by the compiled backend, as tensors on the CPU
are by default, and once on torch, as on other devices. "loss" is the negative log-likelihood of complete gold with
all gradients; ours computes in float64. --accuracy says how far log Z and probabilities are from the reference, in
float64 and in float32, and pytorch-crf's log Z beside them.
"""
import argparse
import datetime
import json
import statistics
import sys
from importlib.metadata import version
from itertools import product

import numpy
import torch
from crf import N_LABELS, bio, bio_scores, processor_seconds, random_scores
from peers.chain_timing import SHAPES, Chain
from peers.torch_chains import ours, ours_on_cpu, pytorch_crf
from torchcrf import CRF

from spacy_bio_crf.crf import reference
from spacy_bio_crf.crf.torch_backend import marginals, use_arithmetic
from spacy_bio_crf.types import ChainScores, Constraints


def side_by_side(ours, theirs, rounds):
    """Median seconds of the processor, so that other work on the machine counts little. They take turns."""
    times = [], []
    for call in (ours, theirs):
        call()
    for _ in range(rounds):
        for call, repeats, seconds in ((ours, 3, times[0]), (theirs, 1, times[1])):
            seconds += [processor_seconds(call) for _ in range(repeats)]
    return tuple(map(statistics.median, times))


def measure_speed(rounds):
    for shape, sizes in SHAPES.items():
        batch = bio_scores(*sizes)
        for computes, task in product((ours_on_cpu, ours), Chain._fields):
            calls = (getattr(make(*batch), task) for make in (computes, pytorch_crf))
            our_seconds, their_seconds = side_by_side(*calls, rounds)
            n_tokens = len(batch[1])
            yield {
                "batch": shape,
                "computes": "torch" if computes is ours else "the compiled backend",
                "task": task.replace("_", " "),
                "tokens/s": n_tokens / our_seconds,
                "pytorch-crf, tokens/s": n_tokens / their_seconds,
                "times as fast": their_seconds / our_seconds,
            }


def measure_accuracy():
    """The largest error of log Z, relative to it, and of a probability, over 20 sequences; no constraints."""
    for length in (25, 1000):
        for scale in (1.0, 10.0, 1000.0):
            start, step, _, _ = bio(N_LABELS)
            scores = random_scores(20, length, start | True, step | True)
            arrays = [numpy.float32(scale) * x for x in (scores.emissions, scores.start, scores.step, scores.end)]
            exact, expected = reference.marginals(with_scores(scores, arrays))
            tensors = with_scores(scores, [torch.from_numpy(x) for x in arrays])
            row = {"length": length, "scale": scale}
            for dtype in (torch.float64, torch.float32):
                use_arithmetic(dtype)
                log_z, gradient = marginals(tensors)
                row[f"log Z, {dtype}"] = float(numpy.abs(log_z.numpy() / exact - 1).max())
                row[f"probability, {dtype}"] = float(numpy.abs(gradient.emissions.numpy() - expected.emissions).max())
            row["log Z, pytorch-crf"] = float(numpy.abs(peer_log_z(tensors, length) / exact - 1).max())
            yield row
    use_arithmetic(None)


def with_scores(scores, arrays):
    emissions, start, step, end = arrays
    constraints = Constraints(*(numpy.ones_like(mask) for mask in scores.constraints))
    return ChainScores(emissions, scores.lengths, start, step, end, constraints)


def peer_log_z(tensors, length):
    """The score of a path less its log-likelihood."""
    model = CRF(len(tensors.start), batch_first=True)
    for name, values in (("start", tensors.start), ("", tensors.step), ("end", tensors.end)):
        getattr(model, f"{name}_transitions".strip("_")).data[:] = values
    emissions = tensors.emissions.reshape(-1, length, len(tensors.start))
    with torch.no_grad():
        mask = torch.ones(emissions.shape[:2], dtype=torch.bool)
        return model._compute_normalizer(emissions.transpose(0, 1), mask.T).numpy().astype("float64")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25, help="runs of pytorch-crf; ours runs 3 times in each")
    parser.add_argument("--json", help="also write the results to this file")
    parser.add_argument("--accuracy", action="store_true", help="errors instead of speed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    about = {
        "date": datetime.date.today().isoformat(),
        "command": " ".join(["python", *sys.argv]),
        **{name: version(name) for name in ("numpy", "torch", "pytorch-crf")},
    }
    print(", ".join(f"{key} {value}" for key, value in about.items()) + "\n")
    rows = []
    for row in measure_accuracy() if args.accuracy else measure_speed(args.rounds):
        if not rows:
            print("| " + " | ".join(row) + " |\n|" + "---|" * len(row))
        print(
            "| " + " | ".join(f"{x:,.3g}" if isinstance(x, float) else str(x) for x in row.values()) + " |", flush=True
        )
        rows.append(row)
    if args.json:
        with open(args.json, "w", encoding="utf8") as file:
            json.dump({**about, "results": rows}, file, indent=2)


if __name__ == "__main__":
    main()
