// What all instruction sets share: a block, Maxout >> LayerNorm >> dropout, and the arrays that it works on.
#pragma once
#include <cstdint>
#include <memory>

namespace bio_crf {

// Axes: N rows that are computed, O outputs, P pieces, I inputs. O and I are multiples of 16, which every vector width
// divides. (With a single piece and no LayerNorm, the forward pass takes any O and I.)
constexpr int GROUP = 16;

struct Maxout {
    int64_t n_outputs, n_pieces, n_inputs;
    const float* weights;  // O, P, I
    const float* bias;     // O, P
};

struct Norm {
    const float* scale;  // O, or null: no LayerNorm
    const float* shift;  // O
};

// The inputs of row r are the I numbers from X[r * stride - before] on. With stride < I they overlap with those of its
// neighbours: a window of tokens, without a copy.
struct Windows {
    int64_t stride, before;
    int64_t at(int64_t row) const { return row * stride - before; }
};

// The rows of a batch that are asked for, of arrays that may have more.
struct Rows {
    int64_t count;
    const int32_t* index;  // N
};

// What the backward pass has to know; all null in prediction.
struct Trace {
    uint8_t* which;     // N, O: the piece that was the largest
    float* normalized;  // N, O
    float* inverse;     // N: 1 / standard deviation
};

// Floats from the beginning of a cache line on: a vector that crosses lines is loaded at half the speed.
class Aligned {
    std::unique_ptr<float[]> memory;
    float* first;

public:
    explicit Aligned(size_t size) : memory(new float[size + 16]), first(memory.get()) {
        while (reinterpret_cast<uintptr_t>(first) % 64) first++;
    }
    float* data() { return first; }
};

struct Gradients {
    float* weights;  // O, P, I
    float* bias;     // O, P
    float* scale;    // O
    float* shift;    // O
};

}  // namespace bio_crf
