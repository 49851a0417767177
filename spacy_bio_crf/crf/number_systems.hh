// The three number systems (semirings) that one recursion runs in, and their vector-matrix products.
// No include guard: see simd.hh.

// Cuts the columns into blocks of 24, 16 or 8, which fit into registers: each(block size, first column).
template <class Each>
static inline void for_each_block(int width, Each each) {
    int column = 0;
    for (; column + 24 <= width; column += 24) each(std::integral_constant<int, 24>(), column);
    if (width - column == 16) each(std::integral_constant<int, 16>(), column);
    if (width - column == 8) each(std::integral_constant<int, 8>(), column);
}

// Calls epilogue(column, sum over i of x[i] * matrix[i, column..]) for the columns of a block, with System's sum and
// product. The sums stay in registers while the loop goes over the rows, in two interleaved chains.
template <class System, int BLOCK, class Epilogue>
static inline void block_product(const double* x, const double* matrix, int n, int width, int column, Epilogue epilogue) {
    constexpr int V = BLOCK / LANES;
    Doubles even[V], odd[V];
    for (int v = 0; v < V; v++) even[v] = odd[v] = broadcast(System::ZERO);
    for (int i = 0; i < n; i += 2) {  // for odd n this reads padding, which adds nothing
        const Doubles x0 = broadcast(x[i]), x1 = broadcast(x[i + 1]);
        const double* row = matrix + size_t(i) * width + column;
        for (int v = 0; v < V; v++) {
            even[v] = System::plus(even[v], System::times(x0, load(row + v * LANES)));
            odd[v] = System::plus(odd[v], System::times(x1, load(row + width + v * LANES)));
        }
    }
    for (int v = 0; v < V; v++) epilogue(column + v * LANES, System::plus(even[v], odd[v]));
}

template <class System, class Epilogue>
static inline void vector_matrix_product(const double* x, const double* matrix, int n, int width, Epilogue epilogue) {
    for_each_block(width, [&](auto block, int column) {
        block_product<System, block.value>(x, matrix, n, width, column, epilogue);
    });
}

// (max, +): the best path.
struct MaxPlus {
    static constexpr double ZERO = -INF;
    static Doubles plus(Doubles a, Doubles b) { return max(a, b); }
    static Doubles times(Doubles a, Doubles b) { return a + b; }
};

// (+, *): fast, but its numbers may become too small, which `smallest` tells.
struct Probability {
    static constexpr double ZERO = 0.0, ONE = 1.0;
    static const Parameters& parameters(const Chain& chain) { return chain.probabilities; }

    static Doubles plus(Doubles a, Doubles b) { return a + b; }
    static Doubles times(Doubles a, Doubles b) { return a * b; }
    static double plus(double a, double b) { return a + b; }
    static double times(double a, double b) { return a * b; }
    static double inverse(double x) { return 1.0 / x; }
    static double log(double x) { return std::log(x); }
    static Doubles probability(Doubles x) { return x; }
    static double probability(double x) { return x; }
    static Doubles from_log(Doubles x) { return exp(x); }
    static bool holds(double log) { return log >= LOG_FLOOR; }
    static bool is_extreme(double x) { return !(x > 1e-100 && x < 1e100); }
    static Doubles smallest(Doubles least, Doubles x) { return min(least, where_above(x, 0.0, x, broadcast(1.0))); }

    template <class Epilogue>
    static void product(const double* x, const double* matrix, const Chain& chain, Epilogue epilogue) {
        vector_matrix_product<Probability>(x, matrix, chain.n_tags, chain.width, epilogue);
    }
    template <class Row>
    static double total(int width, Row at) {
        Doubles all = broadcast(0.0);
        for (int j = 0; j < width; j += LANES) all = all + at(j);
        return sum(all);
    }
};

// (log-sum-exp, +): slower, and exact whatever the scores.
struct LogSpace {
    static constexpr double ZERO = -INF, ONE = 0.0;
    static const Parameters& parameters(const Chain& chain) { return chain.logs; }

    static Doubles times(Doubles a, Doubles b) { return a + b; }
    static double plus(double a, double b) {
        const double top = a > b ? a : b;
        return top == -INF ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
    }
    static double times(double a, double b) { return a + b; }
    static double inverse(double x) { return -x; }
    static double log(double x) { return x; }
    static Doubles probability(Doubles x) { return exp(x); }
    static double probability(double x) { return std::exp(x); }
    static Doubles from_log(Doubles x) { return x; }
    static bool holds(double) { return true; }
    static bool is_extreme(double) { return false; }
    static Doubles smallest(Doubles least, Doubles) { return least; }

    // Relative to each column's top, so that exp neither overflows nor loses the largest; -INF has no top to relate to.
    template <class Epilogue>
    static void product(const double* x, const double* matrix, const Chain& chain, Epilogue epilogue) {
        vector_matrix_product<MaxPlus>(x, matrix, chain.n_tags, chain.width, [&](int column, Doubles top) {
            top = finite_or_zero(top);
            Doubles all = broadcast(0.0);
            for (int i = 0; i < chain.n_tags; i++)
                all = all + exp(broadcast(x[i]) + load(matrix + size_t(i) * chain.width + column) - top);
            double logs[LANES];
            store(logs, all);
            for (double& value : logs) value = std::log(value);
            epilogue(column, load(logs) + top);
        });
    }
    template <class Row>
    static double total(int width, Row at) {
        Doubles top = at(0), all = broadcast(0.0);
        for (int j = LANES; j < width; j += LANES) top = max(top, at(j));
        top = finite_or_zero(broadcast(highest(top)));
        for (int j = 0; j < width; j += LANES) all = all + exp(at(j) - top);
        return top[0] + std::log(sum(all));
    }

private:
    static Doubles finite_or_zero(Doubles x) { return where_above(x, -INF, x, broadcast(0.0)); }
};
