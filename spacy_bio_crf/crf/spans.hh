// The probability of a span: forward to its entry, along the steps that join, backward from its exit, over the total.
// No include guard: see simd.hh.

// The paths that are inside a span, followed from its first token on. A token's entries and exits are summed up once, for
// the labels that ask: a further span costs no more than the steps between the tags of its label.
template <class S>
class InsideSpan {
    const Chain& chain;
    const Workspace& work;
    const Labelling& labelling;
    const int64_t n, n_rows;
    const int entry_blocks, exit_blocks;
    int64_t first = 0;    // token of the window
    Rows entries, exits;  // of the window's tokens, in the labelling's columns
    std::vector<double> inverse_totals, inside, next;  // inside: by the label's tags, scaled as alpha is
    std::vector<char> has_entries, has_exits, has_total;

    static bool first_time(char& done) { return done ? false : (done = true); }

    // The sums for token t, in the labelling's columns; those of the label are there afterwards.
    const double* entries_at(int64_t t, const Label& label) {
        for (int column : label.entries)
            if (column >= 0 && first_time(has_entries[(t - first) * entry_blocks + column / 8]))
                product_of_block<S>(work.alpha[t - 1], labelling.into, column / 8, [&](int c, Doubles sum) {
                    store(entries[t] + c, sum);
                });
        return entries[t];
    }
    const double* exits_at(int64_t t, const Label& label) {
        for (int column : label.exits)
            if (column >= 0 && first_time(has_exits[(t - first) * exit_blocks + column / 8])) {
                double* after = work.row[0];
                for (int j = 0; j < chain.width; j += LANES)
                    store(after + j, S::times(load(work.emissions[t + 1] + j), load(work.beta[t + 1] + j)));
                const Doubles inverse = broadcast(work.beta_factors[t][0]);
                product_of_block<S>(after, labelling.out_of, column / 8, [&](int c, Doubles sum) {
                    store(exits[t] + c, S::times(sum, inverse));
                });
            }
        return exits[t];
    }
    // weight(k): of the label's k-th tag
    template <class Weight>
    double probability(const Label& label, int64_t t, Weight weight) {
        double& inverse_total = inverse_totals[t - first];
        if (first_time(has_total[t - first])) inverse_total = S::inverse(meet<S>(chain, work, t));
        double sum = 0.0;
        for (size_t k = 0; k < label.tags.size(); k++) sum += S::probability(S::times(weight(k), inverse_total));
        return sum;
    }

public:
    InsideSpan(const Chain& chain, const Sequence& sequence, const Workspace& work, const Labelling& labelling)
        : chain(chain), work(work), labelling(labelling), n(sequence.length), n_rows(Windows(n).rows()),
          entry_blocks(labelling.entries.width() / 8), exit_blocks(labelling.exits.width() / 8),
          entries(n_rows, 8 * entry_blocks), exits(n_rows, 8 * exit_blocks), inverse_totals(n_rows), inside(chain.width),
          next(chain.width), has_entries(n_rows * entry_blocks), has_exits(n_rows * exit_blocks), has_total(n_rows) {}

    // Wants the window's rows in the workspace.
    void enter(const Window& window) {
        first = window.first;
        entries.begin_at(first);
        exits.begin_at(first);
        for (std::vector<char>* flags : {&has_entries, &has_exits, &has_total})
            std::fill(flags->begin(), flags->end(), false);
    }

