// A step of Adam with weight decay and averages, in one pass over memory: Thinc makes a dozen.
#pragma once
#include <cmath>
#include <cstddef>

namespace bio_crf {

#if defined(_MSC_VER)
#define RESTRICT __restrict
#else
#define RESTRICT __restrict__
#endif

struct AdamStep {
    float beta1, beta2, eps;
    float rate;   // with the corrections of both moments
    float decay;  // of the weights
    float fresh;  // share of the weights in the averages
};

// Each operation as Thinc has it, in its order, so that the results are the very same where no compiler fuses
// multiplications with additions; so it is compiled for the baseline alone, which memory does not let wider vectors beat.
// The gradient is 0 afterwards.
template <bool AVERAGED, bool DECAYING>
void adam_pass(
    const AdamStep step, std::size_t n, float* RESTRICT weights, float* RESTRICT gradient, float* RESTRICT mom1,
    float* RESTRICT mom2, float* RESTRICT averages
) {
    const float fresh1 = 1 - step.beta1, fresh2 = 1 - step.beta2;
    for (std::size_t i = 0; i < n; ++i) {
        const float d = gradient[i];
        const float m = mom1[i] * step.beta1 + d * fresh1;
        const float v = mom2[i] * step.beta2 + fresh2 * (d * d);
        float w = weights[i] + m / (std::sqrt(v) + step.eps) * -step.rate;
        if (DECAYING) w -= step.decay * w;
        mom1[i] = m, mom2[i] = v, weights[i] = w, gradient[i] = 0;
        if (AVERAGED) averages[i] -= step.fresh * (averages[i] - w);
    }
}

// `averages` is null where there are none.
inline void adam(
    const AdamStep& step, std::size_t n, float* weights, float* gradient, float* mom1, float* mom2, float* averages
) {
    const auto pass = averages ? (step.decay ? adam_pass<true, true> : adam_pass<true, false>)
                               : (step.decay ? adam_pass<false, true> : adam_pass<false, false>);
    pass(step, n, weights, gradient, mom1, mom2, averages);
}

}  // namespace bio_crf
