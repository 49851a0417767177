// The forward-backward algorithm (Rabiner 1989, section V.A for the scaling), in either number system.
// No include guard: see simd.hh.

// alpha[t, j]: total of the paths that are at tag j at token t. Each row is divided by the total of the row before it,
// which is alpha_scales[t]: unlike its own total, that one is known early. Returns false if paths may have been lost.
template <class S>
static bool forward(const Chain& chain, const Sequence& sequence, const Workspace& work, double& log_z) {
    const int64_t n = sequence.length;
    log_z = S::shift(chain.start) + (n - 1) * S::shift(chain.step.numbers) + S::shift(chain.end);
    if (!lift_emissions<S>(chain, sequence, work, log_z)) return false;

    Doubles least = broadcast(1.0);
    double scales = S::ONE;  // their product so far: a logarithm a token would take as long as all else
    const double* before = S::of(chain.start);
    for (int j = 0; j < chain.width; j += LANES) {
        const Doubles x = S::times(load(before + j), load(work.emissions[0] + j));
        least = S::smallest(least, x);
        store(work.alpha[0] + j, x);
    }
    for (int64_t t = 1; t < n; t++) {
        before = work.alpha[t - 1];
        const double scale = S::total(chain.width, [&](int j) { return load(before + j); });
        work.alpha_scales[t] = scale;
        scales = S::times(scales, scale);
        if (scale == S::ZERO) break;
        if (S::is_extreme(scales)) {
            log_z += S::log(scales);
            scales = S::ONE;
        }
        const Doubles inverse = broadcast(S::inverse(scale));
        product<S>(before, chain.step, [&](int j, Doubles sum) {
            const Doubles x = S::times(sum, S::times(load(work.emissions[t] + j), inverse));
            least = S::smallest(least, x);
            store(work.alpha[t] + j, x);
        });
    }
    log_z += S::log(scales);
    if (log_z > -INF) log_z += S::log(S::total(chain.width, [&](int j) {
        return S::times(load(work.alpha[n - 1] + j), load(S::of(chain.end) + j));
    }));
    return lowest(least) >= FLOOR;
}

// beta[t, i]: total of the ways to go on from tag i at token t. Each row is divided by the total of what it sums up,
// which is beta_scales[t]. Wants the emissions that forward left, and a log Z above -inf.
template <class S>
static bool backward(const Chain& chain, const Sequence& sequence, const Workspace& work) {
    Doubles least = broadcast(1.0);
    std::copy(S::of(chain.end), S::of(chain.end) + chain.width, work.beta[sequence.length - 1]);
    for (int64_t t = sequence.length - 2; t >= 0; t--) {
        double* after = work.row[0];
        for (int j = 0; j < chain.width; j += LANES)
            store(after + j, S::times(load(work.emissions[t + 1] + j), load(work.beta[t + 1] + j)));
        const double scale = S::total(chain.width, [&](int j) { return load(after + j); });
        work.beta_scales[t] = scale;
        const Doubles inverse = broadcast(S::inverse(scale));
        product<S>(after, chain.step_transposed, [&](int i, Doubles sum) {
            const Doubles x = S::times(sum, inverse);
            least = S::smallest(least, x);
            store(work.beta[t] + i, x);
        });
    }
    return lowest(least) >= FLOOR;
}

// The total of all paths, seen from token t, where alpha and beta meet.
template <class S>
static double meet(const Chain& chain, const Workspace& work, int64_t t) {
    return S::total(chain.width, [&](int j) { return S::times(load(work.alpha[t] + j), load(work.beta[t] + j)); });
}

// log Z, by the first number system that holds the sequence. Unless log Z is -inf, calls finish with that number system;
// with_backward, after beta is filled too.
template <class Finish>
static double forward_backward(const Chain& chain, const Sequence& sequence, const Workspace& work, bool with_backward,
                               Finish finish) {
    double log_z;
    const auto runs = [&](auto system) {
        using S = decltype(system);
        if (!forward<S>(chain, sequence, work, log_z)) return false;
        if (log_z == -INF) return true;
        if (with_backward && !backward<S>(chain, sequence, work)) return false;
        finish(system);
        return true;
    };
    if (!(chain.fits_probabilities && runs(Probability()))) runs(LogSpace());
    return log_z;
}

static double log_partition(const Chain& chain, const Sequence& sequence, const Workspace& work) {
    return forward_backward(chain, sequence, work, false, [](auto) {});
}
