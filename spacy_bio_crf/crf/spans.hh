// The probability of a span: forward to its entry, along the steps that join, backward from its exit, over the total.
// No include guard: see simd.hh.

// The paths that are inside a span, followed from its first token on. A token's entries and exits are summed up once, when
// first asked for: a further span costs no more than the steps between the tags of its label.
template <class S>
class InsideSpan {
    const Chain& chain;
    const Workspace& work;
    const Labelling& labelling;
    const int64_t n;
    const std::vector<double> into, out_of;  // the steps that do not join; the second, transposed
    Rows entries, exits;                     // scaled as alpha and beta are
    std::vector<double> inverse_totals, inside, next;
    std::vector<char> has_entries, has_exits, has_total;

    static std::vector<double> boundaries(const Chain& chain, const Labelling& labelling, bool transposed) {
        std::vector<double> steps(size_t(chain.width) * chain.width, S::ZERO);
        for (int i = 0; i < chain.n_tags; i++)
            for (int j = 0; j < chain.n_tags; j++)
                if (!labelling.joined(i, j))
                    steps[transposed ? size_t(j) * chain.width + i : size_t(i) * chain.width + j] =
                        S::parameters(chain).step[size_t(i) * chain.width + j];
        return steps;
    }
    static bool first_time(char& done) { return done ? false : (done = true); }

    const double* entries_at(int64_t t) {
        if (t == 0) return work.alpha[0];
        if (first_time(has_entries[t])) {
            const Doubles inverse = broadcast(S::inverse(work.alpha_scales[t]));
            S::product(work.alpha[t - 1], into.data(), chain, [&](int j, Doubles sum) {
                store(entries[t] + j, S::times(sum, S::times(load(work.emissions[t] + j), inverse)));
            });
        }
        return entries[t];
    }
    const double* exits_at(int64_t t) {
        if (t + 1 == n) return work.beta[t];
        if (first_time(has_exits[t])) {
            double* after = work.row[0];
            for (int j = 0; j < chain.width; j += LANES)
                store(after + j, S::times(load(work.emissions[t + 1] + j), load(work.beta[t + 1] + j)));
            const Doubles inverse = broadcast(S::inverse(work.beta_scales[t]));
            S::product(after, out_of.data(), chain, [&](int i, Doubles sum) {
                store(exits[t] + i, S::times(sum, inverse));
            });
        }
        return exits[t];
    }
    double probability(const std::vector<int>& tags, const double* before, const double* after, int64_t t) {
        if (first_time(has_total[t])) inverse_totals[t] = S::inverse(meet<S>(chain, work, t));
        double sum = 0.0;
        for (int i : tags) sum += S::probability(S::times(S::times(before[i], after[i]), inverse_totals[t]));
        return sum;
    }

public:
    InsideSpan(const Chain& chain, const Sequence& sequence, const Workspace& work, const Labelling& labelling)
        : chain(chain), work(work), labelling(labelling), n(sequence.length), into(boundaries(chain, labelling, false)),
          out_of(boundaries(chain, labelling, true)), entries(n, chain.width), exits(n, chain.width), inverse_totals(n),
          inside(chain.width), next(chain.width), has_entries(n), has_exits(n), has_total(n) {}

    void enter(const std::vector<int>& tags, int64_t t) {
        const double* ways = entries_at(t);
        for (int j : tags) inside[j] = ways[j];
    }
    // To token t, from the one before it.
    void go_on(const std::vector<int>& tags, int64_t t) {
        const std::vector<double>& step = S::parameters(chain).step;
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
    // That token t has one of the tags; that the span has come to it, wherever it ends; that it ends with it.
    double probability_of_tags(const std::vector<int>& tags, int64_t t) {
        return probability(tags, work.alpha[t], work.beta[t], t);
    }
    double probability_so_far(const std::vector<int>& tags, int64_t t) {
        return probability(tags, inside.data(), work.beta[t], t);
    }
    double probability_of_end(const std::vector<int>& tags, int64_t t) {
        return probability(tags, inside.data(), exits_at(t), t);
    }
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
                if (inside.probability_of_tags(tags, start) < bound) continue;
                inside.enter(tags, start);
                for (int64_t t = start; inside.probability_so_far(tags, t) >= bound; inside.go_on(tags, t)) {
                    const double probability = inside.probability_of_end(tags, t);
                    if (probability >= threshold) likely.add({first + start, first + t + 1, label}, probability);
                    if (++t == sequence.length) break;
                }
            }
    });
}
