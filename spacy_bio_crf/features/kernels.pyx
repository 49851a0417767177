# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled parts of window features. Arrays in, arrays out; callers see to shapes and dtypes."""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp.vector cimport vector

import numpy


cdef extern from "index.hh" nogil:
    cdef cppclass HashIndex:
        size_t size()
        const vector[uint64_t]& keys()
        void find(const uint64_t*, size_t, int32_t*)
        void add(const uint64_t*, size_t, int32_t*)


cdef extern from "templates.hh" nogil:
    cdef cppclass Templates:
        size_t count
        const uint64_t* seeds
        const int32_t* first
        const int32_t* columns
        const int32_t* offsets
    void hash_features(const Templates&, const uint64_t*, size_t, const int32_t*, size_t, uint64_t*)


cdef extern from "rows.hh" nogil:
    cdef cppclass Step:
        float rate, damping
        int64_t now
        const double* log_decays
    void sum_rows(const int32_t*, size_t, size_t, const float*, size_t, float*)
    void distinct_rows(const int32_t*, size_t, int32_t*, vector[int32_t]&)
    void c_add_to_rows "add_to_rows"(const int32_t*, size_t, size_t, const int32_t*, const float*, size_t, float*)
    void adagrad(const Step&, const int32_t*, size_t, size_t, const float*, float*, float*, float*, int64_t*)
    void average_rows(const float*, const float*, const float*, size_t, size_t, float*)
    void c_compact_rows "compact_rows"(const float*, size_t, size_t, float, float*)


cdef class Index:
    """A map from 64-bit hashes to the rows 0, 1, 2, ... in the order in which they came. The hash 0 has no row."""
    cdef HashIndex index

    def __init__(self, hashes=()):
        self.add(numpy.array(hashes, dtype="uint64"))

    def __len__(self):
        return self.index.size()

    def __reduce__(self):
        return Index, (self.keys(),)

    def find(self, const uint64_t[::1] hashes):
        """The row of each hash, -1 where there is none. Shapes: M and M"""
        return self.rows(hashes, False)

    def add(self, const uint64_t[::1] hashes):
        """The same, with new rows for new hashes."""
        return self.rows(hashes, True)

    cdef rows(self, const uint64_t[::1] hashes, bint grow):
        rows = numpy.empty(hashes.shape[0], dtype="int32")
        cdef int32_t[::1] out = rows
        if hashes.shape[0]:
            with nogil:
                if grow:
                    self.index.add(&hashes[0], hashes.shape[0], &out[0])
                else:
                    self.index.find(&hashes[0], hashes.shape[0], &out[0])
        return rows

    def keys(self):
        """The hashes, in the order of their rows."""
        keys = numpy.empty(self.index.size(), dtype="uint64")
        cdef uint64_t[::1] out = keys
        cdef size_t i
        for i in range(self.index.size()):
            out[i] = self.index.keys()[i]
        return keys


def hash_templates(
    const uint64_t[::1] seeds, const int32_t[::1] first, const int32_t[::1] columns, const int32_t[::1] offsets,
    const uint64_t[:, ::1] codes, const int32_t[::1] lengths,
):
    """The hash of each feature of each token, 0 where it has none. Shapes: F; F + 1; terms; terms; N, A; B. Returns: N, F"""
    hashes = numpy.zeros((codes.shape[0], seeds.shape[0]), dtype="uint64")
    cdef uint64_t[:, ::1] out = hashes
    cdef Templates templates
    templates.count = seeds.shape[0]
    if hashes.size:
        templates.seeds, templates.first = &seeds[0], &first[0]
        templates.columns, templates.offsets = &columns[0], &offsets[0]
        with nogil:
            hash_features(templates, &codes[0, 0], codes.shape[1], &lengths[0], lengths.shape[0], &out[0, 0])
    return hashes


def sum_of_rows(const int32_t[:, ::1] rows, const float[:, ::1] values):
    """The sum of the rows of each token. Shapes: N, F and R, K. Returns: N, K"""
    sums = numpy.zeros((rows.shape[0], values.shape[1]), dtype="float32")
    cdef float[:, ::1] out = sums
    if sums.size and rows.size and values.size:
        with nogil:
            sum_rows(&rows[0, 0], rows.shape[0], rows.shape[1], &values[0, 0], values.shape[1], &out[0, 0])
    return sums


def touch(const int32_t[:, ::1] rows, int32_t[::1] places):
    """The distinct rows; `places` is all -1, and is told where each stands among them. Shapes: N, F and R. Returns: U"""
    cdef vector[int32_t] distinct
    if rows.size:
        with nogil:
            distinct_rows(&rows[0, 0], rows.shape[0] * rows.shape[1], &places[0], distinct)
    touched = numpy.empty(distinct.size(), dtype="int32")
    cdef int32_t[::1] out = touched
    cdef size_t i
    for i in range(distinct.size()):
        out[i] = distinct[i]
    return touched


def add_to_rows(const int32_t[:, ::1] rows, const int32_t[::1] places, const float[:, ::1] d_sums, float[:, ::1] gradient):
    """Add the gradient of each token to each of its rows, at its place. Shapes: N, F; R; N, K; U, K"""
    if rows.size and d_sums.size:
        with nogil:
            c_add_to_rows(
                &rows[0, 0], rows.shape[0], rows.shape[1], &places[0], &d_sums[0, 0], d_sums.shape[1], &gradient[0, 0]
            )


def adagrad_step(
    float rate, float damping, int64_t now, const double[::1] log_decays, const int32_t[::1] touched,
    const float[:, ::1] gradient, float[:, ::1] values, float[:, ::1] squares, float[:, ::1] averages, int64_t[::1] seen,
):
    """A step of AdaGrad on the touched rows, and on their averages, of which there may be no rows.
    Shapes: now + 1 at least; U; U, K; R, K; R, K; R or 0, K; R"""
    cdef Step step
    step.rate, step.damping, step.now, step.log_decays = rate, damping, now, &log_decays[0]
    if gradient.size:
        with nogil:
            adagrad(
                step, &touched[0], touched.shape[0], gradient.shape[1], &gradient[0, 0], &values[0, 0], &squares[0, 0],
                &averages[0, 0] if averages.shape[0] else NULL, &seen[0],
            )


def averages_of(const float[:, ::1] values, const float[:, ::1] averages, const float[::1] kept):
    """The averages of rows, of which so much is kept while the values stood still. Shapes: R, K; R, K; R. Returns: R, K"""
    averaged = numpy.empty((values.shape[0], values.shape[1]), dtype="float32")
    cdef float[:, ::1] out = averaged
    if averaged.size:
        with nogil:
            average_rows(&values[0, 0], &averages[0, 0], &kept[0], out.shape[0], out.shape[1], &out[0, 0])
    return averaged


def compact_rows(const float[:, ::1] values, float smallest):
    """The values less the median of their row, and 0 where that is under `smallest`. Shape: R, K"""
    compacted = numpy.empty((values.shape[0], values.shape[1]), dtype="float32")
    cdef float[:, ::1] out = compacted
    if compacted.size:
        with nogil:
            c_compact_rows(&values[0, 0], out.shape[0], out.shape[1], smallest, &out[0, 0])
    return compacted
