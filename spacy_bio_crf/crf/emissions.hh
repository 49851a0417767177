// Scores, and a token's row of them as the recursions want it. No include guard: see simd.hh.

// By the exponent's bits: integers, unlike floats, may be or-ed in any order, so that compilers vectorise it.
static bool all_finite(const float* values, int64_t n) {
    constexpr uint32_t EXPONENT = 0x7f800000;
    uint32_t wrong = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        wrong |= (bits & EXPONENT) == EXPONENT;
    }
    return !wrong;
}

// Token t's scores; -inf where not allowed, and in the padding. width: the chain's
INLINE void widen(const Chain& chain, const Sequence& sequence, int64_t t, int width, double* row) {
    const float* scores = sequence.emissions + t * chain.n_tags;
    if (!sequence.allowed && !sequence.gold && t * chain.n_tags + width <= sequence.length * chain.n_tags) {
        const double* padding = chain.padding.data();  // in its place are the next token's scores
        for (int j = 0; j < width; j += LANES) store(row + j, load(scores + j) + load(padding + j));
        return;
    }
    if (sequence.allowed) {
        const uint8_t* legal = sequence.allowed + t * chain.n_tags;
        for (int j = 0; j < chain.n_tags; j++) row[j] = legal[j] ? double(scores[j]) : -INF;
    } else {
        for (int j = 0; j < chain.n_tags; j++) row[j] = scores[j];
    }
    if (sequence.gold) {
        const uint8_t* legal = sequence.gold + t * chain.n_tags;
        for (int j = 0; j < chain.n_tags; j++) row[j] = legal[j] ? row[j] : -INF;
    }
    for (int j = chain.n_tags; j < width; j++) row[j] = -INF;
}

// In each lane the highest score of a row, or 0 if there is none.
INLINE Doubles peak(const double* row, int width) {
    Doubles top = load(row);
    for (int j = LANES; j < width; j += LANES) top = max(top, load(row + j));
    top = highest(top);
    return where_above(top, -INF, top, broadcast(0.0));
}

// emissions[t] = token t's scores less the highest one. Returns false if the number system cannot hold them.
template <class S>
static bool lift_emissions(const Chain& chain, const Sequence& sequence, Workspace& work, int64_t first, int64_t last,
                           double& peaks) {
    Doubles lowest_log = broadcast(0.0);
    with_steps<S>(chain, [&](auto steps) {
        const RowsAt emissions = work.emissions;
        Doubles least = lowest_log, sum = broadcast(peaks);
        for (int64_t t = first; t < last; t++) {
            double* row = emissions[t];
            widen(chain, sequence, t, steps.width, row);
            const Doubles shift = peak(row, steps.width);
            sum = sum + shift;
            for (int j = 0; j < steps.width; j += LANES) {
                const Doubles log = load(row + j) - shift;
                least = min(least, where_above(log, -INF, log, broadcast(0.0)));
                store(row + j, log);
            }
        }
        lowest_log = least;
        peaks = sum[0];
    });
    S::from_logs(work.emissions[first], (last - first) * chain.width);
    return S::holds(lowest(lowest_log)[0]);
}
