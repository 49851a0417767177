// The forward-backward algorithm (Rabiner 1989, section V.A for the scaling), in either number system.
// No include guard: see simd.hh.

// What the forward recursion gathers on its way.
template <class S>
struct Gathered {
    double log_z = 0.0;
    double scales = S::ONE;  // not yet in it, as a logarithm a token would take as long as all else
    Doubles least = broadcast(1.0);
};

// One of the two recursions. alpha[t, j]: total of the paths that are at tag j at token t. beta[t, i]: total of the ways to
// go on from tag i at token t.
template <class S, class Steps>
struct Recursion {
    const Steps steps;
    const RowsAt emissions, alpha, beta, alpha_factors, beta_factors;
    double* const after;  // room for a row
    Gathered<S> gathered;

    Recursion(const Steps& steps, const Workspace& work, const Gathered<S>& gathered)
        : steps(steps), emissions(work.emissions), alpha(work.alpha), beta(work.beta), alpha_factors(work.alpha_factors),
          beta_factors(work.beta_factors), after(work.row[0]), gathered(gathered) {}

    INLINE void first_alpha(const double* start) {
        for (int j = 0; j < steps.width; j += LANES) put(alpha[0] + j, S::times(load(start + j), load(emissions[0] + j)));
    }
    // Each row is divided by the total of the row before it: unlike its own total, that one is known early. Its inverse is
    // alpha_factors[t]. Returns false if there are no paths.
    INLINE bool next_alpha(int64_t t) {
        const double* before = alpha[t - 1];
        const double scale = S::total(steps.width, [&](int j) { return load(before + j); });
        gathered.scales = S::times(gathered.scales, scale);
        if (scale == S::ZERO) return false;
        if (S::is_extreme(gathered.scales)) {
            gathered.log_z += S::log(gathered.scales);
            gathered.scales = S::ONE;
        }
        const double factor = S::inverse(scale);
        alpha_factors[t][0] = factor;
        steps.forwards(before, [&](int j, Doubles sum) {
            put(alpha[t] + j, S::times(sum, S::times(load(emissions[t] + j), broadcast(factor))));
        });
        return true;
    }
    INLINE void last_beta(int64_t t, const double* end) { std::copy(end, end + steps.width, beta[t]); }
    // Each row is divided by the total of what it sums up, whose inverse is beta_factors[t].
    INLINE void beta_before(int64_t t) {
        for (int j = 0; j < steps.width; j += LANES)
            store(after + j, S::times(load(emissions[t + 1] + j), load(beta[t + 1] + j)));
        const double factor = S::inverse(S::total(steps.width, [&](int j) { return load(after + j); }));
        beta_factors[t][0] = factor;
        steps.backwards(after, [&](int i, Doubles sum) { put(beta[t] + i, S::times(sum, broadcast(factor))); });
    }

private:
    INLINE void put(double* to, Doubles x) {
        gathered.least = S::smallest(gathered.least, x);
        store(to, x);
    }
};
template <class S, class Run>
static inline void recur(const Chain& chain, const Workspace& work, Gathered<S>& gathered, Run run) {
    with_steps<S>(chain, [&](auto steps) {
        Recursion<S, decltype(steps)> recursion(steps, work, gathered);
        run(recursion);
        gathered = recursion.gathered;
    });
}

template <class S>
static void forward_rows(const Chain& chain, Workspace& work, const Window& window, Gathered<S>& gathered) {
    recur(chain, work, gathered, [&](auto& recursion) {
        int64_t t = window.first;
        if (t == 0) recursion.first_alpha(S::of(chain.start)), t++;
        while (t < window.last && recursion.next_alpha(t)) t++;
    });
}
// Wants the emissions of the window, and of the token after it.
template <class S>
static void backward_rows(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window,
                          Gathered<S>& gathered) {
    if (window.last < sequence.length) work.put_beta(window);
    recur(chain, work, gathered, [&](auto& recursion) {
        int64_t t = window.last - 1;
        if (window.last == sequence.length) recursion.last_beta(t--, S::of(chain.end));
        for (; t >= window.first; t--) recursion.beta_before(t);
    });
}
// Both side by side, which takes little longer than one: neither waits for the other.
template <class S>
static void all_rows(const Chain& chain, int64_t n, Workspace& work, Gathered<S>& gathered) {
    recur(chain, work, gathered, [&](auto& recursion) {
        recursion.first_alpha(S::of(chain.start));
        recursion.last_beta(n - 1, S::of(chain.end));
        for (int64_t t = 1; t < n && recursion.next_alpha(t); t++) recursion.beta_before(n - 1 - t);
    });
}

