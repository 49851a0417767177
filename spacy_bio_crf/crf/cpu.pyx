"""The compiled chain on NumPy arrays. See `spacy_bio_crf.crf` for the contract; the algorithms are in the .hh files.

Sums of paths run in scaled probabilities, and start again in log space for the sequences whose scores lie too far apart
for that. All of it is float64, without the GIL, compiled for several instruction sets (`targets.hh`).
"""
cimport numpy
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy

from ..errors import Errors
from ..types import ChainScores
from . import reference
from .checks import (
    check_array,
    check_ints,
    check_k,
    check_mask,
    check_n_samples,
    check_scores,
    check_spans,
    check_tags,
    check_threshold,
    check_values,
    uniform_numbers,
    value_unit,
)


cdef extern from "batch.hh" namespace "bio_crf" nogil:
    cdef cppclass Chain:
        Chain(int n_tags, const float* start, const float* step, const float* end, const uint8_t* may_start,
              const uint8_t* may_step, const uint8_t* may_end, cbool with_probabilities) except +

    struct Batch:
        int n_tags
        int64_t n_sequences
        const int64_t* lengths
        const float* emissions
        const uint8_t* allowed

    cdef cppclass Gradient:
        Gradient(const Chain&, float* emissions) except +
        void write_shared(float* start, float* step, float* end)

    struct Kernels:
        const char* name
        cbool all_finite(const float*, int64_t)

    struct WindowSizes:
        int64_t whole, tokens
    WindowSizes window_sizes

    struct Span:
        pass

    struct Spans:
        int64_t count
        const Span* spans
        double* probabilities

    cdef cppclass Labelling:
        Labelling(const Chain&, const int64_t* labels, const uint8_t* joins) except +

    struct LikelySpans:
        vector[Span] spans
        vector[double] probabilities

    vector[const Kernels*] available_kernels()
    void c_log_partition "bio_crf::log_partition"(const Kernels&, const Chain&, const Batch&, double*) except +
    void c_marginals "bio_crf::marginals"(const Kernels&, const Chain&, const Batch&, double*, Gradient&) except +
    int64_t c_loss "bio_crf::loss"(const Kernels&, const Chain&, const Batch&, const uint8_t* gold, double*,
                                   Gradient&) except +
    int64_t c_entropy "bio_crf::entropy"(const Kernels&, const Chain&, const Batch&, double*) except +
    int64_t c_sample "bio_crf::sample"(const Kernels&, const Chain&, const Batch&, const double* uniforms, int32_t*,
                                       int64_t count, int64_t n_tokens) except +
    int64_t c_expected_value "bio_crf::expected_value"(const Kernels&, const Chain&, const Batch&, const float* values,
                                                       double unit, double*, Gradient&) except +
    void c_path_scores "bio_crf::path_scores"(const Chain&, const Batch&, const int64_t*, double*) except +
    int64_t c_best_path "bio_crf::best_path"(const Kernels&, const Chain&, const Batch&, int32_t*, double*) except +
    int64_t c_k_best "bio_crf::k_best"(const Chain&, const Batch&, int64_t k, int32_t*, int64_t n_tokens,
                                       double*) except +
    void c_span_probabilities "bio_crf::span_probabilities"(const Kernels&, const Chain&, const Batch&,
                                                            const Labelling&, Spans, const int64_t* counts) except +
    void c_likely_spans "bio_crf::likely_spans"(const Kernels&, const Chain&, const Batch&, const Labelling&,
                                                double threshold, LikelySpans&) except +


numpy.import_array()
cdef const Kernels* kernels = available_kernels()[0]


def instruction_sets():
    """Names of the instruction sets that this processor can run, the fastest first. That one is in use from the start."""
    return [one.name.decode("ascii") for one in available_kernels()]


def use_instruction_set(name):
    """Select one of `instruction_sets()`, for tests and benchmarks. Acts on the whole process."""
    global kernels
    kernels = available_kernels()[instruction_sets().index(name)]


def use_windows(int64_t whole, int64_t tokens):
    """Go through sequences of more than `whole` tokens in windows of `tokens`, so that memory is bounded. For tests and
    benchmarks: results do not depend on it. Acts on the whole process.

    RETURNS (Tuple[int, int]): The sizes so far.
    """
    before = window_sizes.whole, window_sizes.tokens
    window_sizes.whole, window_sizes.tokens = whole, tokens
    return before


