// The expected value of a sequence and its gradient, the covariances of the value with the features of the scores (the
// expectation semiring: Eisner 2002; Li & Eisner 2009). No include guard: see simd.hh.

// Calls epilogue(column, mean over i of y[i], by the weights x[i] * matrix[i, column..]); the mean of nothing is 0.
template <class Epilogue>
static void means(Probability, const double* x, const double* y, const Matrix& matrix, int width, double* room,
                  Epilogue epilogue) {
    double *totals = room, *weighted = room + width;
    for (int i = 0; i < width; i += LANES) store(weighted + i, load(x + i) * load(y + i));
    product<Probability>(x, matrix, [&](int j, Doubles sum) { store(totals + j, sum); });
    product<Probability>(weighted, matrix, [&](int j, Doubles sum) {
        const Doubles total = load(totals + j);
        epilogue(j, where_above(total, 0.0, sum / total, broadcast(0.0)));
    });
}

template <class Epilogue>
static void means(LogSpace, const double* x, const double* y, const Matrix& matrix, int, double* room, Epilogue epilogue) {
    product<LogSpace>(x, matrix, [&](int j, Doubles sum) { store(room + j, sum); });
    for (const Tiles::Block& block : matrix.tiles.blocks)
        for (int v = 0; v < block.width; v += LANES) {
            const Doubles log_total = load(room + block.column + v), zero = broadcast(0.0);
            const Doubles total = where_above(log_total, -INF, log_total, zero);
            Doubles sum = zero;
            for (int r = block.first_run; r < block.last_run; r++) {
                const Tiles::Run run = matrix.tiles.runs[r];
                const double* cell = matrix.numbers.logs.data() + run.at + v;
                for (int i = run.first; i < run.last; i++, cell += block.width)
                    sum = sum + exp(broadcast(x[i]) + load(cell) - total) * broadcast(y[i]);
            }
            epilogue(block.column + v, sum);
        }
}

// In each row the token's expected value is taken off, so that the covariance with a feature is its probability times the
// value expected of the paths that have it, and no digits cancel in long sequences.
template <class S>
class ExpectedValue {
    const Chain& chain;
    const Sequence& sequence;
    Workspace& work;
    const float* values;
    const double unit;
    const int64_t n;
    const Windows windows;
    Rows worth, so_far, ahead;  // of a tag; of the paths that come to it; of those that go on from it; both with it
    Rows ahead_after, carry, room, mean, inverse_total;

