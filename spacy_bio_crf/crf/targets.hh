// The kernels, compiled once per instruction set, and the choice among them when the module is loaded.
#pragma once
#include "gradient.hh"
#include "labelling.hh"
#include <cstring>

namespace bio_crf {

struct Kernels {
    const char* name;
    bool (*all_finite)(const float*, int64_t);
    double (*log_partition)(const Chain&, const Sequence&, Workspace&);
    double (*expectations)(const Chain&, const Sequence&, Workspace&);
    void (*marginals)(const Chain&, const Sequence&, Workspace&, const Window&);
    void (*add_tokens)(const Chain&, const Sequence&, const Workspace&, const Window&, int64_t, Gradient&);
    void (*add_steps)(const Workspace&, Gradient&);
    double (*expected_value)(const Chain&, const Sequence&, Workspace&, const float*, double, double*, Gradient&, int64_t);
    double (*entropy)(const Chain&, const Sequence&, Workspace&);
    double (*sample)(const Chain&, const Sequence&, Workspace&, const double*, int32_t*, int64_t, int64_t);
    double (*best_path)(const Chain&, const Sequence&, Workspace&, int32_t*);
    void (*span_probabilities)(const Chain&, const Sequence&, Workspace&, const Labelling&, const Spans&);
    void (*likely_spans)(const Chain&, const Sequence&, Workspace&, const Labelling&, double, int64_t, LikelySpans&);
};

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are passed inside this file only
#endif

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#else
#define INLINE inline
#endif

// Any compiler, any processor: 16-byte vectors where the compiler has them, plain loops elsewhere.
namespace baseline {
#define LANES 2
#define NAME "baseline"
#include "kernels.hh"
#undef LANES
#undef NAME
}  // namespace baseline

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(SPACY_BIO_CRF_PORTABLE)
#define BIO_CRF_X86

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define LANES 4
#define NAME "avx2"
#include "kernels.hh"
#undef LANES
#undef NAME
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")
namespace avx512 {
#define LANES 8
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
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) available.push_back(&avx2::KERNELS);
#endif
    available.push_back(&baseline::KERNELS);
    return available;
}

}  // namespace bio_crf
