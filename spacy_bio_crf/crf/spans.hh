// The probability of a span: forward to its entry, along the steps that join, backward from its exit, over the total.
// No include guard: see simd.hh.

static void span_probabilities(const Chain& chain, const Sequence& sequence, const Workspace& work, const Spans& spans) {
    forward_backward(chain, sequence, work, true, [&](auto system) {
        using S = decltype(system);
        const Parameters& parameters = S::parameters(chain);
        const int n_tags = chain.n_tags;
        const auto step = [&](int i, int j) { return parameters.step[size_t(i) * chain.width + j]; };
        const auto joins = [&](int i, int j) { return spans.joins[size_t(i) * n_tags + j] != 0; };
        std::vector<double> inside(n_tags), next(n_tags);

        for (int64_t s = 0; s < spans.count; s++) {
            const Span span = spans.spans[s];
            // inside[j]: total of the paths that are in this span, at tag j, at token t; scaled as alpha[t] is.
            for (int64_t t = span.start; t < span.end; t++) {
                const bool entry = t == span.start;
                const double* before = entry && t > 0 ? work.alpha[t - 1] : inside.data();
                for (int j = 0; j < n_tags; j++) {
                    double total = t == 0 ? parameters.start[j] : S::ZERO;
                    if (t > 0) {
                        for (int i = 0; i < n_tags; i++)
                            if (joins(i, j) != entry) total = S::plus(total, S::times(before[i], step(i, j)));
                        total = S::times(total, S::inverse(work.alpha_scales[t]));
                    }
                    next[j] = spans.labels[j] == span.label ? S::times(total, work.emissions[t][j]) : S::ZERO;
                }
                inside.swap(next);
            }
            // On from the last token t, scaled as beta[t] is.
            const int64_t t = span.end - 1;
            double total = S::ZERO;
            for (int i = 0; i < n_tags; i++) {
                double after = span.end == sequence.length ? parameters.end[i] : S::ZERO;
                if (span.end < sequence.length) {
                    for (int j = 0; j < n_tags; j++)
                        if (!joins(i, j)) {
                            const double arrival = S::times(work.emissions[t + 1][j], work.beta[t + 1][j]);
                            after = S::plus(after, S::times(step(i, j), arrival));
                        }
                    after = S::times(after, S::inverse(work.beta_scales[t]));
                }
                total = S::plus(total, S::times(inside[i], after));
            }
            spans.probabilities[s] = S::probability(S::times(total, S::inverse(meet<S>(chain, work, t))));
        }
    });
}
