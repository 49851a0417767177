// The forward-backward algorithm (Rabiner 1989, section V.A for the scaling), in either number system.
// No include guard: see simd.hh.

// What a recursion gathers on its way.
template <class S>
struct Gathered {
    double log_z = 0.0;
    double factors = S::ONE;  // not yet in it, as a logarithm a token would take as long as all else
    Doubles least = broadcast(1.0);
    bool any_path = true;
};

// alpha[t, j]: total of the paths that are at tag j at token t. beta[t, i]: total of the ways to go on from tag i at
// token t. The two recursions keep at hand what the next token asks for.
template <class S, class Steps>
class Recursion {
    const Steps steps;
    const RowsAt emissions, alpha, beta, alpha_factors, beta_factors;
    Doubles alpha_size, after_size;
    double *after, *room;  // emissions * beta of the token after

    INLINE void put(double* to, Doubles x) {
        gathered.least = S::smallest(gathered.least, x);
        store(to, x);
    }

public:
    Gathered<S> gathered;

    Recursion(const Steps& steps, const Workspace& work, const Gathered<S>& gathered)
        : steps(steps), emissions(work.emissions), alpha(work.alpha), beta(work.beta), alpha_factors(work.alpha_factors),
          beta_factors(work.beta_factors), after(work.row[0]), room(work.row[1]), gathered(gathered) {}

    INLINE void start_alpha(const double* start) {
        for (int j = 0; j < steps.width; j += LANES)
            put(alpha[0] + j, S::times(load(start + j), load(emissions[0] + j)));
        go_on_from_alpha(0);
    }
    INLINE void go_on_from_alpha(int64_t t) {
        alpha_size = broadcast(S::ZERO);
        for (int j = 0; j < steps.width; j += LANES)
            alpha_size = S::add_to_size(alpha_size, load(alpha[t] + j));
    }
    // Each row is scaled by the size of the row before it: unlike its own size, that one is known early. Returns false if
    // there are no paths.
    INLINE bool next_alpha(int64_t t) {
        const Doubles size = S::size(alpha_size), factor = S::factor(size);
        if (size[0] == S::ZERO) return gathered.any_path = false;
        alpha_factors[t][0] = factor[0];
        gathered.factors = S::times(gathered.factors, factor[0]);
        if (S::is_extreme(gathered.factors)) {
            gathered.log_z -= S::log(gathered.factors);
            gathered.factors = S::ONE;
        }
        alpha_size = broadcast(S::ZERO);
        steps.forwards(alpha[t - 1], [&](int j, Doubles sum) {
            const Doubles x = S::times(sum, S::times(load(emissions[t] + j), factor));
            alpha_size = S::add_to_size(alpha_size, x);
            put(alpha[t] + j, x);
        });
        return true;
    }

    INLINE void start_beta(int64_t t, const double* end) {
        std::copy(end, end + steps.width, beta[t]);
        go_on_from_beta(t);
    }
    INLINE void go_on_from_beta(int64_t t) {
        after_size = broadcast(S::ZERO);
        for (int i = 0; i < steps.width; i += LANES)
            look_ahead(after, i, S::times(load(emissions[t] + i), load(beta[t] + i)));
    }
    // Each row is scaled by the size of what it sums up.
    INLINE void beta_before(int64_t t) {
        const Doubles factor = S::factor(S::size(after_size));
        beta_factors[t][0] = factor[0];
        after_size = broadcast(S::ZERO);
        steps.backwards(after, [&](int i, Doubles sum) {
            const Doubles x = S::times(sum, factor);
            put(beta[t] + i, x);
            look_ahead(room, i, S::times(load(emissions[t] + i), x));
        });
        std::swap(after, room);
    }

private:
    INLINE void look_ahead(double* row, int i, Doubles x) {
        after_size = S::add_to_size(after_size, x);
        store(row + i, x);
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
        if (window.first == 0) recursion.start_alpha(S::of(chain.start));
        else recursion.go_on_from_alpha(window.first - 1);
        for (int64_t t = std::max<int64_t>(window.first, 1); t < window.last && recursion.next_alpha(t);) t++;
    });
}
// Wants the emissions of the window, and of the token after it.
template <class S>
static void backward_rows(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window,
                          Gathered<S>& gathered) {
    const bool at_end = window.last == sequence.length;
    if (!at_end) work.put_beta(window);
    recur(chain, work, gathered, [&](auto& recursion) {
        if (at_end) recursion.start_beta(window.last - 1, S::of(chain.end));
        else recursion.go_on_from_beta(window.last);
        for (int64_t t = window.last - (at_end ? 2 : 1); t >= window.first; t--) recursion.beta_before(t);
    });
}
// Both side by side, which takes little longer than one: neither waits for the other.
template <class S>
static void all_rows(const Chain& chain, int64_t n, Workspace& work, Gathered<S>& gathered) {
    recur(chain, work, gathered, [&](auto& recursion) {
        recursion.start_alpha(S::of(chain.start));
        recursion.start_beta(n - 1, S::of(chain.end));
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
        gathered.log_z += peak(work.row[0], chain.width)[0];
    }
    for (int64_t w = 0; w < windows.count() && gathered.any_path; w++) {
        const Window window = windows[w];
        work.enter(window);
        double peaks = 0.0;
        double& sum = windows.count() > 1 ? peaks : gathered.log_z;
        if (!lift_emissions<S>(chain, sequence, work, window.first, window.last, sum)) return false;
        if (with_backward && windows.count() == 1) all_rows<S>(chain, n, work, gathered);
        else forward_rows<S>(chain, work, window, gathered);
        if (window.last < n) work.keep_alpha(window);
    }
    log_z = -INF;
    if (gathered.any_path) log_z = gathered.log_z - S::log(gathered.factors) + S::log(S::total(chain.width, [&](int j) {
        return S::times(load(work.alpha[n - 1] + j), load(S::of(chain.end) + j));
    }));
    return lowest(gathered.least)[0] >= FLOOR;
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
    return lowest(gathered.least)[0] >= FLOOR;
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