cdef class Lattice:
    """Checked inputs, as the C++ side reads them."""

    cdef object scores, allowed
    cdef Chain* chain
    cdef Batch batch

    def __cinit__(self, scores, allowed, cbool with_probabilities):
        self.scores = scores = check_scores(scores, all_finite)
        self.allowed = allowed = check_mask("allowed", allowed, scores)
        may = scores.constraints
        self.chain = new Chain(
            len(scores.start), <float*>data(scores.start), <float*>data(scores.step), <float*>data(scores.end),
            <uint8_t*>data(may.start), <uint8_t*>data(may.step), <uint8_t*>data(may.end), with_probabilities,
        )
        self.batch.n_tags = len(scores.start)
        self.batch.n_sequences = len(scores.lengths)
        self.batch.lengths = <int64_t*>data(scores.lengths)
        self.batch.emissions = <float*>data(scores.emissions)
        self.batch.allowed = NULL
        if allowed is not None:
            self.batch.allowed = <uint8_t*>data(allowed)

    def __dealloc__(self):
        del self.chain


cdef class ScoreGradient:
    """Room for the gradient of a batch."""

    cdef object arrays
    cdef Gradient* sums

    def __cinit__(self, Lattice lattice):
        scores = lattice.scores
        self.arrays = ChainScores(
            numpy.empty_like(scores.emissions), scores.lengths, numpy.empty_like(scores.start),
            numpy.empty_like(scores.step), numpy.empty_like(scores.end), scores.constraints,
        )
        self.sums = new Gradient(lattice.chain[0], <float*>data(self.arrays.emissions))

    def __dealloc__(self):
        del self.sums

    cdef finish(self, scores):
        result = self.arrays
        self.sums.write_shared(<float*>data(result.start), <float*>data(result.step), <float*>data(result.end))
        result.lengths, result.constraints = scores.lengths, scores.constraints
        return result


cdef inline void* data(numpy.ndarray array):
    return numpy.PyArray_DATA(array)


def all_finite(numpy.ndarray array):
    """Whether a contiguous float32 array holds neither NaN nor infinities."""
    return kernels.all_finite(<float*>data(array), array.size)


