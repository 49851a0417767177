// The entropy of the paths, tag by tag: that of the first one, and of each next one given the one before (Hernando,
// Crespi & Cybenko 2005). log Z less the expected score is the same number, but for large scores its digits cancel.
// No include guard: see simd.hh.

// The entropy of a choice with these log weights, not all -inf. No term is negative, and one choice alone has exactly 0.
template <class Row>
static inline double entropy_of(int width, Row at) {
    Doubles top = at(0), total = broadcast(0.0), mean = broadcast(0.0);
    for (int j = LANES; j < width; j += LANES) top = max(top, at(j));
    top = highest(top);
    for (int j = 0; j < width; j += LANES) {
        const Doubles log = at(j) - top, weight = exp(log);
        total = total + weight;
        mean = mean + weight * where_above(log, -INF, log, broadcast(0.0));
    }
    return std::log(sum(total)[0]) - sum(mean)[0] / sum(total)[0];
}

// That of going on from tag i. after: the log weight of each tag, but for the step to it; ways: room for a row
static inline double entropy_of_steps(const Chain& chain, int i, const double* after, double* ways) {
    const Tiles& tiles = chain.step.tiles;
    const double* steps = chain.step.numbers.logs.data();
    int n = 0;
    for (const Tiles::Piece* piece = tiles.first_piece(i); piece < tiles.first_piece(i + 1); piece++)
        for (int j = 0; j < piece->width; j += LANES, n += LANES)
            store(ways + n, load(steps + piece->at + j) + load(after + piece->column + j));
    return entropy_of(n, [=](int j) { return load(ways + j); });
}

// In nats, or -inf if there is no path.
static double entropy(const Chain& chain, const Sequence& sequence, Workspace& work) {
    double nats = 0.0;
    const double log_z = forward_backward(chain, sequence, work, true, [&](auto system) {
        using S = decltype(system);
        std::vector<double> after(chain.width), ways(chain.width);
        const auto take_logs = [&](const double* weights, const double* beta) {
            for (int j = 0; j < chain.width; j++) after[j] = S::log(S::times(weights[j], beta[j]));
        };
        for_each_window<S>(chain, sequence, work, [&](const Window& window) {
            if (window.first == 0) {
                take_logs(work.alpha[0], work.beta[0]);
                nats = entropy_of(chain.width, [&](int j) { return load(&after[j]); });
            }
            for (int64_t t = window.first; t < std::min(window.last, sequence.length - 1); t++) {
                const double inverse = S::inverse(meet<S>(chain, work, t));
                take_logs(work.emissions[t + 1], work.beta[t + 1]);
                for (int i = 0; i < chain.n_tags; i++) {
                    const double p = S::probability(S::times(S::times(work.alpha[t][i], work.beta[t][i]), inverse));
                    if (p == 0.0) continue;  // nor need there be a way on from here
                    nats += p * entropy_of_steps(chain, i, after.data(), ways.data());
                }
            }
        });
    });
    return log_z == -INF ? log_z : nats;
}
