// What the kernels are handed: the chain's parameters in two number systems, and a sequence.
#pragma once
#include "tiles.hh"

namespace bio_crf {

struct Chain {
    static constexpr int WHOLE = 24;  // so few tags have one block of all steps, legal or not
    int n_tags, width;
    Rows padding;  // -inf there, 0 elsewhere
    Numbers start, end;
    Matrix step, step_transposed;
    bool fits_probabilities;  // none of them below FLOOR

    Chain(int n_tags, const float* start_scores, const float* step_scores, const float* end_scores,
          const uint8_t* may_start, const uint8_t* may_step, const uint8_t* may_end, bool with_probabilities)
        : n_tags(n_tags), width(padded(n_tags)), padding(1, width), start(width), end(width), step(legal_tiles(n_tags, may_step)),
          step_transposed(transposed_tiles(n_tags, may_step)), fits_probabilities(with_probabilities) {
        for (int j = 0; j < width; j++) padding.data()[j] = j < n_tags ? 0.0 : -INF;
        for (int j = 0; j < n_tags; j++) {
            if (may_start[j]) start.logs.data()[j] = start_scores[j];
            if (may_end[j]) end.logs.data()[j] = end_scores[j];
        }
        for (int i = 0; i < n_tags; i++)
            for (const Tiles::Piece* piece = step.tiles.first_piece(i); piece < step.tiles.first_piece(i + 1); piece++)
                for (int j = piece->column; j < std::min(piece->column + piece->width, n_tags); j++)
                    if (may_step[size_t(i) * n_tags + j])
                        step.numbers.logs.data()[piece->at + j - piece->column] = step_scores[size_t(i) * n_tags + j];
        if (with_probabilities)
            for (Numbers* numbers : {&start, &end, &step.numbers}) fits_probabilities &= numbers->exponentiate();
        transpose(with_probabilities);
    }

private:
    void transpose(bool with_probabilities) {
        const Numbers& from = step.numbers;
        Numbers& to = step_transposed.numbers;
        if (with_probabilities) to.forbid_all();
        for (const Tiles::Block& block : step.tiles.blocks)
            for (int r = block.first_run; r < block.last_run; r++) {
                const Tiles::Run run = step.tiles.runs[r];
                for (int j = block.column; j < std::min(block.column + block.width, n_tags); j++) {
                    const Tiles::Piece* piece = step_transposed.tiles.first_piece(j);
                    size_t place = run.at + j - block.column;
                    for (int i = run.first; i < run.last; i++, place += block.width) {
                        if (from.logs.data()[place] == -INF) continue;
                        while (piece->column + piece->width <= i) piece++;
                        const size_t there = piece->at + i - piece->column;
                        to.logs.data()[there] = from.logs.data()[place];
                        if (with_probabilities) to.probabilities.data()[there] = from.probabilities.data()[place];
                    }
                }
            }
    }
    static Tiles legal_tiles(int n_tags, const uint8_t* legal) {
        return Tiles(n_tags, n_tags, [=](int i, int j) {
            const uint8_t *row = legal + size_t(i) * n_tags, *last = row + std::min(j + 8, n_tags);
            return n_tags <= WHOLE || std::find(row + j, last, 1) < last;
        });
    }
    static Tiles transposed_tiles(int n_tags, const uint8_t* legal) {
        return Tiles(n_tags, n_tags, [=](int j, int i) {
            uint8_t any = n_tags <= WHOLE;
            for (int row = i; row < std::min(i + 8, n_tags); row++) any |= legal[size_t(row) * n_tags + j];
            return any != 0;
        });
    }
};

struct Sequence {
    int64_t length;
    const float* emissions;  // length x n_tags
    const uint8_t* allowed;  // length x n_tags, or null: all
    const uint8_t* gold;     // the same; what both hold is legal
};

}  // namespace bio_crf
