// The probability of a span: forward to its entry, along the steps that join, backward from its exit, over the total.
// No include guard: see simd.hh.

// The paths that are inside a span, followed from its first token on. Entries and exits of all tokens are summed up
// beforehand, so that a span costs no more than the steps between the tags of its label.
template <class S>
class InsideSpan {
    const Chain& chain;
    const Workspace& work;
    const Labelling& labelling;
    const std::vector<double>& step;
    Rows entries, exits;  // scaled as alpha and beta are
    std::vector<double> inverse_totals, inside, next;

    static std::vector<double> boundaries(const Chain& chain, const Labelling& labelling, bool transposed) {
        std::vector<double> steps(size_t(chain.width) * chain.width, S::ZERO);
        for (int i = 0; i < chain.n_tags; i++)
            for (int j = 0; j < chain.n_tags; j++)
                if (!labelling.joined(i, j))
                    steps[transposed ? size_t(j) * chain.width + i : size_t(i) * chain.width + j] =
                        S::parameters(chain).step[size_t(i) * chain.width + j];
        return steps;
    }
    double probability(const std::vector<int>& tags, const double* after, int64_t t) const {
        double total = S::ZERO;
        for (int i : tags) total = S::plus(total, S::times(inside[i], after[i]));
        return S::probability(S::times(total, inverse_totals[t]));
    }

public:
    InsideSpan(const Chain& chain, const Sequence& sequence, const Workspace& work, const Labelling& labelling)
        : chain(chain), work(work), labelling(labelling), step(S::parameters(chain).step),
          entries(sequence.length, chain.width), exits(sequence.length, chain.width), inverse_totals(sequence.length),
          inside(chain.width), next(chain.width) {
        const int64_t n = sequence.length;
        const std::vector<double> to = boundaries(chain, labelling, false), from = boundaries(chain, labelling, true);
        std::copy(work.alpha[0], work.alpha[0] + chain.width, entries[0]);
        std::copy(work.beta[n - 1], work.beta[n - 1] + chain.width, exits[n - 1]);
        for (int64_t t = 1; t < n; t++) {
            const Doubles inverse = broadcast(S::inverse(work.alpha_scales[t]));
            S::product(work.alpha[t - 1], to.data(), chain, [&](int j, Doubles sum) {
                store(entries[t] + j, S::times(sum, S::times(load(work.emissions[t] + j), inverse)));
            });
        }
        for (int64_t t = 0; t + 1 < n; t++) {
            double* after = work.row[0];
            for (int j = 0; j < chain.width; j += LANES)
                store(after + j, S::times(load(work.emissions[t + 1] + j), load(work.beta[t + 1] + j)));
            const Doubles inverse = broadcast(S::inverse(work.beta_scales[t]));
            S::product(after, from.data(), chain, [&](int i, Doubles sum) {
                store(exits[t] + i, S::times(sum, inverse));
            });
        }
        for (int64_t t = 0; t < n; t++) inverse_totals[t] = S::inverse(meet<S>(chain, work, t));
    }
    void enter(const std::vector<int>& tags, int64_t t) {
        for (int j : tags) inside[j] = entries[t][j];
    }
    // To token t, from the one before it.
    void go_on(const std::vector<int>& tags, int64_t t) {
        const double inverse = S::inverse(work.alpha_scales[t]);
        for (int j : tags) {
            double total = S::ZERO;
            for (int i : tags)
                if (labelling.joined(i, j))
                    total = S::plus(total, S::times(inside[i], step[size_t(i) * chain.width + j]));
            next[j] = S::times(total, S::times(work.emissions[t][j], inverse));
        }
        inside.swap(next);
    }
    // That the span ends with token t; and that it has come so far, wherever it ends.
    double probability_of_end(const std::vector<int>& tags, int64_t t) const { return probability(tags, exits[t], t); }
    double probability_so_far(const std::vector<int>& tags, int64_t t) const { return probability(tags, work.beta[t], t); }
};

static void span_probabilities(const Chain& chain, const Sequence& sequence, const Workspace& work,
                               const Labelling& labelling, const Spans& spans) {
    forward_backward(chain, sequence, work, true, [&](auto system) {
        InsideSpan<decltype(system)> inside(chain, sequence, work, labelling);
        for (int64_t s = 0; s < spans.count; s++) {
            const Span span = spans.spans[s];
            const auto found = labelling.tags.find(span.label);
            if (found == labelling.tags.end()) continue;
            inside.enter(found->second, span.start);
            for (int64_t t = span.start + 1; t < span.end; t++) inside.go_on(found->second, t);
            spans.probabilities[s] = inside.probability_of_end(found->second, span.end - 1);
        }
    });
}

// All spans that are at least as likely as the threshold, by label, start and end. A token is in one span at most, so
// that no more than 1 / threshold of them, begun at different tokens, are as likely as that to have come to it.
static void likely_spans(const Chain& chain, const Sequence& sequence, const Workspace& work, const Labelling& labelling,
                         double threshold, int64_t first, LikelySpans& likely) {
    const double bound = threshold * (1 - 1e-6);  // what rounding may take off
    forward_backward(chain, sequence, work, true, [&](auto system) {
        InsideSpan<decltype(system)> inside(chain, sequence, work, labelling);
        for (const auto& [label, tags] : labelling.tags)
            for (int64_t start = 0; start < sequence.length; start++) {
                inside.enter(tags, start);
                for (int64_t t = start; inside.probability_so_far(tags, t) >= bound; inside.go_on(tags, t)) {
                    const double probability = inside.probability_of_end(tags, t);
                    if (probability >= threshold) likely.add({first + start, first + t + 1, label}, probability);
                    if (++t == sequence.length) break;
                }
            }
    });
}
