// The kernels, compiled once per instruction set, and the choice among them when the module is loaded.
#pragma once
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "block.hh"

namespace bio_crf {

struct Kernels {
    const char* name;
    void (*forward)(
        const Maxout&, const Norm&, const Rows&, const Windows&, const float* X, const float* dropout,
        const float* residual, float* Y, const Trace&
    );
    void (*backward)(
        const Maxout&, const Norm&, const Rows&, const Windows&, const float* X, const float* dropout, const float* dY,
        const Trace&, float* dX, const Gradients&
    );
};

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are passed inside this file only
inline int lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
#else
inline int lowest_bit(uint64_t bits) {
    int place = 0;
    while (!(bits >> place & 1)) place++;
    return place;
}
#endif

// Any compiler, any processor: 16-byte vectors where the compiler has them, plain loops elsewhere.
namespace baseline {
#define LANES 4
#define NAME "baseline"
#include "kernels.hh"
#undef LANES
#undef NAME
}  // namespace baseline

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(SPACY_BIO_CRF_PORTABLE)
#define BIO_CRF_X86

#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi")
namespace avx2 {
#define LANES 8
#define NAME "avx2"
#include "kernels.hh"
#undef LANES
#undef NAME
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,avx512f,avx512dq,avx512vl,avx512bw")
namespace avx512 {
#define LANES 16
#define NAME "avx512"
#include "kernels.hh"
#undef LANES
#undef NAME
}  // namespace avx512
#pragma GCC pop_options
#endif

// The widest first. Only those that this processor can run.
inline std::vector<const Kernels*> available_kernels() {
    std::vector<const Kernels*> available;
#ifdef BIO_CRF_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        available.push_back(&avx512::KERNELS);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi"))
        available.push_back(&avx2::KERNELS);
#endif
    available.push_back(&baseline::KERNELS);
    return available;
}

}  // namespace bio_crf
