// Ragged batches: each sequence by itself, and the sums over all of them.
#pragma once
#include "k_best.hh"
#include "targets.hh"
#include <cstring>

namespace bio_crf {

struct Batch {
    int n_tags;
    int64_t n_sequences;
    const int64_t* lengths;
    const float* emissions;
    const uint8_t* allowed;  // or null

    Workspace workspace(const Chain& chain, bool with_backward) const {
        return Workspace(chain, lengths, n_sequences, with_backward);
    }
    Sequence sequence(int64_t b, int64_t first) const {
        return {int64_t(lengths[b]), emissions + first * n_tags, allowed ? allowed + first * n_tags : nullptr, nullptr};
    }
    // each(b, index of its first token, sequence)
    template <class Each>
    void for_each(Each each) const {
        int64_t first = 0;
        for (int64_t b = 0; b < n_sequences; first += lengths[b++]) each(b, first, sequence(b, first));
    }
};

inline void log_partition(const Kernels& kernels, const Chain& chain, const Batch& batch, double* log_z) {
    Workspace work = batch.workspace(chain, false);
    batch.for_each([&](int64_t b, int64_t, const Sequence& sequence) {
        log_z[b] = sequence.length ? kernels.log_partition(chain, sequence, work) : 0.0;
    });
}

inline void marginals(const Kernels& kernels, const Chain& chain, const Batch& batch, double* log_z, Gradient& gradient) {
    Workspace work = batch.workspace(chain, true);
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        log_z[b] = sequence.length ? kernels.expectations(chain, sequence, work) : 0.0;
        if (sequence.length == 0 || log_z[b] == -INF) return gradient.add_nothing(first, sequence.length);
        const Windows windows(sequence.length);
        for (int64_t w = 0; w < windows.count(); w++) {
            kernels.marginals(chain, sequence, work, windows[w]);
            kernels.add_tokens(chain, sequence, work, windows[w], first, gradient);
        }
        kernels.add_steps(work, gradient);
    });
}

// -inf if the path takes what is forbidden. path: by token, and asked in order
template <class Path>
double path_score(const Chain& chain, const Sequence& sequence, Path&& path) {
    if (sequence.length == 0) return 0.0;
    const auto emission = [&](int64_t t, int tag) {
        const int64_t cell = t * chain.n_tags + tag;
        return sequence.allowed && !sequence.allowed[cell] ? -INF : sequence.emissions[cell];
    };
    int before = int(path[0]);
    double score = chain.start.logs.data()[before] + emission(0, before);
    for (int64_t t = 1; t < sequence.length; t++) {
        const int tag = int(path[t]);
        const size_t place = chain.step.tiles.at(before, tag);
        score += place == Tiles::NOWHERE ? -INF : chain.step.numbers.logs.data()[place];
        score += emission(t, tag);
        before = tag;
    }
    return score + chain.end.logs.data()[before];
}

enum class Gold { ANYTHING, ONE_PATH, LATTICE };

// How many of n booleans are true, and the sum of their places: eight at a time, summed in the highest byte of a product.
struct True {
    int count = 0, places = 0;

    True(const uint8_t* values, int n) {
        constexpr uint8_t PLACES[] = {7, 6, 5, 4, 3, 2, 1, 0};
        uint64_t weights, eight;
        std::memcpy(&weights, PLACES, 8);
        int j = 0;
        for (; j + 8 <= n; j += 8) {
            std::memcpy(&eight, values + j, 8);
            const int more = int(eight * 0x0101010101010101u >> 56);
            count += more;
            places += j * more + int(eight * weights >> 56);
        }
        for (; j < n; j++) {
            count += values[j];
            places += j * values[j];
        }
    }
};

inline Gold read_gold(const uint8_t* gold, int64_t length, int n_tags) {
    bool anything = true, one_path = true;
    for (int64_t t = 0; t < length && (anything || one_path); t++) {
        const int count = True(gold + t * n_tags, n_tags).count;
        anything &= count == n_tags;
        one_path &= count == 1;
    }
    return anything ? Gold::ANYTHING : one_path ? Gold::ONE_PATH : Gold::LATTICE;
}

// A path as its mask holds it: read a window at a time, when first asked for.
class GoldPath {
    const uint8_t* gold;
    int64_t n, n_tags, first = 0, last = 0;
    std::vector<int32_t>& tags;

public:
    GoldPath(const uint8_t* gold, int64_t n, int n_tags, std::vector<int32_t>& room)
        : gold(gold), n(n), n_tags(n_tags), tags(room) {}

    int32_t operator[](int64_t t) {
        if (t < first || t >= last) {
            first = t;
            last = std::min(n, t + int64_t(tags.size()));
            for (int64_t u = first; u < last; u++) tags[u - first] = True(gold + u * n_tags, n_tags).places;
        }
        return tags[t - first];
    }
};

