// Which rows of keys are equal.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace bio_crf {

// `first` gets the place of the first row of each kind, and `which` of N rows tells the kind of each.
inline void distinct_rows(const uint64_t* keys, int64_t n_rows, int64_t width, int32_t* which, std::vector<int32_t>& first) {
    size_t size = 16;
    while (size < static_cast<size_t>(2 * n_rows)) size *= 2;
    std::vector<int32_t> kinds(size, -1);
    for (int64_t n = 0; n < n_rows; n++) {
        const uint64_t* row = keys + n * width;
        uint64_t hash = 0;
        for (int64_t i = 0; i < width; i++) {
            hash = (hash ^ row[i]) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 29;
        }
        size_t slot = hash & (size - 1);
        while (kinds[slot] >= 0 && !std::equal(row, row + width, keys + first[kinds[slot]] * width))
            slot = (slot + 1) & (size - 1);
        if (kinds[slot] < 0) {
            kinds[slot] = static_cast<int32_t>(first.size());
            first.push_back(static_cast<int32_t>(n));
        }
        which[n] = kinds[slot];
    }
}

}  // namespace bio_crf
