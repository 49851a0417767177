// The k best paths: Viterbi with a list of the k best prefixes in place of each maximum.
#pragma once
#include "chain.hh"

namespace bio_crf {

struct Prefix {
    double score;
    int32_t tag, rank;  // which of the prefixes of which tag, one token earlier, it extends
};

// The tags that a legal step leads from, and its score.
struct Ways {
    struct Way {
        int32_t tag;
        double score;
    };
    std::vector<Way> ways;

    static std::vector<Ways> into_tags(const Chain& chain) {
        std::vector<Ways> result(chain.n_tags);
        const double* scores = chain.step_transposed.numbers.logs.data();
        chain.step_transposed.tiles.for_each_cell([&](int j, int i, size_t place) {
            if (scores[place] > -INF) result[j].ways.push_back({i, scores[place]});
        });
        return result;
    }
    static Ways to_end(const Chain& chain) {
        Ways result;
        for (int i = 0; i < chain.n_tags; i++)
            if (chain.end.logs.data()[i] > -INF) result.ways.push_back({i, chain.end.logs.data()[i]});
        return result;
    }
};

// The k best of one list per tag, each list sorted: a heap of the lists' heads. Equals go by the lowest tag.
class Merge {
    struct Head {
        double score;
        const Ways::Way* way;
        int32_t rank;
    };
    std::vector<Head> heap;
    static bool worse(const Head& a, const Head& b) {
        return a.score < b.score || (a.score == b.score && a.way->tag > b.way->tag);
    }

public:
    // lists: of each tag, k prefixes, ended by one of score -inf where shorter.
    void operator()(const Prefix* lists, int64_t k, const Ways& ways, double bonus, Prefix* out) {
        heap.clear();
        const auto add = [&](const Ways::Way& way, int32_t rank) {
            if (rank == k) return false;
            const double score = lists[way.tag * k + rank].score + way.score;
            if (score == -INF) return false;
            heap.push_back({score, &way, rank});
            return true;
        };
        for (const Ways::Way& way : ways.ways) add(way, 0);
        std::make_heap(heap.begin(), heap.end(), worse);
        for (int64_t rank = 0; rank < k; rank++) {
            if (heap.empty()) {
                out[rank] = {-INF, 0, 0};
                return;
            }
            std::pop_heap(heap.begin(), heap.end(), worse);
            const Head best = heap.back();
            heap.pop_back();
            out[rank] = {best.score + bonus, best.way->tag, best.rank};
            if (add(*best.way, best.rank + 1)) std::push_heap(heap.begin(), heap.end(), worse);
        }
    }
};

// Fills paths[rank * stride + t] and scores[rank * score_stride] as far as there are legal paths.
inline void k_best(const Chain& chain, const std::vector<Ways>& steps, const Ways& end, const Sequence& sequence, int64_t k,
                   int32_t* paths, int64_t stride, double* scores, int64_t score_stride) {
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
            Prefix* out = &table[(t * n_tags + j) * k];
            if (t == 0) out[0].score = chain.start.logs.data()[j] + emission;
            else merge(&table[(t - 1) * n_tags * k], k, steps[j], emission, out);
        }
    }
    merge(&table[(n - 1) * n_tags * k], k, end, 0.0, ends.data());
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