// log Z less log Z of the gold lattice, and the gradient. Returns the first sequence that has no legal gold path, or -1.
inline int64_t loss(const Kernels& kernels, const Chain& chain, const Batch& batch, const uint8_t* gold, double* losses,
                    Gradient& gradient) {
    Workspace work = batch.workspace(chain, true);
    std::unique_ptr<Workspace> gold_work;
    std::vector<int32_t> path_room;
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        if (failed >= 0) return;
        const int64_t n = sequence.length;
        Sequence gold_sequence = sequence;
        gold_sequence.gold = gold + first * chain.n_tags;
        const Gold kind = read_gold(gold_sequence.gold, n, chain.n_tags);
        if (kind == Gold::ANYTHING) {
            losses[b] = 0.0;
            return gradient.add_nothing(first, n);
        }
        const Windows windows(n);
        path_room.resize(std::max<size_t>(path_room.size(), windows.rows()));
        GoldPath path(gold_sequence.gold, n, chain.n_tags, path_room);
        double gold_log_z;
        if (kind == Gold::ONE_PATH) {
            gold_log_z = path_score(chain, sequence, path);
        } else {
            if (!gold_work) gold_work.reset(new Workspace(batch.workspace(chain, true)));
            gold_log_z = kernels.expectations(chain, gold_sequence, *gold_work);
        }
        if (gold_log_z == -INF) {
            failed = b;
            return;
        }
        losses[b] = kernels.expectations(chain, sequence, work) - gold_log_z;
        for (int64_t w = 0; w < windows.count(); w++) {
            const Window window = windows[w];
            kernels.marginals(chain, sequence, work, window);
            if (kind == Gold::ONE_PATH) {
                for (int64_t t = window.first; t < window.last; t++) work.beta[t][path[t]] -= 1.0;
            } else {
                kernels.marginals(chain, gold_sequence, *gold_work, window);
                for (int64_t t = window.first; t < window.last; t++)
                    for (int j = 0; j < chain.n_tags; j++) work.beta[t][j] -= gold_work->beta[t][j];
            }
            kernels.add_tokens(chain, sequence, work, window, first, gradient);
        }
        double* steps = work.steps.data();
        if (kind == Gold::ONE_PATH) {
            int32_t before = path[0];
            for (int64_t t = 1; t < n; t++) {
                const int32_t tag = path[t];
                steps[chain.step.tiles.at(before, tag)] -= 1.0;
                before = tag;
            }
        } else {
            for (size_t place = 0; place < chain.step.tiles.size; place++) steps[place] -= gold_work->steps.data()[place];
        }
        kernels.add_steps(work, gradient);
    });
    return failed;
}

// Returns the first sequence that has no legal path, or -1.
inline int64_t entropy(const Kernels& kernels, const Chain& chain, const Batch& batch, double* nats) {
    Workspace work = batch.workspace(chain, true);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t, const Sequence& sequence) {
        nats[b] = sequence.length ? kernels.entropy(chain, sequence, work) : 0.0;
        if (nats[b] == -INF && failed < 0) failed = b;
    });
    return failed;
}

// uniforms, paths: count x n_tokens. Returns the first sequence that has no legal path, or -1.
inline int64_t sample(const Kernels& kernels, const Chain& chain, const Batch& batch, const double* uniforms,
                      int32_t* paths, int64_t count, int64_t n_tokens) {
    Workspace work = batch.workspace(chain, false);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        if (sequence.length == 0 || failed >= 0) return;
        if (kernels.sample(chain, sequence, work, uniforms + first, paths + first, count, n_tokens) == -INF) failed = b;
    });
    return failed;
}

// Returns the first sequence that has no legal path, or -1.
inline int64_t best_path(const Kernels& kernels, const Chain& chain, const Batch& batch, int32_t* paths, double* scores) {
    Workspace work = batch.workspace(chain, false);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        scores[b] = sequence.length ? kernels.best_path(chain, sequence, work, paths + first) : 0.0;
        if (scores[b] == -INF && failed < 0) failed = b;
    });
    return failed;
}

// paths: k x N, full of -1; scores: k x B, full of -inf. Returns the first sequence that has no legal path, or -1.
inline int64_t k_best(const Chain& chain, const Batch& batch, int64_t k, int32_t* paths, int64_t n_tokens, double* scores) {
    const std::vector<Ways> steps = Ways::into_tags(chain);
    const Ways end = Ways::to_end(chain);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        k_best(chain, steps, end, sequence, k, paths + first, n_tokens, scores + b, batch.n_sequences);
        if (scores[b] == -INF && failed < 0) failed = b;
    });
    return failed;
}

// values: N x n_tags, of which `unit` is the unit of the results. Returns the first sequence that has no legal path, or -1.
inline int64_t expected_value(const Kernels& kernels, const Chain& chain, const Batch& batch, const float* values,
                              double unit, double* expected, Gradient& gradient) {
    Workspace work = batch.workspace(chain, true);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        expected[b] = 0.0;
        if (sequence.length == 0 || failed >= 0) return;
        const float* worth = values + first * chain.n_tags;
        if (kernels.expected_value(chain, sequence, work, worth, unit, expected + b, gradient, first) == -INF) failed = b;
    });
    return failed;
}

inline void path_scores(const Chain& chain, const Batch& batch, const int64_t* paths, double* scores) {
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        scores[b] = path_score(chain, sequence, paths + first);
    });
}

// spans: sorted by sequence, in tokens of their sequence; counts: how many each sequence has. probabilities: full of 0.
inline void span_probabilities(const Kernels& kernels, const Chain& chain, const Batch& batch,
                               const Labelling& labelling, Spans spans, const int64_t* counts) {
    Workspace work = batch.workspace(chain, true);
    batch.for_each([&](int64_t b, int64_t, const Sequence& sequence) {
        spans.count = counts[b];
        if (spans.count) kernels.span_probabilities(chain, sequence, work, labelling, spans);
        spans.spans += spans.count;
        spans.probabilities += spans.count;
    });
}

inline void likely_spans(const Kernels& kernels, const Chain& chain, const Batch& batch, const Labelling& labelling,
                         double threshold, LikelySpans& likely) {
    Workspace work = batch.workspace(chain, true);
    batch.for_each([&](int64_t, int64_t first, const Sequence& sequence) {
        if (sequence.length) kernels.likely_spans(chain, sequence, work, labelling, threshold, first, likely);
    });
}

}  // namespace bio_crf
