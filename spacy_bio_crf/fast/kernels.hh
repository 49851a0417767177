// The kernels of one instruction set; its namespace and LANES are those of the including file, targets.hh.
#include "simd.hh"
#include "forward.hh"
#include "backward.hh"

static const Kernels KERNELS = {NAME, forward, backward};
