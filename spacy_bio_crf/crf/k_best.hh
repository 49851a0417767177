// The k best paths: Viterbi with a list of the k best prefixes in place of each maximum.
#pragma once
#include "chain.hh"

namespace bio_crf {

struct Prefix {
    double score;
    int32_t tag, rank;  // which of the prefixes of which tag, one token earlier, it extends
};

// The k best of one list per tag, each list sorted: a heap of the lists' heads. Equals go by the lowest tag.
class Merge {
    std::vector<Prefix> heap;
    static bool worse(const Prefix& a, const Prefix& b) {
        return a.score < b.score || (a.score == b.score && a.tag > b.tag);
    }

public:
    // lists: n_tags lists of k prefixes, ended by one of score -inf where shorter. step: what each tag adds.
    void operator()(const Prefix* lists, int n_tags, int64_t k, const double* step, double bonus, Prefix* out) {
        heap.clear();
        const auto push = [&](int32_t tag, int32_t rank) {
            if (rank == k) return;
            const double score = lists[tag * k + rank].score + step[tag];
            if (score == -INF) return;
            heap.push_back({score, tag, rank});
            std::push_heap(heap.begin(), heap.end(), worse);
        };
        for (int i = 0; i < n_tags; i++) push(i, 0);
        for (int64_t rank = 0; rank < k; rank++) {
            if (heap.empty()) {
                out[rank] = {-INF, 0, 0};
                return;
            }
            std::pop_heap(heap.begin(), heap.end(), worse);
            const Prefix best = heap.back();
            heap.pop_back();
            out[rank] = {best.score + bonus, best.tag, best.rank};
            push(best.tag, best.rank + 1);
        }
    }
};

// Fills paths[rank * stride + t] and scores[rank * score_stride] as far as there are legal paths.
inline void k_best(const Chain& chain, const Sequence& sequence, int64_t k, int32_t* paths, int64_t stride,
                   double* scores, int64_t score_stride) {
    const int64_t n = sequence.length, n_tags = chain.n_tags;
    if (n == 0) {
        scores[0] = 0.0;
        return;
    }
    std::vector<Prefix> table(n * n_tags * k, Prefix{-INF, 0, 0}), ends(k, Prefix{-INF, 0, 0});
    Merge merge;
    for (int64_t t = 0; t < n; t++) {
        for (int j = 0; j < n_tags; j++) {
            if (sequence.allowed && !sequence.allowed[t * n_tags + j]) continue;
            const double emission = sequence.emissions[t * n_tags + j];
            const double* step = &chain.logs.step_transposed[size_t(j) * chain.width];
            Prefix* out = &table[(t * n_tags + j) * k];
            if (t == 0) out[0].score = chain.logs.start[j] + emission;
            else merge(&table[(t - 1) * n_tags * k], n_tags, k, step, emission, out);
        }
    }
    merge(&table[(n - 1) * n_tags * k], n_tags, k, chain.logs.end.data(), 0.0, ends.data());
    for (int64_t rank = 0; rank < k && ends[rank].score > -INF; rank++) {
        scores[rank * score_stride] = ends[rank].score;
        Prefix at = ends[rank];
        for (int64_t t = n - 1; t >= 0; t--) {
            paths[rank * stride + t] = at.tag;
            at = table[(t * n_tags + at.tag) * k + at.rank];
        }
    }
}

}  // namespace bio_crf
