// What makes tags a span, and the steps into, inside and out of the spans of each label.
#pragma once
#include "windows.hh"
#include <map>

namespace bio_crf {

struct Span {
    int64_t start, end, label;  // tokens of the sequence, end excluded
};

struct Spans {
    int64_t count;
    const Span* spans;
    double* probabilities;  // out
};

struct LikelySpans {
    std::vector<Span> spans;
    std::vector<double> probabilities;

    void add(const Span& span, double probability) {
        spans.push_back(span);
        probabilities.push_back(probability);
    }
};

// Tags in columns, those of a label in as few blocks of 8 as they fit into.
class Columns {
    int count = 0;

public:
    std::vector<int> of;  // the column of each tag, -1 for none

    explicit Columns(int n_tags) : of(n_tags, -1) {}
    void add(const std::vector<int>& tags) {
        if (count % 8 + tags.size() > 8) count = padded(count);
        for (int j : tags) of[j] = count++;
    }
    int width() const { return padded(count); }
};

struct Label {
    struct Join {
        int from, to;  // which of the label's tags
        size_t place;  // where the step lies in the chain's
    };
    std::vector<int> tags;
    std::vector<Join> joins;          // the legal steps that go on with a span
    std::vector<int> entries, exits;  // the columns of the tags, -1 for none
};

// The steps that do not join lead into spans and out of them. They lie in columns, those of a label side by side, so that
// the ways into the spans of one label cost no more than they must.
class Labelling {
    struct Step {
        int i, j;
        size_t place;  // in the chain's
    };
    const Chain& chain;
    const uint8_t* joins;     // n_tags x n_tags: does the step continue a span?
    std::vector<Step> steps;  // the legal ones that do not join

    bool joined(int i, int j) const { return joins[size_t(i) * chain.n_tags + j]; }

    std::vector<Step> boundary_steps() const {
        std::vector<Step> result;
        chain.step.tiles.for_each_cell([&](int i, int j, size_t place) {
            if (chain.step.numbers.logs.data()[place] > -INF && !joined(i, j)) result.push_back({i, j, place});
        });
        return result;
    }
    // cell(i, j): the row and the column of a step, which is negative for none
    template <class Cell>
    Matrix boundaries(int width, Cell cell) const {
        std::vector<char> any(size_t(chain.n_tags) * width / 8);
        for (const Step& step : steps) {
            const auto [row, column] = cell(step.i, step.j);
            if (column >= 0) any[size_t(column / 8) * chain.n_tags + row] = true;
        }
        const auto any_in = [&](int row, int column) { return any[size_t(column / 8) * chain.n_tags + row]; };
        Matrix matrix(Tiles(chain.n_tags, width, any_in, 8));
        const bool with_probabilities = chain.step.numbers.has_probabilities();
        if (with_probabilities) matrix.numbers.forbid_all();
        for (const Step& step : steps) {
            const auto [row, column] = cell(step.i, step.j);
            if (column < 0) continue;
            const size_t to = matrix.tiles.at(row, column);
            matrix.numbers.logs.data()[to] = chain.step.numbers.logs.data()[step.place];
            if (with_probabilities)
                matrix.numbers.probabilities.data()[to] = chain.step.numbers.probabilities.data()[step.place];
        }
        return matrix;
    }

public:
    std::map<int64_t, Label> labels;
    Columns entries, exits;
    Matrix into, out_of;  // from a tag to an entry; transposed, from an exit to a tag

    // label_ids: of each tag, negative for none
    Labelling(const Chain& chain, const int64_t* label_ids, const uint8_t* joins)
        : chain(chain), joins(joins), steps(boundary_steps()), labels(by_label(label_ids)), entries(columns(true)),
          exits(columns(false)),
          into(boundaries(entries.width(), [&](int i, int j) { return std::pair(i, entries.of[j]); })),
          out_of(boundaries(exits.width(), [&](int i, int j) { return std::pair(j, exits.of[i]); })) {
        for (auto& [id, label] : labels)
            for (int to = 0; to < int(label.tags.size()); to++) {
                const int j = label.tags[to];
                label.entries.push_back(entries.of[j]);
                label.exits.push_back(exits.of[j]);
                for (int from = 0; from < int(label.tags.size()); from++) {
                    const size_t place = chain.step.tiles.at(label.tags[from], j);
                    const bool legal = place != Tiles::NOWHERE && chain.step.numbers.logs.data()[place] > -INF;
                    if (legal && joined(label.tags[from], j)) label.joins.push_back({from, to, place});
                }
            }
    }

private:
    std::map<int64_t, Label> by_label(const int64_t* label_ids) const {
        std::map<int64_t, Label> result;
        for (int j = 0; j < chain.n_tags; j++)
            if (label_ids[j] >= 0) result[label_ids[j]].tags.push_back(j);
        return result;
    }
    // Of the tags of each label that a boundary leads to, or away from.
    Columns columns(bool to) const {
        std::vector<char> used(chain.n_tags);
        for (const Step& step : steps) used[to ? step.j : step.i] = true;
        Columns result(chain.n_tags);
        for (const auto& [id, label] : labels) {
            std::vector<int> tags;
            for (int j : label.tags)
                if (used[j]) tags.push_back(j);
            result.add(tags);
        }
        return result;
    }
};

}  // namespace bio_crf
