"""Our own chain, one thread (benchmarks/speed.py has it beside all its peers).

    OMP_NUM_THREADS=1 python benchmarks/crf.py --beside
    OMP_NUM_THREADS=1 python benchmarks/crf.py --states
    OMP_NUM_THREADS=1 python benchmarks/crf.py --edges
    OMP_NUM_THREADS=1 python benchmarks/crf.py --long TASK

--beside has pytorch-crf, which has no constraints, take turns with it in one process. --states measures it over the
states of two product automata: many, with few legal steps. --edges measures the loss over the states that edge features
need, which remember the label before, beside those of BIOES. --long takes one sequence of 1,000,000 tokens, and says how
far the peak of memory rises beside inputs and outputs; one task to a process. All count the seconds of the processor,
and not those of other work.
"""
import argparse
import statistics
import sys
import time

import numpy

from spacy_bio_crf import crf
from spacy_bio_crf.tags import LabelBefore, States, TagSet
from spacy_bio_crf.types import ChainScores, Constraints

N_LABELS = 10


def bio(n_labels):
    """O, B-0, I-0, B-1, I-1, ...: legal starts and steps, label ids, and the steps that join."""
    n_tags = 2 * n_labels + 1
    start, step, joins = numpy.ones(n_tags, bool), numpy.ones((n_tags, n_tags), bool), numpy.zeros((n_tags, n_tags), bool)
    for inside in range(2, n_tags, 2):
        start[inside] = step[:, inside] = False
        step[inside - 1 : inside + 1, inside] = joins[inside - 1 : inside + 1, inside] = True
    return start, step, numpy.repeat(numpy.arange(-1, n_labels), 2)[1:], joins


def spans_of_at_most(longest, n_labels):
    """O, all B, all I that are second in their span, all that are third ..."""
    n_states = 1 + longest * n_labels
    start, step = numpy.zeros(n_states, bool), numpy.zeros((n_states, n_states), bool)
    start[: 1 + n_labels] = step[:, : 1 + n_labels] = True
    joins = numpy.eye(n_states, k=n_labels, dtype=bool)
    joins[0] = False
    return start, step | joins, numpy.append(-1, numpy.tile(numpy.arange(n_labels), longest)), joins


def at_most_once(n_labels, n_once):
    """BIO, where each of the first labels begins once at most: the labels that came x the tags."""
    start, step, labels, joins = bio(n_labels)
    n_tags, n_sets = len(start), 2**n_once
    starts, steps = numpy.zeros((n_sets, n_tags), bool), numpy.zeros((n_sets, n_tags, n_sets, n_tags), bool)
    for tag in range(n_tags):
        once = 1 << labels[tag] if tag % 2 and labels[tag] < n_once else 0
        starts[once, tag] = start[tag]
        for before in range(n_sets):
            if not before & once:
                steps[before, :, before | once, tag] = step[:, tag]
    n_states = n_sets * n_tags
    labels, joins = numpy.tile(labels, n_sets), numpy.tile(joins, (n_sets, n_sets))
    return starts.ravel(), steps.reshape(n_states, n_states), labels, joins


def random_scores(n_sequences, length, start, step):
    n_tags, rng = len(start), numpy.random.default_rng(0)
    floats = lambda *shape: rng.standard_normal(shape, dtype="float32")
    constraints = Constraints(start, step, numpy.ones(n_tags, dtype=bool))
    lengths = numpy.full(n_sequences, length)
    return ChainScores(
        floats(n_sequences * length, n_tags), lengths, floats(n_tags), floats(n_tags, n_tags), floats(n_tags), constraints
    )


def bio_scores(n_sequences, length, n_labels=N_LABELS):
    """Random scores, and a legal path through them."""
    scores = random_scores(n_sequences, length, *bio(n_labels)[:2])
    return scores, crf.best_path(scores)[0]


def random_spans(n_sequences, length, per_sequence, n_labels):
    """Spans of two tokens."""
    rng = numpy.random.default_rng(1)
    starts = numpy.repeat(numpy.arange(n_sequences) * length, per_sequence)
    starts += rng.integers(length - 1, size=len(starts))
    return numpy.stack([starts, starts + 2, rng.integers(n_labels, size=len(starts))], axis=1)


def processor_seconds(call, runs=1):
    """The median of this many runs."""
    seconds = []
    for _ in range(runs):
        begin = time.process_time()
        call()
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds)


