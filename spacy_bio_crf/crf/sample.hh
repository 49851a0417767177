// Paths drawn by their probability: forward filtering, backward sampling (Chib 1996). No include guard: see simd.hh.

// Fills count paths from count rows of uniform numbers in [0, 1), both `stride` apart. Returns log Z: -inf, and nothing
// filled, if there is no path.
static double sample(const Chain& chain, const Sequence& sequence, Workspace& work, const double* uniforms,
                     int32_t* paths, int64_t count, int64_t stride) {
    return forward_backward(chain, sequence, work, false, [&](auto system) {
        using S = decltype(system);
        const int64_t n = sequence.length;
        const Windows windows(n);
        std::vector<double> bounds(chain.width);
        for (int64_t w = windows.count() - 1; w >= 0; w--) {
            const Window window = windows[w];
            if (window.last < n) forward_again<S>(chain, sequence, work, window);
            for (int64_t s = 0; s < count; s++) {
                int32_t* path = paths + s * stride;
                const auto steps_to = [&](int tag) {
                    return whole_row<S>(chain.step_transposed, tag, chain.width, work.row[0]);
                };
                const double* after = window.last == n ? S::of(chain.end) : steps_to(path[window.last]);
                for (int64_t t = window.last - 1; t >= window.first; t--) {
                    const double* alpha = work.alpha[t];
                    const auto weight = [&](int i) { return S::times(load(alpha + i), load(after + i)); };
                    const Doubles inverse = broadcast(S::inverse(S::total(chain.width, weight)));
                    for (int i = 0; i < chain.width; i += LANES)
                        store(&bounds[i], S::probability(S::times(weight(i), inverse)));
                    for (int i = 1; i < chain.n_tags; i++) bounds[i] += bounds[i - 1];
                    // The first tag whose bound lies above: never one of probability 0.
                    const double target = uniforms[s * stride + t] * bounds[chain.n_tags - 1];
                    int tag = 0;
                    while (bounds[tag] <= target) tag++;
                    path[t] = tag;
                    after = steps_to(tag);
                }
            }
        }
    });
}
