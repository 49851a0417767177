// What the kernels are handed: the chain's parameters in two number systems, a sequence, and room to work in.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <type_traits>
#include <vector>

namespace bio_crf {

constexpr double INF = std::numeric_limits<double>::infinity();

// Probabilities, scaled to at most 1, are multiplied as long as none of them is positive yet below FLOOR. A product of
// three of them cannot vanish then, so 0 means forbidden and nothing else, and no path is lost. Otherwise: log space.
constexpr double FLOOR = 1e-70;
const double LOG_FLOOR = std::log(FLOOR);

// Rows of tags are padded to a multiple of 8, so that vectors of any width fit. Padding is the number system's zero.
inline int padded(int n_tags) { return (n_tags + 7) / 8 * 8; }

// start, step and end as float64 numbers of one number system, each divided by its largest (whose log is its shift).
struct Parameters {
    std::vector<double> start, step, step_transposed, end;
    double start_shift = 0, step_shift = 0, end_shift = 0;
};

struct Chain {
    int n_tags, width;
    Parameters logs;           // -inf where forbidden; never shifted
    Parameters probabilities;  // 0 where forbidden
    bool fits_probabilities;   // none of them below FLOOR

    Chain(int n_tags, const float* start, const float* step, const float* end, const uint8_t* may_start,
          const uint8_t* may_step, const uint8_t* may_end, bool with_probabilities)
        : n_tags(n_tags), width(padded(n_tags)), fits_probabilities(with_probabilities) {
        logs.start = read(start, may_start, 1, 1);
        logs.step = read(step, may_step, n_tags, width);
        logs.end = read(end, may_end, 1, 1);
        logs.step_transposed = transposed(logs.step);
        if (!with_probabilities) return;
        exponentiate(logs.start, probabilities.start, probabilities.start_shift);
        exponentiate(logs.step, probabilities.step, probabilities.step_shift);
        exponentiate(logs.end, probabilities.end, probabilities.end_shift);
        probabilities.step_transposed = transposed(probabilities.step);
    }

private:
    std::vector<double> read(const float* scores, const uint8_t* legal, int rows, int padded_rows) const {
        std::vector<double> result(size_t(padded_rows) * width, -INF);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n_tags; j++)
                if (legal[size_t(i) * n_tags + j]) result[size_t(i) * width + j] = scores[size_t(i) * n_tags + j];
        return result;
    }
    std::vector<double> transposed(const std::vector<double>& step) const {
        std::vector<double> result(step.size());
        for (int i = 0; i < width; i++)
            for (int j = 0; j < width; j++) result[size_t(j) * width + i] = step[size_t(i) * width + j];
        return result;
    }
    void exponentiate(const std::vector<double>& scores, std::vector<double>& out, double& shift) {
        const double top = *std::max_element(scores.begin(), scores.end());
        shift = top == -INF ? 0.0 : top;
        out.resize(scores.size());
        for (size_t i = 0; i < scores.size(); i++) {
            out[i] = std::exp(scores[i] - shift);
            if (scores[i] > -INF && scores[i] - shift < LOG_FLOOR) fits_probabilities = false;
        }
    }
};

struct Sequence {
    int64_t length;
    const float* emissions;  // length x n_tags
    const uint8_t* allowed;  // length x n_tags, or null: all
};

struct Span {
    int64_t start, end, label;  // tokens of the sequence, end excluded
};

// What makes tags a span.
struct Labelling {
    int n_tags;
    const uint8_t* joins;                      // n_tags x n_tags: does the step continue a span?
    std::map<int64_t, std::vector<int>> tags;  // of each label

    // labels: of each tag, negative for none
    Labelling(int n_tags, const int64_t* labels, const uint8_t* joins) : n_tags(n_tags), joins(joins) {
        for (int j = 0; j < n_tags; j++)
            if (labels[j] >= 0) tags[labels[j]].push_back(j);
    }
    bool joined(int i, int j) const { return joins[size_t(i) * n_tags + j]; }
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

// Rows of `width` doubles that start at cache lines.
class Rows {
    std::unique_ptr<double[]> memory;
    double* first = nullptr;
    size_t width = 0;

public:
    Rows() = default;
    Rows(size_t n_rows, size_t width) : memory(new double[n_rows * width + 8]), width(width) {
        first = memory.get();
        while (reinterpret_cast<uintptr_t>(first) % 64) first++;
    }
    double* operator[](size_t t) const { return first + t * width; }
};

// For sequences of at most n tokens.
struct Workspace {
    Rows emissions, alpha, beta, steps, row;
    std::unique_ptr<double[]> alpha_scales, beta_scales;

    Workspace(const Chain& chain, int64_t n, bool with_backward)
        : emissions(n, chain.width), alpha(n, chain.width), alpha_scales(new double[n]) {
        if (!with_backward) return;
        beta = Rows(n, chain.width);
        steps = Rows(chain.width, chain.width);
        row = Rows(1, chain.width);
        beta_scales.reset(new double[n]);
    }
};

}  // namespace bio_crf