    // Puts emissions * beta in the place of the emissions.
    void fill(const Window& window) {
        fill_rows<S>(chain, sequence, work, window);
        const int64_t origin = std::max<int64_t>(window.first - 1, 0);
        for (Rows* rows : {&worth, &so_far, &ahead, &mean, &inverse_total}) rows->begin_at(origin);
        for (int64_t t = window.first; t < std::min(window.last + 1, n); t++)
            for (int j = 0; j < chain.width; j += LANES)
                store(work.emissions[t] + j, S::times(load(work.emissions[t] + j), load(work.beta[t] + j)));
        for (int64_t t = window.first; t < window.last; t++) {
            inverse_total[t][0] = S::inverse(meet<S>(chain, work, t));
            double sum = 0.0;
            for (int j = 0; j < chain.n_tags; j++) sum += probability(t, j) * (values[t * chain.n_tags + j] / unit);
            mean[t][0] = sum;
            for (int j = 0; j < chain.width; j++)
                worth[t][j] = j < chain.n_tags ? values[t * chain.n_tags + j] / unit - sum : 0.0;
        }
        if (window.last < n) std::copy(ahead_after[window.index], ahead_after[window.index + 1], ahead[window.last]);
        for (int64_t t = window.last - 1; t >= window.first; t--) {
            std::copy(worth[t], worth[t + 1], ahead[t]);
            if (t + 1 == n) continue;
            const double* after = work.emissions[t + 1];
            means(S(), after, ahead[t + 1], chain.step_transposed, chain.width, room[0], [&](int i, Doubles x) {
                store(ahead[t] + i, load(ahead[t] + i) + x);
            });
        }
        if (window.index > 0) std::copy(ahead[window.first], ahead[window.first + 1], ahead_after[window.index - 1]);
    }
    double probability(int64_t t, int j) const {
        return S::probability(S::times(S::times(work.alpha[t][j], work.beta[t][j]), inverse_total[t][0]));
    }
    void count_steps(int64_t first, int64_t last) {
        const Tiles& tiles = chain.step.tiles;
        for (const Tiles::Block& block : tiles.blocks)
            for (int r = block.first_run; r < block.last_run; r++) {
                size_t place = tiles.runs[r].at;
                for (int i = tiles.runs[r].first; i < tiles.runs[r].last; i++)
                    for (int j = block.column; j < block.column + block.width; j += LANES, place += LANES) {
                        const Doubles step = load(S::of(chain.step.numbers) + place);
                        Doubles sum = load(work.steps.data() + place);
                        for (int64_t t = first; t < last; t++) {
                            const double scale = S::times(inverse_total[t][0], work.beta_factors[t][0]);
                            const Doubles before = S::times(broadcast(S::times(work.alpha[t][i], scale)), step);
                            const Doubles p = S::probability(S::times(before, load(work.emissions[t + 1] + j)));
                            sum = sum + p * (broadcast(so_far[t][i]) + load(ahead[t + 1] + j));
                        }
                        store(work.steps.data() + place, sum);
                    }
            }
    }

public:
    ExpectedValue(const Chain& chain, const Sequence& sequence, Workspace& work, const float* values, double unit)
        : chain(chain), sequence(sequence), work(work), values(values), unit(unit), n(sequence.length), windows(n),
          worth(windows.rows(), chain.width), so_far(windows.rows(), chain.width), ahead(windows.rows(), chain.width),
          ahead_after(windows.count(), chain.width), carry(1, chain.width), room(2, chain.width),
          mean(windows.rows(), 1), inverse_total(windows.rows(), 1) {}

    // Returns the expected value, in the unit. The gradient of each window is put in the place of beta, and handed on.
    template <class Each>
    double operator()(Each each) {
        double value = 0.0;
        for (int64_t w = windows.count() - 1; w >= 0; w--) fill(windows[w]);
        std::fill(work.steps.data(), work.steps.data() + chain.step.numbers.size, 0.0);
        for (int64_t w = 0; w < windows.count(); w++) {
            const Window window = windows[w];
            if (windows.count() > 1) fill(window);
            if (w > 0) std::copy(carry[0], carry[1], so_far[window.first - 1]);
            for (int64_t t = window.first; t < window.last; t++) {
                value += mean[t][0];
                std::copy(worth[t], worth[t + 1], so_far[t]);
                if (t == 0) continue;
                means(S(), work.alpha[t - 1], so_far[t - 1], chain.step, chain.width, room[0], [&](int j, Doubles x) {
                    store(so_far[t] + j, load(so_far[t] + j) + x);
                });
            }
            std::copy(so_far[window.last - 1], so_far[window.last], carry[0]);
            constexpr int64_t CHUNK = 64;  // tokens whose rows stay in the first cache
            const int64_t last_step = std::min(window.last, n - 1);
            for (int64_t first = window.first; first < last_step; first += CHUNK)
                count_steps(first, std::min(first + CHUNK, last_step));
            for (int64_t t = window.first; t < window.last; t++)
                for (int j = 0; j < chain.n_tags; j++) {
                    const double p = probability(t, j);
                    work.beta[t][j] = p > 0.0 ? p * (so_far[t][j] + ahead[t][j] - worth[t][j]) : 0.0;
                }
            each(window);
        }
        return value;
    }
};

// log Z. If it is above -inf: the expected value in the unit, and its gradient, that of the token from `first` on.
static double expected_value(const Chain& chain, const Sequence& sequence, Workspace& work, const float* values,
                             double unit, double* value, Gradient& gradient, int64_t first) {
    return forward_backward(chain, sequence, work, true, [&](auto system) {
        ExpectedValue<decltype(system)> expected(chain, sequence, work, values, unit);
        *value = expected([&](const Window& window) { add_tokens(chain, sequence, work, window, first, gradient); });
        add_steps(work, gradient);
    });
}
