// Ragged batches: each sequence by itself, and the sums over all of them.
#pragma once
#include "k_best.hh"
#include "targets.hh"
#include <cstring>

namespace bio_crf {

// By the exponent's bits: integers, unlike floats, may be or-ed in any order, so that compilers vectorise it.
inline bool all_finite(const float* values, int64_t n) {
    constexpr uint32_t EXPONENT = 0x7f800000;
    uint32_t wrong = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        wrong |= (bits & EXPONENT) == EXPONENT;
    }
    return !wrong;
}

struct Batch {
    int n_tags;
    int64_t n_sequences;
    const int64_t* lengths;
    const float* emissions;
    const uint8_t* allowed;  // or null

    int64_t longest() const {
        return n_sequences ? *std::max_element(lengths, lengths + n_sequences) : 0;
    }
    // The same sequences under another mask.
    Batch with(const uint8_t* mask) const { return {n_tags, n_sequences, lengths, emissions, mask}; }
    Sequence sequence(int64_t b, int64_t first) const {
        return {int64_t(lengths[b]), emissions + first * n_tags, allowed ? allowed + first * n_tags : nullptr};
    }
    // each(b, index of its first token, sequence)
    template <class Each>
    void for_each(Each each) const {
        int64_t first = 0;
        for (int64_t b = 0; b < n_sequences; first += lengths[b++]) each(b, first, sequence(b, first));
    }
};

// Gradients of a batch. Those of the shared parameters are summed as integers, in units of 2^-36: then the sum does not
// depend on the order of the sequences.
class Gradient {
    static constexpr double GRID = 68719476736.0;
    const Tiles& tiles;
    std::vector<int64_t> starts, steps, ends;  // steps: as those of the chain lie
    static int64_t on_grid(double x) { return std::llrint(x * GRID); }

public:
    int n_tags;
    float* emissions;

    Gradient(const Chain& chain, float* emissions)
        : tiles(chain.step.tiles), starts(chain.n_tags), steps(tiles.size), ends(chain.n_tags), n_tags(chain.n_tags),
          emissions(emissions) {}

    // marginals: of the n tokens from `first` on, n > 0
    void add(int64_t first, int64_t n, const Rows& marginals, const Rows& expected_steps) {
        for (int64_t t = 0; t < n; t++)
            for (int j = 0; j < n_tags; j++) emissions[(first + t) * n_tags + j] = float(marginals[t][j]);
        for (int j = 0; j < n_tags; j++) starts[j] += on_grid(marginals[0][j]);
        for (size_t place = 0; place < tiles.size; place++) steps[place] += on_grid(expected_steps.data()[place]);
        for (int j = 0; j < n_tags; j++) ends[j] += on_grid(marginals[n - 1][j]);
    }
    void add_nothing(int64_t first, int64_t n) {
        std::fill(emissions + first * n_tags, emissions + (first + n) * n_tags, 0.0f);
    }
    void write_shared(float* start, float* step, float* end) const {
        const auto off_grid = [](int64_t sum) { return float(double(sum) / GRID); };
        std::transform(starts.begin(), starts.end(), start, off_grid);
        std::transform(ends.begin(), ends.end(), end, off_grid);
        std::fill(step, step + size_t(n_tags) * n_tags, 0.0f);
        tiles.for_each_cell([&](int i, int j, size_t place) {
            if (i < n_tags && j < n_tags) step[size_t(i) * n_tags + j] = off_grid(steps[place]);
        });
    }
};

inline void subtract(const Rows& from, const Rows& what, int64_t n_rows, size_t width) {
    for (int64_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < width; j++) from[i][j] -= what[i][j];
}

inline void log_partition(const Kernels& kernels, const Chain& chain, const Batch& batch, double* log_z) {
    const Workspace work(chain, batch.longest(), false);
    batch.for_each([&](int64_t b, int64_t, const Sequence& sequence) {
        log_z[b] = sequence.length ? kernels.log_partition(chain, sequence, work) : 0.0;
    });
}

inline void marginals(const Kernels& kernels, const Chain& chain, const Batch& batch, double* log_z, Gradient& gradient) {
    const Workspace work(chain, batch.longest(), true);
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        log_z[b] = sequence.length ? kernels.expectations(chain, sequence, work) : 0.0;
        if (sequence.length == 0 || log_z[b] == -INF) gradient.add_nothing(first, sequence.length);
        else gradient.add(first, sequence.length, work.beta, work.steps);
    });
}

// -inf if the path takes what is forbidden.
inline double path_score(const Chain& chain, const Sequence& sequence, const int64_t* path) {
    if (sequence.length == 0) return 0.0;
    const auto emission = [&](int64_t t) {
        const int64_t cell = t * chain.n_tags + path[t];
        return sequence.allowed && !sequence.allowed[cell] ? -INF : sequence.emissions[cell];
    };
    double score = chain.start.logs.data()[path[0]] + emission(0);
    for (int64_t t = 1; t < sequence.length; t++) {
        const size_t place = chain.step.tiles.at(int(path[t - 1]), int(path[t]));
        score += place == Tiles::NOWHERE ? -INF : chain.step.numbers.logs.data()[place];
        score += emission(t);
    }
    return score + chain.end.logs.data()[path[sequence.length - 1]];
}