    // A span begins with token t.
    void begin(const Label& label, int64_t t) {
        if (t == 0) {
            for (size_t k = 0; k < label.tags.size(); k++) inside[k] = work.alpha[0][label.tags[k]];
            return;
        }
        const double* ways = entries_at(t, label);
        const double inverse = work.alpha_factors[t][0];
        for (size_t k = 0; k < label.tags.size(); k++) {
            const int column = label.entries[k];
            const double emission = S::times(work.emissions[t][label.tags[k]], inverse);
            inside[k] = column < 0 ? S::ZERO : S::times(ways[column], emission);
        }
    }
    // To token t, from the one before it.
    void go_on(const Label& label, int64_t t) {
        const double* step = S::of(chain.step.numbers);
        const double inverse = work.alpha_factors[t][0];
        std::fill(next.begin(), next.begin() + label.tags.size(), S::ZERO);
        for (const Label::Join& join : label.joins)
            next[join.to] = S::plus(next[join.to], S::times(inside[join.from], step[join.place]));
        for (size_t k = 0; k < label.tags.size(); k++)
            next[k] = S::times(next[k], S::times(work.emissions[t][label.tags[k]], inverse));
        inside.swap(next);
    }
    // What is to be remembered of a span that comes to the end of the window.
    std::vector<double> state(const Label& label) const { return {inside.begin(), inside.begin() + label.tags.size()}; }
    void go_on_from(const std::vector<double>& state, const Label& label, int64_t t) {
        std::copy(state.begin(), state.end(), inside.begin());
        go_on(label, t);
    }
    // That token t has one of the tags; that the span has come to it, wherever it ends; that it ends with it.
    double probability_of_tags(const Label& label, int64_t t) {
        return probability(label, t, [&](size_t k) {
            return S::times(work.alpha[t][label.tags[k]], work.beta[t][label.tags[k]]);
        });
    }
    double probability_so_far(const Label& label, int64_t t) {
        return probability(label, t, [&](size_t k) { return S::times(inside[k], work.beta[t][label.tags[k]]); });
    }
    double probability_of_end(const Label& label, int64_t t) {
        const bool last = t + 1 == n;
        const double* ways = last ? work.beta[t] : exits_at(t, label);
        const std::vector<int>& columns = last ? label.tags : label.exits;
        return probability(label, t, [&](size_t k) {
            return columns[k] < 0 ? S::ZERO : S::times(inside[k], ways[columns[k]]);
        });
    }
};

// A span that goes on in the next window.
struct OpenSpan {
    Span span;
    const Label* label;
    std::vector<double> state;
    double* probability;
};

static void span_probabilities(const Chain& chain, const Sequence& sequence, Workspace& work, const Labelling& labelling,
                               const Spans& spans) {
    forward_backward(chain, sequence, work, true, [&](auto system) {
        using S = decltype(system);
        InsideSpan<S> inside(chain, sequence, work, labelling);
        std::vector<OpenSpan> open;
        int64_t s = 0;
        for_each_window<S>(chain, sequence, work, [&](const Window& window) {
            inside.enter(window);
            std::vector<OpenSpan> still_open;
            const auto follow = [&](const Span& span, const Label& label, int64_t t, double* probability) {
                while (t + 1 < std::min(span.end, window.last)) inside.go_on(label, ++t);
                if (t + 1 == span.end) *probability = inside.probability_of_end(label, t);
                else still_open.push_back({span, &label, inside.state(label), probability});
            };
            for (const OpenSpan& one : open) {
                inside.go_on_from(one.state, *one.label, window.first);
                follow(one.span, *one.label, window.first, one.probability);
            }
            for (; s < spans.count && spans.spans[s].start < window.last; s++) {
                const Span& span = spans.spans[s];
                const auto found = labelling.labels.find(span.label);
                if (found == labelling.labels.end()) continue;
                inside.begin(found->second, span.start);
                follow(span, found->second, span.start, spans.probabilities + s);
            }
            open.swap(still_open);
        });
    });
}

// All spans that are at least as likely as the threshold; in one window, by label, start and end. A token is in one span at
// most, so that no more than 1 / threshold of them, begun at different tokens, are as likely as that to have come to it.
static void likely_spans(const Chain& chain, const Sequence& sequence, Workspace& work, const Labelling& labelling,
                         double threshold, int64_t first, LikelySpans& likely) {
    const double bound = threshold * (1 - 1e-6);  // what rounding may take off
    forward_backward(chain, sequence, work, true, [&](auto system) {
        using S = decltype(system);
        InsideSpan<S> inside(chain, sequence, work, labelling);
        std::vector<OpenSpan> open;
        for_each_window<S>(chain, sequence, work, [&](const Window& window) {
            inside.enter(window);
            std::vector<OpenSpan> still_open;
            const auto follow = [&](int64_t id, const Label& label, int64_t start, int64_t t) {
                for (; inside.probability_so_far(label, t) >= bound; inside.go_on(label, t)) {
                    const double probability = inside.probability_of_end(label, t);
                    if (probability >= threshold) likely.add({first + start, first + t + 1, id}, probability);
                    if (++t == sequence.length) return;
                    if (t == window.last) {
                        still_open.push_back({{start, t, id}, &label, inside.state(label), nullptr});
                        return;
                    }
                }
            };
            for (const OpenSpan& one : open) {
                inside.go_on_from(one.state, *one.label, window.first);
                follow(one.span.label, *one.label, one.span.start, window.first);
            }
            for (const auto& [id, label] : labelling.labels)
                for (int64_t start = window.first; start < window.last; start++) {
                    if (inside.probability_of_tags(label, start) < bound) continue;
                    inside.begin(label, start);
                    follow(id, label, start, start);
                }
            open.swap(still_open);
        });
    });
}
