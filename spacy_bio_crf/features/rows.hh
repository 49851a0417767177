// Work on the rows of a table of scores that a batch touches. Shapes: rows[N, F], values[R, K], sums[N, K].
#pragma once
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "prefetch.hh"

// The sum of the rows of each token; a row of -1 is none.
inline void sum_rows(const std::int32_t* rows, std::size_t N, std::size_t F, const float* values, std::size_t K, float* sums) {
    constexpr std::size_t ahead = 8;
    const std::size_t total = N * F;
    for (std::size_t n = 0; n < N; ++n) {
        float* sum = sums + n * K;
        for (std::size_t k = 0; k < K; ++k) sum[k] = 0;
        for (std::size_t i = n * F; i < (n + 1) * F; ++i) {
            if (i + ahead < total && rows[i + ahead] >= 0) PREFETCH(values + rows[i + ahead] * K);
            if (rows[i] < 0) continue;
            const float* value = values + rows[i] * K;
            for (std::size_t k = 0; k < K; ++k) sum[k] += value[k];
        }
    }
}

// Which rows occur, each once, in the order in which they do; `places[R]` tells where each stands among them. It is all -1
// before, and to be made so again.
inline void distinct_rows(const std::int32_t* rows, std::size_t n, std::int32_t* places, std::vector<std::int32_t>& distinct) {
    for (std::size_t i = 0; i < n; ++i) {
        if (rows[i] < 0 || places[rows[i]] >= 0) continue;
        places[rows[i]] = static_cast<std::int32_t>(distinct.size());
        distinct.push_back(rows[i]);
    }
}

// The transpose of `sum_rows`, into the gradients of the distinct rows only.
inline void add_to_rows(
    const std::int32_t* rows, std::size_t N, std::size_t F, const std::int32_t* places, const float* d_sums, std::size_t K,
    float* gradient
) {
    for (std::size_t n = 0; n < N; ++n) {
        const float* d_sum = d_sums + n * K;
        for (std::size_t i = n * F; i < (n + 1) * F; ++i) {
            if (rows[i] < 0) continue;
            float* d_row = gradient + places[rows[i]] * K;
            for (std::size_t k = 0; k < K; ++k) d_row[k] += d_sum[k];
        }
    }
}

// A step of AdaGrad (Duchi et al. 2011, diagonal) on the touched rows, and on their averages. A row is only looked at when
// it is touched: what its average would have become meanwhile has a closed form, since the value stood still:
//     average = value + (average - value) * product of the decays since
// with `log_decays[t]` the sum of the logarithms of all decays up to step t. Without averages, `averages` is null.
struct Step {
    float rate, damping;
    std::int64_t now;  // number of this step, from 1
    const double* log_decays;
};

inline void adagrad(
    const Step& step, const std::int32_t* touched, std::size_t U, std::size_t K, const float* gradient,
    float* values, float* squares, float* averages, std::int64_t* seen
) {
    constexpr std::size_t ahead = 4;
    const float fresh = static_cast<float>(std::exp(step.log_decays[step.now] - step.log_decays[step.now - 1]));
    for (std::size_t u = 0; u < U; ++u) {
        if (u + ahead < U) {
            const std::size_t next = touched[u + ahead] * K;
            PREFETCH(values + next);
            PREFETCH(squares + next);
            if (averages) PREFETCH(averages + next);
        }
        const std::size_t row = touched[u];
        const float* d = gradient + u * K;
        float *value = values + row * K, *square = squares + row * K, *average = averages ? averages + row * K : nullptr;
        if (average) {
            const float kept = static_cast<float>(std::exp(step.log_decays[step.now - 1] - step.log_decays[seen[row]]));
            for (std::size_t k = 0; k < K; ++k) average[k] = value[k] + (average[k] - value[k]) * kept;
        }
        for (std::size_t k = 0; k < K; ++k) {
            square[k] += d[k] * d[k];
            value[k] -= step.rate * d[k] / std::sqrt(square[k] + step.damping + FLT_MIN);  // 0 by 0 is no step
        }
        if (average) {
            for (std::size_t k = 0; k < K; ++k) average[k] = value[k] + (average[k] - value[k]) * fresh;
        }
        seen[row] = step.now;
    }
}

// Averages of the rows as they are now: `kept[R]` tells how much of the stored ones is left.
inline void average_rows(const float* values, const float* averages, const float* kept, std::size_t R, std::size_t K, float* out) {
    for (std::size_t r = 0; r < R; ++r) {
        for (std::size_t i = r * K; i < (r + 1) * K; ++i) out[i] = values[i] + (averages[i] - values[i]) * kept[r];
    }
}

// Takes the median of its row off each value, and sets what is then under `smallest` to 0.
inline void compact_rows(const float* values, std::size_t R, std::size_t K, float smallest, float* out) {
    std::vector<float> sorted(K);
    const auto middle = sorted.begin() + K / 2;
    for (std::size_t r = 0; r < R; ++r) {
        const float* value = values + r * K;
        float *kept = out + r * K, largest = 0, sum = 0;
        for (std::size_t k = 0; k < K; ++k) {
            largest = std::max(largest, std::fabs(value[k]));
            sum += value[k];
        }
        if (std::isnan(sum)) {  // has no order, and is not to be taken for a row that says nothing
            std::copy(value, value + K, kept);
            continue;
        }
        if (2 * largest < smallest) {  // and so is each distance from the median
            std::fill(kept, kept + K, 0.0f);
            continue;
        }
        sorted.assign(value, value + K);
        std::nth_element(sorted.begin(), middle, sorted.end());
        const float median = K % 2 ? *middle : (*middle + *std::max_element(sorted.begin(), middle)) / 2;
        for (std::size_t k = 0; k < K; ++k) {
            kept[k] = value[k] - median;
            if (std::fabs(kept[k]) < smallest) kept[k] = 0;
        }
    }
}
