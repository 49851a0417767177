// Hashes of the features of each token: a template is one or several terms, each an attribute at an offset.
#pragma once
#include <cstddef>
#include <cstdint>

// The finaliser of SplitMix64 (Steele et al. 2014).
inline std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9ull;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBull;
    return x ^ x >> 31;
}

struct Templates {
    std::size_t count;             // F
    const std::uint64_t* seeds;    // of each template. Shape: F
    const std::int32_t* first;     // where the terms of each begin, and their end. Shape: F + 1
    const std::int32_t* columns;   // the attribute of each term
    const std::int32_t* offsets;   // how many tokens on from the token itself
};

// codes[N, A] are hashes of attributes, 0 where a token has none; a template with such a term has no feature: 0. Beyond the
// ends of a sequence every attribute has one code for the left and one for the right.
inline void hash_features(
    const Templates& templates, const std::uint64_t* codes, std::size_t A, const std::int32_t* lengths, std::size_t B,
    std::uint64_t* hashes
) {
    constexpr std::uint64_t before = 0x6A09E667F3BCC909ull, after = 0xBB67AE8584CAA73Bull;
    for (std::size_t b = 0; b < B; codes += lengths[b] * A, hashes += lengths[b] * templates.count, ++b) {
        for (std::int32_t t = 0; t < lengths[b]; ++t) {
            for (std::size_t f = 0; f < templates.count; ++f) {
                std::uint64_t hash = templates.seeds[f];
                for (std::int32_t i = templates.first[f]; i < templates.first[f + 1]; ++i) {
                    const std::int32_t at = t + templates.offsets[i];
                    const std::uint64_t code =
                        at < 0 ? before : at >= lengths[b] ? after : codes[at * A + templates.columns[i]];
                    hash = code ? mix(hash ^ code) : 0;
                    if (!code) break;
                }
                hashes[t * templates.count + f] = hash;
            }
        }
    }
}
