// The gradient of a batch.
#pragma once
#include "windows.hh"

namespace bio_crf {

// Gradients of the shared parameters are summed as integers, in units of 2^-36: then the sum does not depend on the order
// of the sequences. The kernels add to them, in gradient_sums.hh.
struct Gradient {
    static constexpr int GRID_BITS = 36;
    const Tiles& tiles;
    std::vector<int64_t> starts, steps, ends;  // steps: as those of the chain lie
    int n_tags;
    float* emissions;

    Gradient(const Chain& chain, float* emissions)
        : tiles(chain.step.tiles), starts(chain.width), steps(tiles.size), ends(chain.width), n_tags(chain.n_tags),
          emissions(emissions) {}

    void add_nothing(int64_t first, int64_t n) {
        std::fill(emissions + first * n_tags, emissions + (first + n) * n_tags, 0.0f);
    }
    void write_shared(float* start, float* step, float* end) const {
        const auto off_grid = [](int64_t sum) { return float(std::ldexp(double(sum), -GRID_BITS)); };
        std::transform(starts.begin(), starts.begin() + n_tags, start, off_grid);
        std::transform(ends.begin(), ends.begin() + n_tags, end, off_grid);
        std::fill(step, step + size_t(n_tags) * n_tags, 0.0f);
        tiles.for_each_cell([&](int i, int j, size_t place) {
            if (i < n_tags && j < n_tags) step[size_t(i) * n_tags + j] = off_grid(steps[place]);
        });
    }
};

}  // namespace bio_crf
