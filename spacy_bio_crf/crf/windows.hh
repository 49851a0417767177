// Room to work in that does not grow with the sequence: the rows of one window of tokens at a time, computed again from
// the rows that are kept between the windows (checkpoints: Griewank 1992; Chen et al. 2016).
#pragma once
#include "chain.hh"

namespace bio_crf {

// Sequences of more than `whole` tokens are gone through in windows of `tokens`. Others are one window: nothing is computed
// twice.
struct WindowSizes {
    int64_t whole = 1 << 14, tokens = 1 << 10;
};
inline WindowSizes window_sizes;

struct Window {
    int64_t index, first, last;  // tokens [first, last)
};

class Windows {
    int64_t n, tokens, n_windows;

public:
    explicit Windows(int64_t n) : n(n), tokens(n), n_windows(n > 0) {
        if (n <= window_sizes.whole) return;
        tokens = window_sizes.tokens;
        n_windows = (n + tokens - 1) / tokens;
    }
    int64_t count() const { return n_windows; }
    // A window's rows, and those of the tokens on either side.
    int64_t rows() const { return n_windows > 1 ? tokens + 2 : n; }
    Window operator[](int64_t index) const { return {index, index * tokens, std::min(n, (index + 1) * tokens)}; }
};

// For the rows of any of these sequences.
struct Workspace {
    Rows emissions, alpha, beta, alpha_factors, beta_factors;  // by token, in the window
    Rows alpha_before, beta_after;                           // by window: the rows on either side, kept
    Rows steps, row;                                         // steps: as those of the chain lie
    bool in_log_space = false;

    Workspace(const Chain& chain, const int64_t* lengths, int64_t n_sequences, bool with_backward)
        : row(2, chain.width), width(chain.width) {
        int64_t n_rows = 0, n_windows = 0;
        for (int64_t b = 0; b < n_sequences; b++) {
            const Windows windows(lengths[b]);
            n_rows = std::max(n_rows, windows.rows());
            n_windows = std::max(n_windows, windows.count());
        }
        const size_t n_kept = n_windows > 1 ? n_windows : 0;
        emissions = Rows(n_rows, width);
        alpha = Rows(n_rows, width);
        alpha_factors = Rows(n_rows, 1);
        alpha_before = Rows(n_kept, width);
        if (!with_backward) return;
        beta = Rows(n_rows, width);
        beta_factors = Rows(n_rows, 1);
        beta_after = Rows(n_kept, width);
        steps = Rows(1, chain.step.tiles.size);
    }
    // Makes room for a window's rows, and puts alpha before the first of them.
    void enter(const Window& window) {
        const int64_t origin = std::max<int64_t>(window.first - 1, 0);
        for (Rows* rows : {&emissions, &alpha, &beta, &alpha_factors, &beta_factors}) rows->begin_at(origin);
        if (window.index > 0) copy(alpha_before[window.index], alpha[window.first - 1]);
    }
    void keep_alpha(const Window& window) { copy(alpha[window.last - 1], alpha_before[window.index + 1]); }
    void keep_beta(const Window& window) { copy(beta[window.first], beta_after[window.index - 1]); }
    void put_beta(const Window& window) { copy(beta_after[window.index], beta[window.last]); }

private:
    int width;
    void copy(const double* from, double* to) const { std::copy(from, from + width, to); }
};

}  // namespace bio_crf