// Leaves the last window's rows of alpha; with_backward, those of beta too if there is one window only. Returns false if
// paths may have been lost.
template <class S>
static bool forward(const Chain& chain, const Sequence& sequence, Workspace& work, bool with_backward, double& log_z) {
    const int64_t n = sequence.length;
    const Windows windows(n);
    Gathered<S> gathered;
    gathered.log_z = S::shift(chain.start) + (n - 1) * S::shift(chain.step.numbers) + S::shift(chain.end);
    for (int64_t t = 0; windows.count() > 1 && t < n; t++) {  // before anything else is added, as in one window
        widen(chain, sequence, t, chain.width, work.row[0]);
        gathered.log_z += peak(work.row[0], chain.width);
    }
    for (int64_t w = 0; w < windows.count() && gathered.scales != S::ZERO; w++) {
        const Window window = windows[w];
        work.enter(window);
        double peaks = 0.0;
        double& sum = windows.count() > 1 ? peaks : gathered.log_z;
        if (!lift_emissions<S>(chain, sequence, work, window.first, window.last, sum)) return false;
        if (with_backward && windows.count() == 1) all_rows<S>(chain, n, work, gathered);
        else forward_rows<S>(chain, work, window, gathered);
        if (window.last < n) work.keep_alpha(window);
    }
    log_z = gathered.log_z + S::log(gathered.scales);
    if (log_z > -INF) log_z += S::log(S::total(chain.width, [&](int j) {
        return S::times(load(work.alpha[n - 1] + j), load(S::of(chain.end) + j));
    }));
    return lowest(gathered.least) >= FLOOR;
}

// Once more, the emissions of a window and of the token after it.
template <class S>
static void lift_again(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    double peaks = 0.0;
    work.enter(window);
    lift_emissions<S>(chain, sequence, work, window.first, std::min(window.last + 1, sequence.length), peaks);
}
template <class S>
static void forward_again(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    Gathered<S> gathered;
    lift_again<S>(chain, sequence, work, window);
    forward_rows<S>(chain, work, window, gathered);
}

// Leaves the first window's rows. Wants a log Z above -inf, and what forward left. Returns false if paths may have been
// lost.
template <class S>
static bool backward(const Chain& chain, const Sequence& sequence, Workspace& work) {
    const Windows windows(sequence.length);
    Gathered<S> gathered;
    for (int64_t w = windows.count() - 1; w >= 0 && windows.count() > 1; w--) {
        lift_again<S>(chain, sequence, work, windows[w]);
        backward_rows<S>(chain, sequence, work, windows[w], gathered);
        if (w > 0) work.keep_beta(windows[w]);
    }
    return lowest(gathered.least) >= FLOOR;
}

// Fills a window's rows of emissions, alpha and beta, and those of the token after it but alpha, unless there is one window
// only: then they are there from the beginning.
template <class S>
static void fill_rows(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    if (Windows(sequence.length).count() == 1) return;
    forward_again<S>(chain, sequence, work, window);
    Gathered<S> gathered;
    backward_rows<S>(chain, sequence, work, window, gathered);
}
template <class S, class Each>
static void for_each_window(const Chain& chain, const Sequence& sequence, Workspace& work, Each each) {
    const Windows windows(sequence.length);
    for (int64_t w = 0; w < windows.count(); w++) {
        fill_rows<S>(chain, sequence, work, windows[w]);
        each(windows[w]);
    }
}

// The total of all paths, seen from token t, where alpha and beta meet.
template <class S>
static double meet(const Chain& chain, const Workspace& work, int64_t t) {
    return S::total(chain.width, [&](int j) { return S::times(load(work.alpha[t] + j), load(work.beta[t] + j)); });
}

// log Z, by the first number system that holds the sequence. Unless log Z is -inf, calls finish with that number system,
// after alpha has been gone through, and, with_backward, beta too.
template <class Finish>
static double forward_backward(const Chain& chain, const Sequence& sequence, Workspace& work, bool with_backward,
                               Finish finish) {
    double log_z;
    const auto runs = [&](auto system) {
        using S = decltype(system);
        if (!forward<S>(chain, sequence, work, with_backward, log_z)) return false;
        if (log_z == -INF) return true;
        if (with_backward && !backward<S>(chain, sequence, work)) return false;
        finish(system);
        return true;
    };
    if (!(chain.fits_probabilities && runs(Probability()))) runs(LogSpace());
    return log_z;
}

static double log_partition(const Chain& chain, const Sequence& sequence, Workspace& work) {
    return forward_backward(chain, sequence, work, false, [](auto) {});
}
