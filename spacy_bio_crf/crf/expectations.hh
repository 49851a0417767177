// The gradient of log Z: token marginals and expected steps, from alpha and beta.
// No include guard: see simd.hh.

// steps[r, j..] += sum over t in [first, last) of alpha[t, i + r] * after[t + 1, j..], for ROWS rows; in registers.
template <int ROWS, int WIDTH>
static inline void outer_products(const RowsAt alpha, const RowsAt after, double* steps, int64_t first, int64_t last,
                                  int i, int j) {
    constexpr int V = WIDTH / LANES;
    Doubles sums[ROWS][V];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < V; v++) sums[r][v] = load(steps + r * WIDTH + v * LANES);
    for (int64_t t = first; t < last; t++) {
        const double *from = alpha[t] + i, *to = after[t + 1] + j;
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < V; v++) sums[r][v] = sums[r][v] + broadcast(from[r]) * load(to + v * LANES);
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < V; v++) store(steps + r * WIDTH + v * LANES, sums[r][v]);
}

static void count_steps(Probability, const Chain& chain, const Workspace& work, int64_t first, int64_t last) {
    constexpr int ROWS = LANES > 1 ? LANES / 2 : 1;  // as many sums as registers hold
    const Tiles& tiles = chain.step.tiles;
    for (const Tiles::Block& block : tiles.blocks)
        with_width(block, [&](auto width) {
            for (int r = block.first_run; r < block.last_run; r++) {
                double* steps = work.steps.data() + tiles.runs[r].at;
                for (int i = tiles.runs[r].first; i < tiles.runs[r].last; i += ROWS, steps += ROWS * width.value)
                    outer_products<ROWS, width.value>(work.alpha, work.emissions, steps, first, last, i, block.column);
            }
        });
}

static void count_steps(LogSpace, const Chain& chain, const Workspace& work, int64_t first, int64_t last) {
    const Tiles& tiles = chain.step.tiles;
    for (const Tiles::Block& block : tiles.blocks)
        for (int r = block.first_run; r < block.last_run; r++) {
            size_t place = tiles.runs[r].at;
            for (int i = tiles.runs[r].first; i < tiles.runs[r].last; i++)
                for (int j = block.column; j < block.column + block.width; j += LANES, place += LANES) {
                    const Doubles step = load(chain.step.numbers.logs.data() + place);
                    Doubles sum = load(work.steps.data() + place);
                    for (int64_t t = first; t < last; t++)
                        sum = sum + exp(broadcast(work.alpha[t][i]) + step + load(work.emissions[t + 1] + j));
                    store(work.steps.data() + place, sum);
                }
        }
}

// What the sum over all tokens left out: the step's own factor. In log space each token has it in already.
static void weigh_steps(Probability, const Chain& chain, const Workspace& work) {
    for (size_t place = 0; place < chain.step.numbers.size; place += LANES) {
        const Doubles weight = load(chain.step.numbers.probabilities.data() + place);
        const Doubles zero = broadcast(0.0);  // chosen, not multiplied by: sums at forbidden steps may be huge
        double* steps = work.steps.data() + place;
        store(steps, where_above(weight, 0.0, weight * load(steps), zero));
    }
}
static void weigh_steps(LogSpace, const Chain&, const Workspace&) {}

// log Z. If it is above -inf, the marginals may be asked for, window by window.
static double expectations(const Chain& chain, const Sequence& sequence, Workspace& work) {
    return forward_backward(chain, sequence, work, true, [&](auto system) {
        work.in_log_space = std::is_same_v<decltype(system), LogSpace>;
    });
}

// Puts token marginals in the place of beta, emissions * beta in that of the emissions, and scales alpha for the steps.
template <class S>
static void weigh_rows(const Chain& chain, const Workspace& work, int64_t first, int64_t last, int64_t n) {
    with_steps<S>(chain, [&](auto steps) {
        const RowsAt rows = work.emissions, alphas = work.alpha, betas = work.beta, factors = work.beta_factors;
        for (int64_t t = first; t < last; t++) {
            double *emissions = rows[t], *alpha = alphas[t], *beta = betas[t];
            const auto product = [&](int j) { return S::times(load(alpha + j), load(beta + j)); };
            const double inverse = S::inverse(S::total(steps.width, product));
            // So scaled, alpha[t, i] * step[i, j] * (emissions * beta)[t + 1, j] is the probability of the step.
            const double to_step = t + 1 < n ? S::times(inverse, factors[t][0]) : inverse;
            for (int j = 0; j < steps.width; j += LANES) {
                const Doubles a = load(alpha + j), b = load(beta + j);
                store(emissions + j, S::times(load(emissions + j), b));
                store(beta + j, S::probability(S::times(S::times(a, b), broadcast(inverse))));
                store(alpha + j, S::times(a, broadcast(to_step)));
            }
        }
    });
}

// Puts the token marginals of a window in the place of beta. After the last of all windows, one after the other, the
// expected steps are in work.steps.
static void marginals(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    const auto run = [&](auto system) {
        using S = decltype(system);
        const int64_t n = sequence.length;
        fill_rows<S>(chain, sequence, work, window);
        if (window.first == 0) std::fill(work.steps.data(), work.steps.data() + chain.step.numbers.size, 0.0);
        constexpr int64_t CHUNK = 64;  // tokens whose rows stay in the first cache
        for (int64_t first = window.first; first < window.last; first += CHUNK) {
            const int64_t last = std::min(first + CHUNK, window.last);
            weigh_rows<S>(chain, work, first, last, n);
            count_steps(system, chain, work, std::max(first - 1, window.first), last - 1);
        }
        if (window.last < n) {
            double *emissions = work.emissions[window.last], *beta = work.beta[window.last];
            for (int j = 0; j < chain.width; j += LANES)
                store(emissions + j, S::times(load(emissions + j), load(beta + j)));
            count_steps(system, chain, work, window.last - 1, window.last);
        } else {
            weigh_steps(system, chain, work);
        }
    };
    if (work.in_log_space) run(LogSpace());
    else run(Probability());
}
