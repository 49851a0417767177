// The gradients of a block. Of a token's output, the largest piece alone has a gradient, so both products do a P-th of the
// multiplications that matrices would.

// Goes over columns in strips whose sums stay in registers: work(vectors of a strip, its first column).
template <int VECTORS, class Work>
static inline void in_strips(int64_t column, int64_t width, const Work& work) {
    constexpr int STEP = VECTORS * LANES;
    for (; width - column >= STEP; column += STEP) work(std::integral_constant<int, VECTORS>(), column);
    if constexpr (VECTORS > 1) in_strips<VECTORS / 2>(column, width, work);
}
constexpr int STRIP = LANES == 16 ? 18 : 12;

// Back through dropout and LayerNorm. With g the gradient of the normalized row x, it is
//     (g - mean(g) - x mean(g x)) / standard deviation
static void normalize_backward(
    const Norm& norm, int64_t O, const float* dY, const float* dropout, const float* normalized, float inverse, float* d_best,
    const Gradients& gradients
) {
    Floats total = broadcast(0), products = broadcast(0);
    for (int64_t o = 0; o < O; o += LANES) {
        Floats d = load(dY + o);
        if (dropout) d = d * load(dropout + o);
        if (norm.scale) {
            const Floats x = load(normalized + o);
            store(gradients.scale + o, load(gradients.scale + o) + d * x);
            store(gradients.shift + o, load(gradients.shift + o) + d);
            d = d * load(norm.scale + o);
            total += d;
            products += d * x;
        }
        store(d_best + o, d);
    }
    if (!norm.scale) return;
    const Floats mean = broadcast(sum(total) / O), product = broadcast(sum(products) / O);
    for (int64_t o = 0; o < O; o += LANES)
        store(d_best + o, (load(d_best + o) - mean - load(normalized + o) * product) * broadcast(inverse));
}

// For each output and piece, the sum of the inputs of those rows in which that piece was the largest.
static void weight_gradients(
    const Maxout& maxout, const Rows& rows, const Windows& windows, const float* X, const float* d_best, const uint8_t* which,
    const Gradients& gradients
) {
    const int64_t I = maxout.n_inputs, O = maxout.n_outputs, P = maxout.n_pieces;
    std::vector<uint64_t> members(P * O);  // a bit for each row
    for (int64_t r = 0; r < rows.count; r++)
        for (int64_t p = 0; p < P; p++)
            for (int64_t o = 0; o < O; o++) members[p * O + o] |= uint64_t(which[r * O + o] == p) << r;
    for (int64_t o = 0; o < O; o++)
        for (int64_t p = 0; p < P; p++) {
            const uint64_t all = members[p * O + o];
            float* to = gradients.weights + (o * P + p) * I;
            float& bias = gradients.bias[o * P + p];
            for (uint64_t left = all; left; left &= left - 1) bias += d_best[lowest_bit(left) * O + o];
            in_strips<STRIP>(0, I, [&](auto vectors, int64_t column) {
                constexpr int V = decltype(vectors)::value;
                Floats total[V];
                UNROLLED for (int v = 0; v < V; v++) total[v] = load(to + column + v * LANES);
                for (uint64_t left = all; left; left &= left - 1) {
                    const int r = lowest_bit(left);
                    const float* x = X + windows.at(rows.index[r]) + column;
                    const Floats d = broadcast(d_best[r * O + o]);
                    UNROLLED for (int v = 0; v < V; v++) total[v] += d * load(x + v * LANES);
                }
                UNROLLED for (int v = 0; v < V; v++) store(to + column + v * LANES, total[v]);
            });
        }
}

// d_best times the weights, added up where windows overlap. `sums` has room for the inputs of all rows.
static void input_gradients(
    const Maxout& maxout, const Rows& rows, const Windows& windows, const float* weights, const float* d_best,
    const uint8_t* which, float* sums, float* dX
) {
    constexpr int64_t OUTPUTS = 8;  // whose weights stay in the first cache while the rows pass
    const int64_t I = maxout.n_inputs, O = maxout.n_outputs, P = maxout.n_pieces;
    std::fill(sums, sums + rows.count * I, 0.0f);
    for (int64_t group = 0; group < O; group += OUTPUTS)
        for (int64_t r = 0; r < rows.count; r++)
            in_strips<STRIP>(0, I, [&](auto vectors, int64_t column) {
                constexpr int V = decltype(vectors)::value;
                float* to = sums + r * I + column;
                Floats total[V];
                UNROLLED for (int v = 0; v < V; v++) total[v] = load(to + v * LANES);
                for (int64_t o = group; o < group + OUTPUTS; o++) {
                    const float* w = weights + (o * P + which[r * O + o]) * I + column;
                    const Floats d = broadcast(d_best[r * O + o]);
                    UNROLLED for (int v = 0; v < V; v++) total[v] += d * load(w + v * LANES);
                }
                UNROLLED for (int v = 0; v < V; v++) store(to + v * LANES, total[v]);
            });
    for (int64_t r = 0; r < rows.count; r++) {
        float* to = dX + windows.at(rows.index[r]);
        for (int64_t i = 0; i < I; i += LANES) store(to + i, load(to + i) + load(sums + r * I + i));
    }
}

// dY has rows of O, like Y. dX has rows like X, and is added to, as the gradients are.
static void backward(
    const Maxout& maxout, const Norm& norm, const Rows& rows, const Windows& windows, const float* X, const float* dropout,
    const float* dY, const Trace& trace, float* dX, const Gradients& gradients
) {
    constexpr int64_t BLOCK = 64;  // rows
    const int64_t I = maxout.n_inputs, O = maxout.n_outputs, size = O * maxout.n_pieces * I;
    Aligned weights(size), sums(BLOCK * I), d_best(BLOCK * O);
    std::copy(maxout.weights, maxout.weights + size, weights.data());
    for (int64_t first = 0; first < rows.count; first += BLOCK) {
        const Rows block{std::min(BLOCK, rows.count - first), rows.index + first};
        const uint8_t* which = trace.which + first * O;
        for (int64_t r = 0; r < block.count; r++) {
            const int64_t at = block.index[r] * O;
            normalize_backward(
                norm, O, dY + at, dropout ? dropout + at : nullptr, trace.normalized + (first + r) * O,
                norm.scale ? trace.inverse[first + r] : 1, d_best.data() + r * O, gradients
            );
        }
        weight_gradients(maxout, block, windows, X, d_best.data(), which, gradients);
        input_gradients(maxout, block, windows, weights.data(), d_best.data(), which, sums.data(), dX);
    }
}