def measure_beside(rounds=15):
    from peers import our_chains, torch_chains
    from peers.chain_timing import SHAPES

    print("| tags | batch | task | tokens/s | pytorch-crf, tokens/s | times as fast |\n|---:|---|---|---:|---:|---:|")
    for n_labels in (N_LABELS, 4):
        for shape, sizes in SHAPES.items():
            scores, tags = bio_scores(*sizes, n_labels)
            chains = our_chains.of(crf, scores, tags), torch_chains.pytorch_crf(scores, tags)
            for task in ("best_path", "loss"):
                calls = [getattr(chain, task) for chain in chains]
                turns = [[processor_seconds(call, runs) for call, runs in zip(calls, (20, 1))] for _ in range(rounds)]
                ours, theirs = (len(tags) / statistics.median(seconds) for seconds in zip(*turns))
                row = f"{len(scores.start)} | {shape} | {task.replace('_', ' ')} | {ours:,.0f} | {theirs:,.0f}"
                print(f"| {row} | {ours / theirs:.0f} |", flush=True)


def measure_states():
    print("| states | legal steps | task | tokens/s | microseconds a token |\n|---:|---:|---|---:|---:|")
    for start, step, labels, joins in (bio(N_LABELS), spans_of_at_most(20, 5), at_most_once(25, 3)):
        scores = random_scores(128, 25, start, step)
        spans = random_spans(128, 25, 20, labels.max() + 1)
        gold = numpy.eye(len(start), dtype=bool)[crf.best_path(scores)[0]]
        calls = {
            "best path": lambda: crf.best_path(scores),
            "20 spans a sequence": lambda: crf.span_probabilities(scores, spans, labels, joins),
            "loss": lambda: crf.loss(scores, gold),
            "expected value": lambda: crf.expected_value(scores, scores.emissions),
        }
        for name, call in calls.items():
            seconds = processor_seconds(call, 41) / len(scores.emissions)
            print(f"| {len(start)} | {step.sum()} | {name} | {1 / seconds:,.0f} | {seconds * 1e6:.2f} |")


def measure_edges():
    print("| labels | states | with edge features | ms per 200 tokens | ms with edge features |\n|---:|---:|---:|---:|---:|")
    for n_labels in (2, 4, 9, 18, 30):
        tagset = TagSet("BIOES", [f"label {i}" for i in range(n_labels)])
        both = [States(tagset, rules).constraints for rules in ((), (LabelBefore(),))]
        times = []
        for start, step, _ in both:
            scores = random_scores(8, 25, start, step)
            gold = numpy.eye(len(start), dtype=bool)[crf.best_path(scores)[0]]
            times.append(processor_seconds(lambda: crf.loss(scores, gold), 41) * 1e3)
        sizes = [len(constraints.start) for constraints in both]
        print(f"| {n_labels} | {sizes[0]} | {sizes[1]:,} | {times[0]:.2f} | {times[1]:.2f} |", flush=True)


def measure_long(task):
    import resource  # not on Windows

    n = 1_000_000
    start, step, labels, joins = bio(N_LABELS)
    gold = numpy.zeros((n, len(start)), dtype=bool)
    gold[:, 0] = True
    calls = {
        "best_path": lambda: crf.best_path(scores),
        "loss": lambda: crf.loss(scores, gold[: len(scores.emissions)]),
        "span_probabilities": lambda: crf.span_probabilities(scores, spans, labels, joins),
    }
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    for length in (30, n):
        spans = random_spans(1, length, length // 5, N_LABELS)
        scores = random_scores(1, length, start, step)  # last, as it leaves the peak where it is
        before, results = peak(), []
        seconds = processor_seconds(lambda: results.append(calls[task]()))
    result = results[0]
    arrays = [result] if task == "span_probabilities" else [result[0], getattr(result[1], "emissions", result[1])]
    beside = peak() - before - sum(array.nbytes for array in arrays)
    print(f"{task}, {n:,} tokens: {seconds:.2f} s, {beside / 1e6:.1f} MB beside inputs and outputs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--beside", action="store_true", help="beside pytorch-crf")
    what.add_argument("--states", action="store_true", help="product automata")
    what.add_argument("--edges", action="store_true", help="states for edge features")
    what.add_argument("--long", choices=["best_path", "loss", "span_probabilities"], help="a long sequence")
    args = parser.parse_args()
    if args.beside:
        measure_beside()
    elif args.states:
        measure_states()
    elif args.edges:
        measure_edges()
    else:
        measure_long(args.long)


if __name__ == "__main__":
    main()
