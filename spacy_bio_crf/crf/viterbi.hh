// The Viterbi algorithm (Viterbi 1967). No include guard: see simd.hh.

// The lowest i with the highest a[i] + b[i].
static inline int argmax_of_sum(const double* a, const double* b, int width) {
    Doubles top = broadcast(-INF);
    for (int i = 0; i < width; i += LANES) top = max(top, load(a + i) + load(b + i));
    const double best = highest(top);
    int i = 0;
    while (a[i] + b[i] < best) i++;
    return i;
}

// The best path's score, or -inf if there is none. Of equals, the lowest last tag, then the lowest last but one ...
// Only the scores of prefixes are kept: which one was best is asked again, for the tags on the path alone.
static double best_path(const Chain& chain, const Sequence& sequence, const Workspace& work, int32_t* path) {
    const int64_t last = sequence.length - 1;
    const Rows& delta = work.alpha;
    widen(chain, sequence, 0, delta[0]);
    for (int j = 0; j < chain.width; j += LANES) store(delta[0] + j, load(&chain.logs.start[j]) + load(delta[0] + j));
    for (int64_t t = 1; t <= last; t++) {
        widen(chain, sequence, t, delta[t]);
        const auto add_emission = [&](int j, Doubles best) { store(delta[t] + j, best + load(delta[t] + j)); };
        vector_matrix_product<MaxPlus>(delta[t - 1], chain.logs.step.data(), chain.n_tags, chain.width, add_emission);
    }
    const double* after = chain.logs.end.data();
    double score = 0.0;
    for (int64_t t = last; t >= 0; t--) {
        path[t] = argmax_of_sum(delta[t], after, chain.width);
        if (t == last) score = delta[t][path[t]] + after[path[t]];
        if (score == -INF) return score;
        after = &chain.logs.step_transposed[size_t(path[t]) * chain.width];
    }
    return score;
}
