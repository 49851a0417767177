// The gradient of a batch.
#pragma once
#include "windows.hh"

namespace bio_crf {

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

    // The marginals of a window of a sequence, whose first token is `first`, and which has n.
    void add_tokens(int64_t first, int64_t n, const Window& window, const Rows& marginals) {
        for (int64_t t = window.first; t < window.last; t++)
            for (int j = 0; j < n_tags; j++) emissions[(first + t) * n_tags + j] = float(marginals[t][j]);
        if (window.first == 0)
            for (int j = 0; j < n_tags; j++) starts[j] += on_grid(marginals[0][j]);
        if (window.last == n)
            for (int j = 0; j < n_tags; j++) ends[j] += on_grid(marginals[n - 1][j]);
    }
    void add_steps(const Rows& expected) {
        for (size_t place = 0; place < tiles.size; place++) steps[place] += on_grid(expected.data()[place]);
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

}  // namespace bio_crf
