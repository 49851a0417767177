// What a sequence adds to the gradient of its batch. No include guard: see simd.hh.

static inline void add_on_grid(const double* from, size_t n, std::vector<int64_t>& sums) {
    for (size_t i = 0; i < n; i += LANES) add_on_grid<Gradient::GRID_BITS>(load(from + i), &sums[i]);
}

// A window's rows of beta, which hold marginals by now. first: the index of the sequence's first token
static void add_tokens(const Chain& chain, const Sequence& sequence, const Workspace& work, const Window& window,
                       int64_t first, Gradient& gradient) {
    const int64_t n = sequence.length, n_tags = chain.n_tags;
    const RowsAt marginals = work.beta;
    for (int64_t t = window.first; t < window.last; t++) {
        const double* row = marginals[t];
        float* out = gradient.emissions + (first + t) * n_tags;
        if (t * n_tags + chain.width <= n * n_tags)  // the padding goes where the next token's will
            for (int j = 0; j < chain.width; j += LANES) store(out + j, load(row + j));
        else
            for (int j = 0; j < n_tags; j++) out[j] = float(row[j]);
    }
    if (window.first == 0) add_on_grid(marginals[0], chain.width, gradient.starts);
    if (window.last == n) add_on_grid(marginals[n - 1], chain.width, gradient.ends);
}

static void add_steps(const Workspace& work, Gradient& gradient) {
    add_on_grid(work.steps.data(), gradient.steps.size(), gradient.steps);
}