def log_partition(scores, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    log_z = numpy.empty(lattice.batch.n_sequences)
    cdef double* out = <double*>data(log_z)
    with nogil:
        c_log_partition(kernels[0], lattice.chain[0], lattice.batch, out)
    return log_z


def marginals(scores, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef ScoreGradient gradient = ScoreGradient(lattice)
    log_z = numpy.empty(lattice.batch.n_sequences)
    cdef double* out = <double*>data(log_z)
    with nogil:
        c_marginals(kernels[0], lattice.chain[0], lattice.batch, out, gradient.sums[0])
    return log_z, gradient.finish(scores)


def loss(scores, gold, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef ScoreGradient gradient = ScoreGradient(lattice)
    gold = check_mask("gold", gold, lattice.scores)
    losses = numpy.empty(lattice.batch.n_sequences)
    cdef uint8_t* gold_data = <uint8_t*>data(gold)
    cdef double* out = <double*>data(losses)
    cdef int64_t failed
    with nogil:
        failed = c_loss(kernels[0], lattice.chain[0], lattice.batch, gold_data, out, gradient.sums[0])
    if failed >= 0:
        legal_gold = gold if allowed is None else gold & lattice.allowed
        token = reference.dead_end(lattice.scores, failed, legal_gold)
        raise ValueError(Errors.E205.format(sequence=failed, token=token))
    return losses, gradient.finish(scores)


def path_score(scores, tags):
    cdef Lattice lattice = Lattice(scores, None, False)
    tags = check_tags(tags, lattice.scores)
    result = numpy.empty(lattice.batch.n_sequences)
    c_path_scores(lattice.chain[0], lattice.batch, <int64_t*>data(tags), <double*>data(result))
    return result


def entropy(scores, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    nats = numpy.empty(lattice.batch.n_sequences)
    cdef double* out = <double*>data(nats)
    cdef int64_t failed
    with nogil:
        failed = c_entropy(kernels[0], lattice.chain[0], lattice.batch, out)
    _check_found(lattice, failed)
    return nats


def sample(scores, n, seed, allowed=None):
    cdef int64_t count = check_n_samples(n)
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef int64_t n_tokens = len(lattice.scores.emissions)
    uniforms = uniform_numbers(seed, (n, n_tokens))
    paths = numpy.empty((count, n_tokens), dtype="int32")
    cdef double* uniforms_data = <double*>data(uniforms)
    cdef int32_t* paths_out = <int32_t*>data(paths)
    cdef int64_t failed
    with nogil:
        failed = c_sample(kernels[0], lattice.chain[0], lattice.batch, uniforms_data, paths_out, count, n_tokens)
    _check_found(lattice, failed)
    return paths


def best_path(scores, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, False)
    paths = numpy.empty(len(lattice.scores.emissions), dtype="int32")
    best = numpy.empty(lattice.batch.n_sequences)
    cdef int32_t* paths_out = <int32_t*>data(paths)
    cdef double* best_out = <double*>data(best)
    cdef int64_t failed
    with nogil:
        failed = c_best_path(kernels[0], lattice.chain[0], lattice.batch, paths_out, best_out)
    _check_found(lattice, failed)
    return paths, best


def k_best(scores, k, allowed=None):
    cdef int64_t n_best = check_k(k)
    cdef Lattice lattice = Lattice(scores, allowed, False)
    cdef int64_t n_tokens = len(lattice.scores.emissions)
    paths = numpy.full((n_best, n_tokens), -1, dtype="int32")
    best = numpy.full((n_best, lattice.batch.n_sequences), -numpy.inf)
    cdef int32_t* paths_out = <int32_t*>data(paths)
    cdef double* best_out = <double*>data(best)
    cdef int64_t failed
    with nogil:
        failed = c_k_best(lattice.chain[0], lattice.batch, n_best, paths_out, n_tokens, best_out)
    _check_found(lattice, failed)
    return paths, best


def _check_found(Lattice lattice, int64_t failed):
    if failed >= 0:
        token = reference.dead_end(lattice.scores, failed, lattice.allowed)
        raise ValueError(Errors.E204.format(sequence=failed, token=token))


cdef class TagLabels:
    """What makes tags a span, checked, as the C++ side reads it."""

    cdef object joins
    cdef Labelling* labelling

    def __cinit__(self, Lattice lattice, labels, joins):
        cdef int n_tags = lattice.batch.n_tags
        labels = check_ints("labels", labels, (n_tags,))
        self.joins = joins = check_array("joins", joins, "bool", (n_tags, n_tags))
        self.labelling = new Labelling(lattice.chain[0], <int64_t*>data(labels), <uint8_t*>data(joins))

    def __dealloc__(self):
        del self.labelling


def span_probabilities(scores, spans, labels, joins, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef TagLabels tag_labels = TagLabels(lattice, labels, joins)
    lengths = lattice.scores.lengths
    spans, sequences = check_spans(spans, lattice.scores)

    order = numpy.argsort(spans[:, 0], kind="stable")  # by sequence, and by start
    local = spans[order]
    local[:, :2] -= (numpy.cumsum(lengths) - lengths)[sequences[order], None]
    counts = numpy.bincount(sequences, minlength=len(lengths)).astype("int64")
    found = numpy.zeros(len(spans))

    cdef Spans request
    request.spans = <Span*>data(local)
    request.probabilities = <double*>data(found)
    cdef int64_t* counts_data = <int64_t*>data(counts)
    with nogil:
        c_span_probabilities(
            kernels[0], lattice.chain[0], lattice.batch, tag_labels.labelling[0], request, counts_data
        )
    probabilities = numpy.empty_like(found)
    probabilities[order] = found
    return probabilities


def likely_spans(scores, threshold, labels, joins, allowed=None):
    cdef double least = check_threshold(threshold)
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef TagLabels tag_labels = TagLabels(lattice, labels, joins)
    cdef LikelySpans likely
    with nogil:
        c_likely_spans(kernels[0], lattice.chain[0], lattice.batch, tag_labels.labelling[0], least, likely)
    spans = numpy.empty((likely.spans.size(), 3), dtype="int64")
    probabilities = numpy.empty(likely.spans.size())
    if len(spans):
        memcpy(data(spans), likely.spans.data(), spans.nbytes)
        memcpy(data(probabilities), likely.probabilities.data(), probabilities.nbytes)
    order = numpy.lexsort(spans.T[::-1])
    return spans[order], probabilities[order]


def expected_value(scores, values, allowed=None):
    cdef Lattice lattice = Lattice(scores, allowed, True)
    cdef ScoreGradient gradient = ScoreGradient(lattice)
    values = check_values(values, lattice.scores, all_finite)
    cdef double unit = value_unit(values, lattice.scores.lengths)
    expected = numpy.empty(lattice.batch.n_sequences)
    cdef float* values_data = <float*>data(values)
    cdef double* out = <double*>data(expected)
    cdef int64_t failed
    with nogil:
        failed = c_expected_value(
            kernels[0], lattice.chain[0], lattice.batch, values_data, unit, out, gradient.sums[0]
        )
    _check_found(lattice, failed)
    result = gradient.finish(scores)
    for array in (expected, result.emissions, result.start, result.step, result.end):
        array *= unit
    return expected, result
