// The three number systems (semirings) that one recursion runs in, and their vector-matrix products.
// No include guard: see simd.hh.

// Calls each with the width of a block of columns as a constant: so many columns fit into registers.
template <class Each>
static inline void with_width(const Tiles::Block& block, Each each) {
    if (block.width == 24) each(std::integral_constant<int, 24>());
    else if (block.width == 16) each(std::integral_constant<int, 16>());
    else each(std::integral_constant<int, 8>());
}

// Sums of x[i] * row i of a matrix, with System's sum and product, for WIDTH columns. They stay in registers while the
// loop goes over the rows: so many that the processor is busy, and few enough to fit.
template <class System, int WIDTH>
class ProductSums {
    static constexpr int V = WIDTH / LANES, CHAINS = V < 4 ? 2 : 1;
    Doubles sums[CHAINS][V];

public:
    INLINE ProductSums() {
        for (auto& chain : sums)
            for (Doubles& sum : chain) sum = broadcast(System::ZERO);
    }
    // n_rows: even
    INLINE void add(const double* x, const double* row, int n_rows) {
        for (int i = 0; i < n_rows; i += CHAINS)
            for (int c = 0; c < CHAINS; c++, row += WIDTH) {
                const Doubles x_i = broadcast(x[i + c]);
                for (int v = 0; v < V; v++)
                    sums[c][v] = System::plus(sums[c][v], System::times(x_i, load(row + v * LANES)));
            }
    }
    // epilogue(column, sum)
    template <class Epilogue>
    INLINE void hand_on(int column, Epilogue epilogue) const {
        for (int v = 0; v < V; v++)
            epilogue(column + v * LANES, CHAINS == 1 ? sums[0][v] : System::plus(sums[0][v], sums[CHAINS - 1][v]));
    }
};

// Calls epilogue(column, sum over i of x[i] * matrix[i, column..]) for the columns of a block.
template <class System, int WIDTH, class Epilogue>
static inline void block_product(const double* x, const double* values, const Tiles& tiles, const Tiles::Block& block,
                                 Epilogue epilogue) {
    ProductSums<System, WIDTH> sums;
    for (int r = block.first_run; r < block.last_run; r++) {
        const Tiles::Run run = tiles.runs[r];
        sums.add(x + run.first, values + run.at, run.last - run.first);
    }
    sums.hand_on(block.column, epilogue);
}

// (max, +): the best path.
struct MaxPlus {
    static constexpr double ZERO = -INF;
    static const double* of(const Numbers& numbers) { return numbers.logs.data(); }
    static Doubles plus(Doubles a, Doubles b) { return max(a, b); }
    static Doubles times(Doubles a, Doubles b) { return a + b; }

    template <int WIDTH, class Epilogue>
    static void block(const double* x, const Matrix& matrix, const Tiles::Block& block, Epilogue epilogue) {
        block_product<MaxPlus, WIDTH>(x, of(matrix.numbers), matrix.tiles, block, epilogue);
    }
};

// To scale a row, its size is asked for: vector by vector, then over the lanes; the factor takes it to about one.

// (+, *): fast, but its numbers may become too small, which `smallest` tells.
struct Probability {
    static constexpr double ZERO = 0.0, ONE = 1.0;
    static const double* of(const Numbers& numbers) { return numbers.probabilities.data(); }
    static double shift(const Numbers& numbers) { return numbers.shift; }

    static Doubles plus(Doubles a, Doubles b) { return a + b; }
    static Doubles times(Doubles a, Doubles b) { return a * b; }
    static double plus(double a, double b) { return a + b; }
    static double times(double a, double b) { return a * b; }
    static double inverse(double x) { return 1.0 / x; }
    static Doubles add_to_size(Doubles size, Doubles x) { return size + x; }
    static Doubles size(Doubles lanes) { return sum(lanes); }
    static Doubles factor(Doubles size) { return inverse_power_of_two(size); }
    static double log(double x) { return std::log(x); }
    static Doubles probability(Doubles x) { return x; }
    static double probability(double x) { return x; }
    static void from_logs(double* logs, size_t n) { exponentiate(logs, n); }
    static bool holds(double log) { return log >= LOG_FLOOR; }
    static bool is_extreme(double x) { return !(x > 1e-100 && x < 1e100); }
    static Doubles smallest(Doubles least, Doubles x) { return min(least, where_above(x, 0.0, x, broadcast(1.0))); }

    template <int WIDTH, class Epilogue>
    static void block(const double* x, const Matrix& matrix, const Tiles::Block& block, Epilogue epilogue) {
        block_product<Probability, WIDTH>(x, of(matrix.numbers), matrix.tiles, block, epilogue);
    }
    template <class Row>
    static double total(int width, Row at) {
        Doubles all = broadcast(0.0);
        for (int j = 0; j < width; j += LANES) all = all + at(j);
        return sum(all)[0];
    }
};

// (log-sum-exp, +): slower, and exact whatever the scores.
struct LogSpace {
    static constexpr double ZERO = -INF, ONE = 0.0;
    static const double* of(const Numbers& numbers) { return numbers.logs.data(); }
    static double shift(const Numbers&) { return 0.0; }

