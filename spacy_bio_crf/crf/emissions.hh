// A token's row of scores, as the recursions want it. No include guard: see simd.hh.

// Token t's scores; -inf where not allowed, and in the padding.
static inline void widen(const Chain& chain, const Sequence& sequence, int64_t t, double* row) {
    const float* scores = sequence.emissions + t * chain.n_tags;
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
    for (int j = chain.n_tags; j < chain.width; j++) row[j] = -INF;
}

// The highest score of a row, or 0 if there is none.
static inline double peak(const Chain& chain, const double* row) {
    Doubles top = load(row);
    for (int j = LANES; j < chain.width; j += LANES) top = max(top, load(row + j));
    const double highest_score = highest(top);
    return highest_score > -INF ? highest_score : 0.0;
}

// emissions[t] = token t's scores less the highest one. Returns false if the number system cannot hold them.
template <class S>
static bool lift_emissions(const Chain& chain, const Sequence& sequence, Workspace& work, int64_t first, int64_t last,
                           double& peaks) {
    Doubles lowest_log = broadcast(0.0);
    for (int64_t t = first; t < last; t++) {
        double* row = work.emissions[t];
        widen(chain, sequence, t, row);
        const double shift = peak(chain, row);
        peaks += shift;
        for (int j = 0; j < chain.width; j += LANES) {
            const Doubles log = load(row + j) - broadcast(shift);
            lowest_log = min(lowest_log, where_above(log, -INF, log, broadcast(0.0)));
            store(row + j, S::from_log(log));
        }
    }
    return S::holds(lowest(lowest_log));
}
