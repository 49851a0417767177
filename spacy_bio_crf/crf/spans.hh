// The probability of a span. No include guard: see simd.hh.

// Whether tokens [start, end) of a sequence are exactly one span of a label: forward up to its entry, the steps that join its
// tags, backward from its exit, over the total. `probability` is where the result goes.
static void span_probabilities(const Chain& chain, const Sequence& sequence, const Workspace& work, const Spans& spans) {
    forward_backward(chain, sequence, work, true, [&](auto system) {
        using S = decltype(system);
        const Parameters& parameters = S::parameters(chain);
        const int n_tags = chain.n_tags;
        std::vector<double> here(n_tags), next(n_tags);
        const auto step = [&](int i, int j) { return parameters.step[size_t(i) * chain.width + j]; };
        for (int64_t s = 0; s < spans.count; s++) {
            const Span span = spans.spans[s];
            // here[j]: total of the paths that are in this span, at tag j, at token t; scaled as alpha[t] is.
            for (int64_t t = span.start; t < span.end; t++) {
                for (int j = 0; j < n_tags; j++) {
                    next[j] = S::ZERO;
                    if (spans.labels[j] != span.label) continue;
                    if (t == 0) {
                        next[j] = S::times(parameters.start[j], work.emissions[t][j]);
                        continue;
                    }
                    const bool inside = t > span.start;
                    const double* before = inside ? here.data() : work.alpha[t - 1];
                    for (int i = 0; i < n_tags; i++)
                        if (bool(spans.joins[size_t(i) * n_tags + j]) == inside)
                            next[j] = S::plus(next[j], S::times(before[i], step(i, j)));
                    next[j] = S::times(S::times(next[j], work.emissions[t][j]), S::inverse(work.alpha_scales[t]));
                }
                here.swap(next);
            }
            const int64_t t = span.end - 1;
            double total = S::ZERO;
            for (int i = 0; i < n_tags; i++) {
                if (spans.labels[i] != span.label) continue;
                double after = S::ZERO;
                if (span.end == sequence.length) after = parameters.end[i];
                else
                    for (int j = 0; j < n_tags; j++)
                        if (!spans.joins[size_t(i) * n_tags + j])
                            after = S::plus(after, S::times(step(i, j), S::times(work.emissions[t + 1][j], work.beta[t + 1][j])));
                total = S::plus(total, S::times(here[i], after));
            }
            if (span.end < sequence.length) total = S::times(total, S::inverse(work.beta_scales[t]));
            spans.probabilities[s] = S::probability(S::times(total, S::inverse(meet<S>(chain, work, t))));
        }
    });
}
