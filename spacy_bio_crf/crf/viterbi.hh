// The Viterbi algorithm (Viterbi 1967). No include guard: see simd.hh.

// The lowest i with the highest x[i] + y[i]; y lies in pieces.
static inline int argmax_of_sum(const double* x, const double* y, const Tiles::Piece* piece, const Tiles::Piece* last) {
    Doubles top = broadcast(-INF);
    for (const Tiles::Piece* p = piece; p < last; p++)
        for (int i = 0; i < p->width; i += LANES) top = max(top, load(x + p->column + i) + load(y + p->at + i));
    const double best = highest(top)[0];
    for (; piece < last; piece++)
        for (int i = 0; i < piece->width; i++)
            if (x[piece->column + i] + y[piece->at + i] == best) return piece->column + i;
    return 0;
}

// delta[t, j]: the highest score of the paths that are at tag j at token t.
static void best_prefixes(const Chain& chain, const Sequence& sequence, Workspace& work, const Window& window) {
    const Rows& delta = work.alpha;
    work.enter(window);
    if (window.first == 0) {
        widen(chain, sequence, 0, chain.width, delta[0]);
        for (int j = 0; j < chain.width; j += LANES)
            store(delta[0] + j, load(chain.start.logs.data() + j) + load(delta[0] + j));
    }
    with_steps<MaxPlus>(chain, [&](auto steps) {
        const RowsAt rows = delta;
        for (int64_t t = std::max<int64_t>(window.first, 1); t < window.last; t++) {
            double* row = rows[t];
            widen(chain, sequence, t, steps.width, row);
            steps.forwards(rows[t - 1], [&](int j, Doubles best) { store(row + j, best + load(row + j)); });
        }
    });
}

// The best path's score, or -inf if there is none. Of equals, the lowest last tag, then the lowest last but one ...
// Only the scores of prefixes are kept: which one was best is asked again, for the tags on the path alone.
static double best_path(const Chain& chain, const Sequence& sequence, Workspace& work, int32_t* path) {
    const int64_t n = sequence.length;
    const Windows windows(n);
    const Rows& delta = work.alpha;
    for (int64_t w = 0; w < windows.count(); w++) {
        best_prefixes(chain, sequence, work, windows[w]);
        if (windows[w].last < n) work.keep_alpha(windows[w]);
    }
    const Tiles::Piece end = {0, chain.width, 0};
    path[n - 1] = argmax_of_sum(delta[n - 1], chain.end.logs.data(), &end, &end + 1);
    const double score = delta[n - 1][path[n - 1]] + chain.end.logs.data()[path[n - 1]];
    if (score == -INF) return score;
    const Tiles& tiles = chain.step_transposed.tiles;
    const double* step = chain.step_transposed.numbers.logs.data();
    for (int64_t w = windows.count() - 1; w >= 0; w--) {
        const Window window = windows[w];
        if (window.last < n) best_prefixes(chain, sequence, work, window);
        for (int64_t t = std::min(window.last, n - 1); t > window.first; t--)
            path[t - 1] = argmax_of_sum(delta[t - 1], step, tiles.first_piece(path[t]), tiles.first_piece(path[t] + 1));
    }
    return score;
}
