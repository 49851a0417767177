// Rows of doubles, one for each token, and their memory.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace bio_crf {

// Rows of tags are padded to a multiple of 8, so that vectors of any width fit. Padding is the number system's zero.
inline int padded(int n) { return (n + 7) / 8 * 8; }

// Memory for doubles. A thread keeps a few large pieces for its next call: to get fresh pages from the system may take
// longer than all that is computed in them.
class Memory {
    struct Piece {
        std::unique_ptr<double[]> doubles;
        size_t size = 0;
    } piece;
    static constexpr size_t KEPT = 4, SMALLEST = 1 << 13, LARGEST = 1 << 18;  // in doubles: 64 kB to 2 MB

    static std::vector<Piece>& kept() {
        static thread_local std::vector<Piece> pieces;
        return pieces;
    }

public:
    Memory() = default;
    explicit Memory(size_t size) {
        const auto enough = [=](const Piece& one) { return size >= SMALLEST && one.size >= size; };
        const auto found = std::find_if(kept().begin(), kept().end(), enough);
        if (found != kept().end()) {
            piece = std::move(*found);
            kept().erase(found);
        } else {
            piece = {std::unique_ptr<double[]>(new double[size]), size};
        }
    }
    Memory(Memory&&) = default;
    Memory& operator=(Memory&& other) {
        std::swap(piece, other.piece);
        return *this;
    }
    ~Memory() {
        if (!piece.doubles || piece.size < SMALLEST || piece.size > LARGEST) return;
        if (kept().size() == KEPT) kept().erase(kept().begin());
        kept().push_back(std::move(piece));
    }
    double* get() const { return piece.doubles.get(); }
};

// Where rows of `width` doubles lie, numbered from any token on. A loop's own copy of it stays in registers.
class RowsAt {
protected:
    double* first = nullptr;
    int64_t width = 0, origin = 0;

public:
    double* operator[](int64_t t) const { return first + (t - origin) * width; }
    double* data() const { return first; }
};

// Room for rows, which start at cache lines.
class Rows : public RowsAt {
    Memory memory;

public:
    Rows() = default;
    Rows(size_t n_rows, size_t row_width) : memory(n_rows * row_width + 8) {
        width = row_width;
        first = memory.get();
        while (reinterpret_cast<uintptr_t>(first) % 64) first++;
    }
    void begin_at(int64_t t) { origin = t; }
};

}  // namespace bio_crf
