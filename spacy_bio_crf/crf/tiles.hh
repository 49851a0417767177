// Matrices of steps of which only the tiles with a legal step are stored, so that products cost what these cost.
#pragma once
#include "rows.hh"
#include <cmath>
#include <limits>
#include <type_traits>

namespace bio_crf {

constexpr double INF = std::numeric_limits<double>::infinity();

// Probabilities, scaled to at most 1, are multiplied as long as none of them is positive yet below FLOOR. A product of
// three of them cannot vanish then, so 0 means forbidden and nothing else, and no path is lost. Otherwise: log space.
constexpr double FLOOR = 1e-70;
const double LOG_FLOOR = std::log(FLOOR);

// Which tiles of a matrix are stored: blocks of 8, 16 or 24 columns, and in each of them runs of rows, one row after the
// other. Rows that are left out are zero, and so are the columns from n_columns on.
class Tiles {
public:
    struct Run {
        int first, last;  // rows; `first` is a multiple of 4, `last` of 2, and room is left up to a multiple of 4
        size_t at;        // where its numbers begin
    };
    struct Block {
        int column, width, first_run, last_run;
    };
    struct Piece {  // of a row
        int column, width;
        size_t at;
    };
    std::vector<Block> blocks;
    std::vector<Run> runs;
    size_t size = 0;

    // any(row, column): is there a legal step in the row's 8 columns from this one on? Neighbours that have the same rows
    // are one block.
    template <class Any>
    Tiles(int n_rows, int n_columns, Any any, int widest = 24) : first_pieces(padded(n_rows) + 1) {
        for (int column = 0; column < n_columns; column += 8) {
            const int first_run = int(runs.size());
            for (int row = 0; row < n_rows; row++)
                if (any(row, column)) add(row, first_run);
            const int last_run = int(runs.size());
            if (column > 0 && blocks.back().width < widest && same_rows(blocks.back(), first_run, last_run)) {
                blocks.back().width += 8;
                runs.resize(first_run);
            } else {
                blocks.push_back({column, 8, first_run, last_run});
            }
        }
        for (const Block& block : blocks)
            for (int r = block.first_run; r < block.last_run; r++) {
                runs[r].at = size;
                size += size_t(last_row(runs[r]) - runs[r].first) * block.width;
                for (int row = runs[r].first; row < last_row(runs[r]); row++) first_pieces[row + 1]++;
            }
        for (size_t row = 1; row < first_pieces.size(); row++) first_pieces[row] += first_pieces[row - 1];
        pieces.resize(first_pieces.back());
        std::vector<int> next = first_pieces;
        for (const Block& block : blocks)
            for (int r = block.first_run; r < block.last_run; r++)
                for (int row = runs[r].first, at = 0; row < last_row(runs[r]); row++, at += block.width)
                    pieces[next[row]++] = {block.column, block.width, runs[r].at + at};
    }

    static constexpr size_t NOWHERE = -1;
    size_t at(int row, int column) const {
        if (is_whole(row + 1) && blocks[0].column == 0 && column < blocks[0].width)
            return runs[0].at + size_t(row) * blocks[0].width + column;
        for (const Piece* piece = first_piece(row); piece < first_piece(row + 1) && piece->column <= column; piece++)
            if (column < piece->column + piece->width) return piece->at + (column - piece->column);
        return NOWHERE;
    }
    // One tile holds it all, and each row begins where its number times the width says.
    bool is_whole(int n_rows) const {
        return runs.size() == 1 && blocks.size() == 1 && runs[0].first == 0 && last_row(runs[0]) >= n_rows;
    }
    // What is stored of a row, up to what is stored of the next one.
    const Piece* first_piece(int row) const { return pieces.data() + first_pieces[row]; }
    // each(row, column, where it lies) for all that is stored; rows and columns may be padding
    template <class Each>
    void for_each_cell(Each each) const {
        for (const Block& block : blocks)
            for (int r = block.first_run; r < block.last_run; r++) {
                size_t place = runs[r].at;
                for (int row = runs[r].first; row < last_row(runs[r]); row++)
                    for (int column = block.column; column < block.column + block.width; column++)
                        each(row, column, place++);
            }
    }

private:
    std::vector<Piece> pieces;
    std::vector<int> first_pieces;  // of each row

    static int last_row(const Run& run) { return run.first + (run.last - run.first + 3) / 4 * 4; }

    void add(int row, int first_run) {
        constexpr int GAP = 8;  // to go on through a few empty rows costs less than to begin anew
        if (int(runs.size()) == first_run || row >= runs.back().last + GAP) runs.push_back({row / 4 * 4, 0, 0});
        runs.back().last = (row + 2) / 2 * 2;
    }
    bool same_rows(const Block& block, int first_run, int last_run) const {
        const auto same = [](const Run& a, const Run& b) { return a.first == b.first && a.last == b.last; };
        return std::equal(runs.begin() + block.first_run, runs.begin() + block.last_run, runs.begin() + first_run,
                          runs.begin() + last_run, same);
    }
};

// The scores of start, step or end in the two number systems.
struct Numbers {
    size_t size;
    Rows logs;           // -inf where forbidden
    Rows probabilities;  // 0 where forbidden; divided by the largest,
    double shift = 0.0;  // whose log this is

    explicit Numbers(size_t size) : size(size), logs(1, size) { std::fill(logs.data(), logs.data() + size, -INF); }

    bool has_probabilities() const { return probabilities.data(); }
    void forbid_all() {
        probabilities = Rows(1, size);
        std::fill(probabilities.data(), probabilities.data() + size, 0.0);
    }
    // Fills the probabilities. Returns false if one of them is below FLOOR.
    bool exponentiate() {
        const double *begin = logs.data(), *end = begin + size;
        const double top = size ? *std::max_element(begin, end) : -INF;
        shift = top == -INF ? 0.0 : top;
        probabilities = Rows(1, size);
        bool holds = true;
        for (size_t i = 0; i < size; i++) {
            const double log = begin[i] - shift;
            probabilities.data()[i] = log == -INF ? 0.0 : std::exp(log);
            holds &= log == -INF || log >= LOG_FLOOR;
        }
        return holds;
    }
};

struct Matrix {
    Tiles tiles;
    Numbers numbers;

    explicit Matrix(Tiles tiles) : tiles(std::move(tiles)), numbers(this->tiles.size) {}
};

}  // namespace bio_crf
