// Maxout >> LayerNorm >> dropout, and the residual.

// How many rows are multiplied at once: all sums, the weights and an input stay in registers.
template <int P>
constexpr int TILE = (LANES == 16 ? 27 : 12) / P;

static int64_t whole_groups(int64_t n_outputs) { return (n_outputs + GROUP - 1) / GROUP * GROUP; }

// Weights group by group of outputs: the inputs one after the other, and for each of them the outputs of the first piece,
// those of the second, ...
static void pack(const Maxout& maxout, float* weights, float* bias) {
    constexpr int64_t BLOCK = 64;  // inputs, whose packed weights stay in the first cache
    const int64_t I = maxout.n_inputs, P = maxout.n_pieces;
    std::fill(weights, weights + whole_groups(maxout.n_outputs) * P * I, 0.0f);
    std::fill(bias, bias + whole_groups(maxout.n_outputs) * P, 0.0f);
    for (int64_t group = 0; group < maxout.n_outputs; group += GROUP)
        for (int64_t first = 0; first < I; first += BLOCK)
            for (int64_t o = 0; o < GROUP && group + o < maxout.n_outputs; o++)
                for (int64_t p = 0; p < P; p++) {
                    const float* from = maxout.weights + ((group + o) * P + p) * I;
                    float* to = weights + group * P * I + p * GROUP + o;
                    for (int64_t i = first; i < std::min(I, first + BLOCK); i++) to[i * P * GROUP] = from[i];
                    bias[group * P + p * GROUP + o] = maxout.bias[(group + o) * P + p];
                }
}

// Where the results of Maxout go: rows of O outputs, and which piece each of them is, if that is wanted.
struct Largest {
    float* value;
    uint8_t* which;
    int64_t width;
    Largest at(int64_t row, int64_t output) const {
        const int64_t offset = row * width + output;
        return {value + offset, which ? which + offset : nullptr, width};
    }
};

// One group of outputs for M rows. The sums of a row do not depend on the rows beside it.
template <int M, int P>
static void multiply(const float* const* x, int64_t n_inputs, const float* weights, const float* bias, const Largest& out) {
    for (int lane = 0; lane < GROUP; lane += LANES) {
        const float* w = weights + lane;
        Floats total[M][P];
        UNROLLED for (int m = 0; m < M; m++)
            UNROLLED for (int p = 0; p < P; p++) total[m][p] = load(bias + p * GROUP + lane);
        for (int64_t i = 0; i < n_inputs; i++, w += P * GROUP) {
            Floats column[P];
            UNROLLED for (int p = 0; p < P; p++) column[p] = load(w + p * GROUP);
            UNROLLED for (int m = 0; m < M; m++) {
                const Floats input = broadcast(x[m][i]);
                UNROLLED for (int p = 0; p < P; p++) total[m][p] += input * column[p];
            }
        }
        UNROLLED for (int m = 0; m < M; m++) {
            Floats largest = total[m][0], piece = broadcast(0);
            UNROLLED for (int p = 1; p < P; p++) {
                piece = where_above(total[m][p], largest, broadcast(p), piece);
                largest = where_above(total[m][p], largest, total[m][p], largest);
            }
            const Largest to = out.at(m, lane);
            store(to.value, largest);
            if (to.which) store(to.which, piece);
        }
    }
}

template <int M, int P>
static void multiply_all(
    const float* const* x, int64_t n_rows, int64_t n_inputs, const float* weights, const float* bias, const Largest& out
) {
    int64_t row = 0;
    for (; n_rows - row >= M; row += M) multiply<M, P>(x + row, n_inputs, weights, bias, out.at(row, 0));
    if constexpr (M > 1)
        if (row < n_rows) multiply_all<M / 2, P>(x + row, n_rows - row, n_inputs, weights, bias, out.at(row, 0));
}

// LayerNorm as Thinc has it: (x - mean) / sqrt(variance + 1e-8), then a scale and a shift.
static void normalize(const Norm& norm, int64_t O, float* row, float* normalized, float* inverse) {
    Floats total = broadcast(0), squares = broadcast(0);
    for (int64_t o = 0; o < O; o += LANES) total += load(row + o);
    const Floats mean = broadcast(sum(total) / O);
    for (int64_t o = 0; o < O; o += LANES) {
        const Floats distance = load(row + o) - mean;
        squares += distance * distance;
    }
    const float scale = 1 / std::sqrt(sum(squares) / O + 1e-8f);
    if (inverse) *inverse = scale;
    for (int64_t o = 0; o < O; o += LANES) {
        const Floats x = (load(row + o) - mean) * broadcast(scale);
        if (normalized) store(normalized + o, x);
        store(row + o, x * load(norm.scale + o) + load(norm.shift + o));
    }
}

// Dropout and the residual, for one row of O.
static void finish(int64_t O, const float* row, const float* dropout, const float* residual, float* Y) {
    int64_t o = 0;
    for (; o + LANES <= O; o += LANES) {
        Floats y = load(row + o);
        if (dropout) y = y * load(dropout + o);
        if (residual) y = y + load(residual + o);
        store(Y + o, y);
    }
    for (; o < O; o++) Y[o] = row[o] * (dropout ? dropout[o] : 1) + (residual ? residual[o] : 0);
}

template <int P>
static void forward_pieces(
    const Maxout& maxout, const Norm& norm, const Rows& rows, const Windows& windows, const float* X, const float* dropout,
    const float* residual, float* Y, const Trace& trace
) {
    constexpr int64_t CHUNK = 16 * TILE<P>;  // rows, whose inputs stay in the cache while the weights pass
    const int64_t I = maxout.n_inputs, O = maxout.n_outputs, width = whole_groups(O);
    Aligned weights(width * P * I), bias(width * P), best(CHUNK * width);
    std::vector<const float*> x(CHUNK);
    pack(maxout, weights.data(), bias.data());
    for (int64_t first = 0; first < rows.count; first += CHUNK) {
        const int64_t n = std::min(CHUNK, rows.count - first);
        const Largest out{best.data(), trace.which ? trace.which + first * O : nullptr, width};
        for (int64_t r = 0; r < n; r++) x[r] = X + windows.at(rows.index[first + r]);
        for (int64_t o = 0; o < O; o += GROUP)
            multiply_all<TILE<P>, P>(x.data(), n, I, weights.data() + o * P * I, bias.data() + o * P, out.at(0, o));
        for (int64_t r = 0; r < n; r++) {
            float* row = best.data() + r * width;
            const int64_t at = (first + r) * O, to = rows.index[first + r] * O;
            if (norm.scale)
                normalize(
                    norm, O, row, trace.normalized ? trace.normalized + at : nullptr,
                    trace.inverse ? trace.inverse + first + r : nullptr
                );
            finish(O, row, dropout ? dropout + to : nullptr, residual ? residual + to : nullptr, Y + to);
        }
    }
}

static void forward(
    const Maxout& maxout, const Norm& norm, const Rows& rows, const Windows& windows, const float* X, const float* dropout,
    const float* residual, float* Y, const Trace& trace
) {
    const auto pieces = maxout.n_pieces == 1 ? forward_pieces<1> : maxout.n_pieces == 2 ? forward_pieces<2> : forward_pieces<3>;
    pieces(maxout, norm, rows, windows, X, dropout, residual, Y, trace);
}