enum class Gold { ANYTHING, ONE_PATH, LATTICE };

// How many of n booleans are true: eight at a time, summed in the highest byte of a product.
inline int count_true(const uint8_t* values, int n) {
    int count = 0, j = 0;
    for (; j + 8 <= n; j += 8) {
        uint64_t eight;
        std::memcpy(&eight, values + j, 8);
        count += int(eight * 0x0101010101010101u >> 56);
    }
    for (; j < n; j++) count += values[j];
    return count;
}

// What a gold mask says of a sequence; fills the path, if it is one.
inline Gold read_gold(const uint8_t* gold, int64_t length, int n_tags, int64_t* path) {
    bool anything = true, one_path = true;
    for (int64_t t = 0; t < length && (anything || one_path); t++) {
        const uint8_t* row = gold + t * n_tags;
        const int count = count_true(row, n_tags);
        anything &= count == n_tags;
        one_path &= count == 1;
        if (count == 1) path[t] = static_cast<const uint8_t*>(std::memchr(row, 1, n_tags)) - row;
    }
    return anything ? Gold::ANYTHING : one_path ? Gold::ONE_PATH : Gold::LATTICE;
}

// log Z less log Z of the gold lattice, and the gradient. `gold` is the mask as given; `legal_gold` has what is not
// allowed taken out. Returns the first sequence that has no legal gold path, or -1.
inline int64_t loss(const Kernels& kernels, const Chain& chain, const Batch& batch, const uint8_t* gold,
                    const uint8_t* legal_gold, double* losses, Gradient& gradient) {
    const Workspace work(chain, batch.longest(), true);
    std::unique_ptr<Workspace> gold_work;
    std::vector<int64_t> path(batch.longest());
    const Batch gold_batch = batch.with(legal_gold);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        if (failed >= 0) return;
        const int64_t n = sequence.length;
        const Gold kind = read_gold(gold + first * chain.n_tags, n, chain.n_tags, path.data());
        if (kind == Gold::ANYTHING) {
            losses[b] = 0.0;
            return gradient.add_nothing(first, n);
        }
        double gold_log_z;
        if (kind == Gold::ONE_PATH) {
            gold_log_z = path_score(chain, sequence, path.data());
        } else {
            if (!gold_work) gold_work.reset(new Workspace(chain, batch.longest(), true));
            gold_log_z = kernels.expectations(chain, gold_batch.sequence(b, first), *gold_work);
        }
        if (gold_log_z == -INF) {
            failed = b;
            return;
        }
        losses[b] = kernels.expectations(chain, sequence, work) - gold_log_z;
        if (kind == Gold::ONE_PATH) {
            for (int64_t t = 0; t < n; t++) work.beta[t][path[t]] -= 1.0;
            for (int64_t t = 1; t < n; t++) work.steps.data()[chain.step.tiles.at(int(path[t - 1]), int(path[t]))] -= 1.0;
        } else {
            subtract(work.beta, gold_work->beta, n, chain.width);
            subtract(work.steps, gold_work->steps, 1, chain.step.tiles.size);
        }
        gradient.add(first, n, work.beta, work.steps);
    });
    return failed;
}

// Returns the first sequence that has no legal path, or -1.
inline int64_t entropy(const Kernels& kernels, const Chain& chain, const Batch& batch, double* nats) {
    const Workspace work(chain, batch.longest(), true);
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
    const Workspace work(chain, batch.longest(), false);
    int64_t failed = -1;
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        if (sequence.length == 0 || failed >= 0) return;
        if (kernels.sample(chain, sequence, work, uniforms + first, paths + first, count, n_tokens) == -INF) failed = b;
    });
    return failed;
}

// Returns the first sequence that has no legal path, or -1.
inline int64_t best_path(const Kernels& kernels, const Chain& chain, const Batch& batch, int32_t* paths, double* scores) {
    const Workspace work(chain, batch.longest(), false);
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

inline void path_scores(const Chain& chain, const Batch& batch, const int64_t* paths, double* scores) {
    batch.for_each([&](int64_t b, int64_t first, const Sequence& sequence) {
        scores[b] = path_score(chain, sequence, paths + first);
    });
}

// spans: sorted by sequence, in tokens of their sequence; counts: how many each sequence has. probabilities: full of 0.
inline void span_probabilities(const Kernels& kernels, const Chain& chain, const Batch& batch,
                               const Labelling& labelling, Spans spans, const int64_t* counts) {
    const Workspace work(chain, batch.longest(), true);
    batch.for_each([&](int64_t b, int64_t, const Sequence& sequence) {
        spans.count = counts[b];
        if (spans.count) kernels.span_probabilities(chain, sequence, work, labelling, spans);
        spans.spans += spans.count;
        spans.probabilities += spans.count;
    });
}

inline void likely_spans(const Kernels& kernels, const Chain& chain, const Batch& batch, const Labelling& labelling,
                         double threshold, LikelySpans& likely) {
    const Workspace work(chain, batch.longest(), true);
    batch.for_each([&](int64_t, int64_t first, const Sequence& sequence) {
        if (sequence.length) kernels.likely_spans(chain, sequence, work, labelling, threshold, first, likely);
    });
}

}  // namespace bio_crf
