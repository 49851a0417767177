// The forward-backward algorithm (Rabiner 1989, section V.A for the scaling), in either number system.
// No include guard: see simd.hh.

// What the forward recursion gathers on its way.
template <class S>
struct Gathered {
    double log_z = 0.0;
    double scales = S::ONE;  // not yet in it, as a logarithm a token would take as long as all else
    Doubles least = broadcast(1.0);
};

// alpha[t, j]: total of the paths that are at tag j at token t. Each row is divided by the total of the row before it,
// which is alpha_scales[t]: unlike its own total, that one is known early.
template <class S>
static void forward_rows(const Chain& chain, Workspace& work, const Window& window, Gathered<S>& gathered) {
    Doubles least = gathered.least;
    double scales = gathered.scales;
    if (window.first == 0) {
        const double* start = S::of(chain.start);
        for (int j = 0; j < chain.width; j += LANES) {
            const Doubles x = S::times(load(start + j), load(work.emissions[0] + j));
            least = S::smallest(least, x);
            store(work.alpha[0] + j, x);
        }
    }
    for (int64_t t = std::max<int64_t>(window.first, 1); t < window.last; t++) {
        const double* before = work.alpha[t - 1];
        const double scale = S::total(chain.width, [&](int j) { return load(before + j); });
        work.alpha_scales[t][0] = scale;
        scales = S::times(scales, scale);
        if (scale == S::ZERO) break;
        if (S::is_extreme(scales)) {
            gathered.log_z += S::log(scales);
            scales = S::ONE;
        }
        const Doubles inverse = broadcast(S::inverse(scale));
        product<S>(before, chain.step, [&](int j, Doubles sum) {
            const Doubles x = S::times(sum, S::times(load(work.emissions[t] + j), inverse));
            least = S::smallest(least, x);
            store(work.alpha[t] + j, x);
        });
    }
    gathered.least = least;
    gathered.scales = scales;
}

// Leaves the last window's rows. Returns false if paths may have been lost.
template <class S>
static bool forward(const Chain& chain, const Sequence& sequence, Workspace& work, double& log_z) {
    const int64_t n = sequence.length;
    const Windows windows(n);
    Gathered<S> gathered;
    gathered.log_z = S::shift(chain.start) + (n - 1) * S::shift(chain.step.numbers) + S::shift(chain.end);
    for (int64_t t = 0; windows.count() > 1 && t < n; t++) {  // before anything else is added, as in one window
        widen(chain, sequence, t, work.row[0]);
        gathered.log_z += peak(chain, work.row[0]);
    }
    for (int64_t w = 0; w < windows.count() && gathered.scales != S::ZERO; w++) {
        const Window window = windows[w];
        work.enter(window);
        double peaks = 0.0;
        double& sum = windows.count() > 1 ? peaks : gathered.log_z;
        if (!lift_emissions<S>(chain, sequence, work, window.first, window.last, sum)) return false;
        forward_rows<S>(chain, work, window, gathered);
        if (window.last < n) work.keep_alpha(window);
    }
    log_z = gathered.log_z + S::log(gathered.scales);
    if (log_z > -INF) log_z += S::log(S::total(chain.width, [&](int j) {
        return S::times(load(work.alpha[n - 1] + j), load(S::of(chain.end) + j));
    }));
    return lowest(gathered.least) >= FLOOR;
}

// beta[t, i]: total of the ways to go on from tag i at token t. Each row is divided by the total of what it sums up,
// which is beta_scales[t]. Wants the emissions of the window, and of the token after it.
template <class S>
static void backward_rows(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window,
                          Doubles& lowest_so_far) {
    Doubles least = lowest_so_far;
    int64_t t = window.last - 1;
    if (window.last < sequence.length) work.put_beta(window);
    else std::copy(S::of(chain.end), S::of(chain.end) + chain.width, work.beta[t--]);
    for (; t >= window.first; t--) {
        double* after = work.row[0];
        for (int j = 0; j < chain.width; j += LANES)
            store(after + j, S::times(load(work.emissions[t + 1] + j), load(work.beta[t + 1] + j)));
        const double scale = S::total(chain.width, [&](int j) { return load(after + j); });
        work.beta_scales[t][0] = scale;
        const Doubles inverse = broadcast(S::inverse(scale));
        product<S>(after, chain.step_transposed, [&](int i, Doubles sum) {
            const Doubles x = S::times(sum, inverse);
            least = S::smallest(least, x);
            store(work.beta[t] + i, x);
        });
    }
    lowest_so_far = least;
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
    Doubles least = broadcast(1.0);
    for (int64_t w = windows.count() - 1; w >= 0; w--) {
        if (windows.count() > 1) lift_again<S>(chain, sequence, work, windows[w]);
        backward_rows<S>(chain, sequence, work, windows[w], least);
        if (w > 0) work.keep_beta(windows[w]);
    }
    return lowest(least) >= FLOOR;
}

// Fills a window's rows of emissions, alpha and beta, and those of the token after it but alpha, unless there is one window
// only: then they are there from the beginning.
template <class S>
static void fill_rows(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    if (Windows(sequence.length).count() == 1) return;
    forward_again<S>(chain, sequence, work, window);
    Doubles least = broadcast(1.0);
    backward_rows<S>(chain, sequence, work, window, least);
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
        if (!forward<S>(chain, sequence, work, log_z)) return false;
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
