# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language=c++
"""The compiled parts of fast layers, compiled for several instruction sets (`targets.hh`). Callers see to shapes."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector

import numpy


cdef extern from "distinct.hh" namespace "bio_crf" nogil:
    void c_distinct_rows "bio_crf::distinct_rows"(const uint64_t*, int64_t, int64_t, int32_t*, vector[int32_t]&) except +


cdef extern from "adam.hh" namespace "bio_crf" nogil:
    struct AdamStep:
        float beta1, beta2, eps, rate, decay, fresh

    void c_adam "bio_crf::adam"(const AdamStep&, size_t, float*, float*, float*, float*, float*)


cdef extern from "targets.hh" namespace "bio_crf" nogil:
    struct Maxout:
        int64_t n_outputs, n_pieces, n_inputs
        const float* weights
        const float* bias

    struct Norm:
        const float* scale
        const float* shift

    struct Windows:
        int64_t stride, before

    struct Rows:
        int64_t count
        const int32_t* index

    struct Trace:
        uint8_t* which
        float* normalized
        float* inverse

    struct Gradients:
        float* weights
        float* bias
        float* scale
        float* shift

    ctypedef void (*Forward)(const Maxout&, const Norm&, const Rows&, const Windows&, const float* X, const float* dropout,
                             const float* residual, float* Y, const Trace&) except +
    ctypedef void (*Backward)(const Maxout&, const Norm&, const Rows&, const Windows&, const float* X, const float* dropout,
                              const float* dY, const Trace&, float* dX, const Gradients&) except +
    struct Kernels:
        const char* name
        Forward forward
        Backward backward

    vector[const Kernels*] available_kernels()


cdef vector[const Kernels*] AVAILABLE = available_kernels()
cdef const Kernels* chosen = AVAILABLE[0]


def available():
    """The instruction sets that this processor has, of those that the kernels are compiled for. The widest first."""
    return [kernels.name.decode() for kernels in AVAILABLE]


def choose(name):
    """Use the kernels of one of the available instruction sets from now on, instead of the widest."""
    global chosen
    chosen = AVAILABLE[available().index(name)]


def empty(int64_t n_rows, int64_t width):
    """An array of floats whose memory begins at a cache line, so that no 16 floats cross one. Shape: n_rows, width"""
    memory = numpy.empty(n_rows * width + 16, dtype="float32")
    cdef int64_t start = -(<int64_t> memory.ctypes.data // 4) % 16
    return memory[start if start >= 0 else start + 16 :][: n_rows * width].reshape(n_rows, width)


def distinct_rows(const uint64_t[:, ::1] keys):
    """Find the rows of keys that are equal.

    RETURNS (tuple): The place of the first of each kind, and for each row, which kind it is. Shapes: D and N
    """
    cdef vector[int32_t] first
    which = numpy.empty(keys.shape[0], dtype="int32")
    cdef int32_t[::1] out = which
    if keys.shape[0]:
        with nogil:
            c_distinct_rows(&keys[0, 0], keys.shape[0], keys.shape[1], &out[0], first)
    cdef int64_t i
    places = numpy.empty(first.size(), dtype="int32")
    cdef int32_t[::1] to = places
    for i in range(<int64_t> first.size()):
        to[i] = first[i]
    return places, which


def adam(
    float[::1] weights, float[::1] gradient, float[::1] mom1, float[::1] mom2, float[::1] averages, float beta1, float beta2,
    float eps, float rate, float decay, float fresh,
):
    """A step of Adam, in place; `averages` may be None. Shape of each array: W"""
    cdef AdamStep step = AdamStep(beta1, beta2, eps, rate, decay, fresh)
    cdef float* to_averages = <float*> vector_of(averages)
    if weights.shape[0]:
        with nogil:
            c_adam(step, weights.shape[0], &weights[0], &gradient[0], &mom1[0], &mom2[0], to_averages)


cdef const float* vector_of(const float[::1] array):
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef const float* matrix_of(const float[:, ::1] array):
    if array is None or not array.shape[0]:
        return NULL
    return &array[0, 0]


cdef class Parameters:
    """Those of Maxout, and of LayerNorm if it follows.

    W (Floats3d): Shape: O, P, I
    b (Floats2d): Shape: O, P
    scale (Optional[Floats1d]): Of LayerNorm. Shape: O
    shift (Optional[Floats1d]): Of LayerNorm. Shape: O
    """
    cdef const float[:, :, ::1] W
    cdef const float[:, ::1] b
    cdef const float[::1] scale, shift

    def __init__(self, W, b, scale=None, shift=None):
        self.W, self.b, self.scale, self.shift = W, b, scale, shift

    cdef Maxout maxout(self):
        return Maxout(self.W.shape[0], self.W.shape[1], self.W.shape[2], &self.W[0, 0, 0], &self.b[0, 0])

    cdef Norm norm(self):
        return Norm(vector_of(self.scale), vector_of(self.shift))


cdef class Block:
    """Maxout >> LayerNorm >> dropout, plus the residual, for some rows of an array, and what the backward pass has to know.

    parameters (Parameters): With I = (2 * window + 1) * W.
    X (Floats2d): The inputs. Shape: R, W
    rows (Ints1d): The rows that are computed, each at least `window` rows from the ends. Shape: N
    window (int): How many rows before a row, and after it, are inputs too.
    dropout (Optional[Floats2d]): What the results are multiplied by. Shape: R, O
    residual (bool): Whether X is added to the results; W is O then.
    traced (bool): Whether `backward` is expected; otherwise it has to compute the results again.
    """
    cdef Parameters parameters
    cdef const float[:, ::1] X, dropout
    cdef const int32_t[::1] rows
    cdef int64_t window
    cdef bint residual
    cdef uint8_t[:, ::1] which
    cdef float[:, ::1] normalized
    cdef float[::1] inverse

    def __init__(
        self, Parameters parameters, X, rows, int64_t window=0, dropout=None, bint residual=False, bint traced=True
    ):
        self.parameters, self.X, self.rows = parameters, X, rows
        self.window, self.dropout, self.residual = window, dropout, residual
        self.which = self.normalized = self.inverse = None
        if traced:
            self.keep_trace()

    cdef keep_trace(self):
        n, width = len(self.rows), self.parameters.W.shape[0]
        self.which = numpy.empty((n, width), dtype="uint8")
        if self.parameters.scale is not None:
            self.normalized = empty(n, width)
            self.inverse = numpy.empty(n, dtype="float32")

    cdef Windows windows(self):
        return Windows(self.X.shape[1], self.window * self.X.shape[1])

    cdef Trace trace(self):
        cdef uint8_t* which = NULL
        if self.which is not None:
            which = &self.which[0, 0]
        return Trace(which, <float*> matrix_of(self.normalized), <float*> vector_of(self.inverse))

    def forward(self):
        """RETURNS (Floats2d): The results. Rows that were not asked for are left as memory was. Shape: R, O"""
        Y = empty(self.X.shape[0], self.parameters.W.shape[0])
        cdef float[:, ::1] out = Y
        if not len(self.rows):
            return Y
        cdef Maxout maxout = self.parameters.maxout()
        cdef Norm norm = self.parameters.norm()
        cdef Rows rows = Rows(self.rows.shape[0], &self.rows[0])
        cdef Windows windows = self.windows()
        cdef Trace trace = self.trace()
        cdef const float* X = matrix_of(self.X)
        cdef const float* residual = NULL
        if self.residual:
            residual = X
        cdef const float* dropout = matrix_of(self.dropout)
        with nogil:
            chosen.forward(maxout, norm, rows, windows, X, dropout, residual, &out[0, 0], trace)
        return Y

    def backward(self, const float[:, ::1] dY):
        """dY (Floats2d): Gradients of the results; those of rows that were not asked for do not matter. Shape: R, O
        RETURNS (tuple): Gradients of X and of the parameters, in their order; the last two are None without LayerNorm.
        """
        O, P, I = self.parameters.W.shape[:3]
        dX = empty(self.X.shape[0], self.X.shape[1])
        dX.fill(0)
        dW, db = numpy.zeros((O, P, I), dtype="float32"), numpy.zeros((O, P), dtype="float32")
        d_scale = d_shift = None
        if self.parameters.scale is not None:
            d_scale, d_shift = numpy.zeros(O, dtype="float32"), numpy.zeros(O, dtype="float32")
        if not len(self.rows):
            return dX, dW, db, d_scale, d_shift
        if self.which is None:
            self.keep_trace()
            self.forward()
        if self.residual:
            dX[numpy.asarray(self.rows)] = numpy.asarray(dY)[numpy.asarray(self.rows)]
        cdef float[:, ::1] to_X = dX, to_b = db
        cdef float[:, :, ::1] to_W = dW
        cdef float[::1] to_scale = d_scale, to_shift = d_shift
        cdef Gradients gradients = Gradients(
            &to_W[0, 0, 0], &to_b[0, 0], <float*> vector_of(to_scale), <float*> vector_of(to_shift)
        )
        cdef Maxout maxout = self.parameters.maxout()
        cdef Norm norm = self.parameters.norm()
        cdef Rows rows = Rows(self.rows.shape[0], &self.rows[0])
        cdef Windows windows = self.windows()
        cdef Trace trace = self.trace()
        cdef const float* dropout = matrix_of(self.dropout)
        with nogil:
            chosen.backward(maxout, norm, rows, windows, &self.X[0, 0], dropout, &dY[0, 0], trace, &to_X[0, 0], gradients)
        return dX, dW, db, d_scale, d_shift
