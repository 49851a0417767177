// A map from 64-bit hashes to rows: open addressing, linear probing, at most half full. The hash 0 means "nothing there".
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "prefetch.hh"

class HashIndex {
public:
    HashIndex() : slots_(1 << 10) {}

    std::size_t size() const { return keys_.size(); }
    const std::vector<std::uint64_t>& keys() const { return keys_; }  // in the order of their rows

    // The rows of n hashes, -1 for those that are not there.
    void find(const std::uint64_t* hashes, std::size_t n, std::int32_t* rows) const {
        for (std::size_t i = 0; i < n; ++i) {
            if (i + kAhead < n) PREFETCH(&slots_[at(hashes[i + kAhead])]);
            rows[i] = hashes[i] ? slots_[probe(hashes[i])].row : -1;
        }
    }

    // The same, with new rows for those that are not there.
    void add(const std::uint64_t* hashes, std::size_t n, std::int32_t* rows) {
        for (std::size_t i = 0; i < n; ++i) {
            if (i + kAhead < n) PREFETCH(&slots_[at(hashes[i + kAhead])]);
            rows[i] = hashes[i] ? add_one(hashes[i]) : -1;
        }
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        std::int32_t row = -1;
    };
    static constexpr std::size_t kAhead = 8;

    std::vector<Slot> slots_;
    std::vector<std::uint64_t> keys_;

    std::size_t at(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15ull >> 20) & (slots_.size() - 1); }

    // The slot of a key, or the empty one where it belongs.
    std::size_t probe(std::uint64_t key) const {
        std::size_t slot = at(key);
        while (slots_[slot].key && slots_[slot].key != key) slot = (slot + 1) & (slots_.size() - 1);
        return slot;
    }

    std::int32_t add_one(std::uint64_t key) {
        std::size_t slot = probe(key);
        if (!slots_[slot].key) {
            if (2 * keys_.size() >= slots_.size()) {
                grow();
                slot = probe(key);
            }
            slots_[slot].key = key;
            slots_[slot].row = static_cast<std::int32_t>(keys_.size());
            keys_.push_back(key);
        }
        return slots_[slot].row;
    }

    void grow() {
        std::vector<Slot>(2 * slots_.size()).swap(slots_);
        for (std::size_t row = 0; row < keys_.size(); ++row) {
            Slot& slot = slots_[probe(keys_[row])];
            slot.key = keys_[row];
            slot.row = static_cast<std::int32_t>(row);
        }
    }
};
