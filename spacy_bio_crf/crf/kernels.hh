// The kernels of one instruction set; its namespace and LANES are those of the including file, targets.hh.
#include "simd.hh"
#include "number_systems.hh"
#include "emissions.hh"
#include "forward_backward.hh"
#include "expectations.hh"
#include "gradient_sums.hh"
#include "expected_value.hh"
#include "entropy.hh"
#include "sample.hh"
#include "spans.hh"
#include "viterbi.hh"

static const Kernels KERNELS = {NAME,      all_finite,     log_partition, expectations, marginals, add_tokens,
                               add_steps, expected_value, entropy,       sample,       best_path, span_probabilities,
                               likely_spans};