    static Doubles times(Doubles a, Doubles b) { return a + b; }
    static double plus(double a, double b) {
        const double top = a > b ? a : b;
        return top == -INF ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
    }
    static double times(double a, double b) { return a + b; }
    static double inverse(double x) { return -x; }
    static Doubles add_to_size(Doubles size, Doubles x) { return max(size, x); }
    static Doubles size(Doubles lanes) { return highest(lanes); }
    static Doubles factor(Doubles size) { return broadcast(0.0) - finite_or_zero(size); }
    static double log(double x) { return x; }
    static Doubles probability(Doubles x) { return exp(x); }
    static double probability(double x) { return std::exp(x); }
    static void from_logs(double*, size_t) {}
    static bool holds(double) { return true; }
    static bool is_extreme(double) { return false; }
    static Doubles smallest(Doubles least, Doubles) { return least; }

    // Relative to each column's top, so that exp neither overflows nor loses the largest; -INF has no top to relate to.
    template <int WIDTH, class Epilogue>
    static void block(const double* x, const Matrix& matrix, const Tiles::Block& block, Epilogue epilogue) {
        const Tiles& tiles = matrix.tiles;
        block_product<MaxPlus, WIDTH>(x, of(matrix.numbers), tiles, block, [&](int column, Doubles top) {
            top = finite_or_zero(top);
            Doubles all = broadcast(0.0);
            for (int r = block.first_run; r < block.last_run; r++) {
                const Tiles::Run run = tiles.runs[r];
                const double* cell = of(matrix.numbers) + run.at + (column - block.column);
                for (int i = run.first; i < run.last; i++, cell += WIDTH)
                    all = all + exp(broadcast(x[i]) + load(cell) - top);
            }
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
        top = finite_or_zero(highest(top));
        for (int j = 0; j < width; j += LANES) all = all + exp(at(j) - top);
        return top[0] + std::log(sum(all)[0]);
    }

private:
    static Doubles finite_or_zero(Doubles x) { return where_above(x, -INF, x, broadcast(0.0)); }
};

// Calls epilogue(column, sum over i of x[i] * matrix[i, column..]).
template <class S, class Epilogue>
static inline void product(const double* x, const Matrix& matrix, Epilogue epilogue) {
    for (const Tiles::Block& block : matrix.tiles.blocks)
        with_width(block, [&](auto width) { S::template block<width.value>(x, matrix, block, epilogue); });
}

// A chain's steps as a recursion takes them from token to token, forwards and backwards. Few tags have them in one block,
// whose width is a constant.
template <class S>
struct TiledSteps {
    const Chain& chain;
    const int width;

    explicit TiledSteps(const Chain& chain) : chain(chain), width(chain.width) {}
    template <class Epilogue>
    void forwards(const double* x, Epilogue epilogue) const { product<S>(x, chain.step, epilogue); }
    template <class Epilogue>
    void backwards(const double* x, Epilogue epilogue) const { product<S>(x, chain.step_transposed, epilogue); }
};
template <class S, int WIDTH>
struct WholeSteps {
    static constexpr int width = WIDTH;
    const int n_rows;
    const double *step, *step_transposed;

    explicit WholeSteps(const Chain& chain)
        : n_rows((chain.n_tags + 1) / 2 * 2), step(S::of(chain.step.numbers)),
          step_transposed(S::of(chain.step_transposed.numbers)) {}
    template <class Epilogue>
    INLINE void forwards(const double* x, Epilogue epilogue) const { product(x, step, epilogue); }
    template <class Epilogue>
    INLINE void backwards(const double* x, Epilogue epilogue) const { product(x, step_transposed, epilogue); }

private:
    template <class Epilogue>
    INLINE void product(const double* x, const double* values, Epilogue epilogue) const {
        ProductSums<S, WIDTH> sums;
        sums.add(x, values, n_rows);
        sums.hand_on(0, epilogue);
    }
};
template <class S, class Each>
static inline void with_steps(const Chain& chain, Each each) {
    if (std::is_same_v<S, LogSpace> || chain.step.tiles.blocks.size() != 1) each(TiledSteps<S>(chain));
    else if constexpr (!std::is_same_v<S, LogSpace>)
        with_width(chain.step.tiles.blocks[0], [&](auto width) { each(WholeSteps<S, width.value>(chain)); });
}

template <class S, class Epilogue>
static inline void product_of_block(const double* x, const Matrix& matrix, int block, Epilogue epilogue) {
    S::template block<8>(x, matrix, matrix.tiles.blocks[block], epilogue);
}

// A row of a matrix: where it lies, if it is whole, or else spread out in `room`.
template <class S>
static inline const double* whole_row(const Matrix& matrix, int row, int width, double* room) {
    if (matrix.tiles.is_whole(row + 1)) return S::of(matrix.numbers) + size_t(row) * width;
    const Tiles::Piece* first = matrix.tiles.first_piece(row);
    for (int j = 0; j < width; j += LANES) store(room + j, broadcast(S::ZERO));
    for (const Tiles::Piece* piece = first; piece < matrix.tiles.first_piece(row + 1); piece++)
        for (int j = 0; j < piece->width; j += LANES)
            store(room + piece->column + j, load(S::of(matrix.numbers) + piece->at + j));
    return room;
}
