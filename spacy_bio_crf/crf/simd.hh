// A vector of LANES doubles, as wide as the instruction set that this file is compiled for: see targets.hh.
// No include guard: it is included once per instruction set, each time inside another namespace.

#if defined(__GNUC__) && !defined(SPACY_BIO_CRF_PORTABLE)

typedef double Doubles __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t Bits __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef float Floats __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

static inline Doubles load(const double* from) { return *reinterpret_cast<const Doubles*>(from); }
static inline Doubles load(const float* from) {
    return __builtin_convertvector(*reinterpret_cast<const Floats*>(from), Doubles);
}
static inline void store(double* to, Doubles x) { *reinterpret_cast<Doubles*>(to) = x; }
static inline void store(float* to, Doubles x) { *reinterpret_cast<Floats*>(to) = __builtin_convertvector(x, Floats); }
static inline Doubles broadcast(double x) { return x - Doubles{}; }
static inline Doubles max(Doubles a, Doubles b) { return a > b ? a : b; }
static inline Doubles min(Doubles a, Doubles b) { return a < b ? a : b; }
// Lane i has what lane i ^ HALF had.
template <int HALF, int... LANE>
INLINE Doubles swapped(Doubles x, std::integer_sequence<int, LANE...>) {
#ifdef __clang__
    return __builtin_shufflevector(x, x, (LANE ^ HALF)...);
#else
    return __builtin_shuffle(x, Bits{(LANE ^ HALF)...});
#endif
}
// The power of two that takes a positive x to between 1 and 2.
INLINE Doubles inverse_power_of_two(Doubles x) {
    return (Doubles)(0x7fe0000000000000 - ((Bits)x & 0x7ff0000000000000));
}
// Where x > bound: yes, elsewhere: no.
static inline Doubles where_above(Doubles x, double bound, Doubles yes, Doubles no) {
    return x > broadcast(bound) ? yes : no;
}

// x becomes exp(x), for x <= 0, to the last bits; 0 below -708. Cody-Waite reduction to |r| <= ln(2)/2, then the Taylor
// polynomial. It is a long chain, so several go side by side.
template <int COUNT>
INLINE void exponentiate(Doubles (&x)[COUNT]) {
    const Doubles ROUND = broadcast(6755399441055744.0);  // 1.5 * 2^52: adding it rounds, and leaves n in the low bits
    Doubles shifted[COUNT], r[COUNT], y[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const Doubles clipped = max(x[i], broadcast(-708.0));
        shifted[i] = clipped * 1.4426950408889634 + ROUND;
        const Doubles n = shifted[i] - ROUND;
        r[i] = (clipped - n * 0.693145751953125) - n * 1.42860682030941723212e-6;
        y[i] = broadcast(1.0 / 6227020800);
    }
    constexpr double FACTORIALS[] = {479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1};
    for (double factorial : FACTORIALS)
        for (int i = 0; i < COUNT; i++) y[i] = y[i] * r[i] + 1.0 / factorial;
    for (int i = 0; i < COUNT; i++)
        x[i] = where_above(x[i], -708.0, (Doubles)((Bits)y[i] + ((Bits)shifted[i] << 52)), Doubles{});
}
INLINE Doubles exp(Doubles x) {
    Doubles one[] = {x};
    exponentiate(one);
    return one[0];
}
// sums[i] += x[i] * 2^BITS, rounded, for |x| < 2^(62 - BITS): what is whole, and the rest.
template <int BITS>
INLINE void add_on_grid(Doubles x, int64_t* sums) {
    const Doubles ROUND = broadcast(6755399441055744.0);
    const Doubles whole = x + ROUND, rest = (x - (whole - ROUND)) * double(int64_t(1) << BITS) + ROUND;
    *reinterpret_cast<Bits*>(sums) += (((Bits)whole - (Bits)ROUND) << BITS) + ((Bits)rest - (Bits)ROUND);
}

#else

struct Doubles {
    double lane[LANES];
    double operator[](int i) const { return lane[i]; }
};

template <class Function>
static inline Doubles each_lane(Function function) {
    Doubles result;
    for (int i = 0; i < LANES; i++) result.lane[i] = function(i);
    return result;
}

template <class Number>
static inline Doubles load(const Number* from) { return each_lane([&](int i) { return from[i]; }); }
template <class Number>
static inline void store(Number* to, const Doubles& x) { for (int i = 0; i < LANES; i++) to[i] = Number(x[i]); }
static inline Doubles broadcast(double x) { return each_lane([&](int) { return x; }); }
static inline Doubles operator+(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] + b[i]; });
}
static inline Doubles operator-(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] - b[i]; });
}
static inline Doubles operator*(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] * b[i]; });
}
static inline Doubles operator/(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] / b[i]; });
}
static inline Doubles operator*(const Doubles& a, double b) { return a * broadcast(b); }
static inline Doubles max(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] > b[i] ? a[i] : b[i]; });
}
static inline Doubles min(const Doubles& a, const Doubles& b) {
    return each_lane([&](int i) { return a[i] < b[i] ? a[i] : b[i]; });
}
static inline Doubles where_above(const Doubles& x, double bound, const Doubles& yes, const Doubles& no) {
    return each_lane([&](int i) { return x[i] > bound ? yes[i] : no[i]; });
}
template <int HALF, class Lanes>
static inline Doubles swapped(const Doubles& x, Lanes) {
    return each_lane([&](int i) { return x[i ^ HALF]; });
}
static inline Doubles inverse_power_of_two(const Doubles& x) {
    return each_lane([&](int i) { return x[i] > 0.0 ? std::ldexp(1.0, -std::ilogb(x[i])) : 1.0; });
}
template <int BITS>
static inline void add_on_grid(const Doubles& x, int64_t* sums) {
    for (int i = 0; i < LANES; i++) sums[i] += std::llrint(std::ldexp(x[i], BITS));
}
static inline Doubles exp(const Doubles& x) { return each_lane([&](int i) { return std::exp(x[i]); }); }
template <int COUNT>
static inline void exponentiate(Doubles (&x)[COUNT]) {
    for (Doubles& one : x) one = exp(one);
}

#endif

// The same for n numbers, a multiple of 8.
static inline void exponentiate(double* numbers, size_t n) {
    constexpr int COUNT = LANES == 8 ? 8 : 4;
    const auto some = [&](auto count, size_t at) {
        Doubles x[count.value];
        for (int i = 0; i < count.value; i++) x[i] = load(numbers + at + i * LANES);
        exponentiate(x);
        for (int i = 0; i < count.value; i++) store(numbers + at + i * LANES, x[i]);
    };
    size_t at = 0;
    for (; at + COUNT * LANES <= n; at += COUNT * LANES) some(std::integral_constant<int, COUNT>(), at);
    for (; at < n; at += LANES) some(std::integral_constant<int, 1>(), at);
}

// Over the lanes, in halves: shorter chains of dependent additions, and the same order always. Each lane has the result.
template <int HALF = LANES / 2, class Function>
INLINE Doubles reduce(Doubles x, Function function) {
    if constexpr (HALF == 0) return x;
    else return reduce<HALF / 2>(function(x, swapped<HALF>(x, std::make_integer_sequence<int, LANES>())), function);
}
INLINE Doubles sum(Doubles x) { return reduce(x, [](Doubles a, Doubles b) { return a + b; }); }
INLINE Doubles highest(Doubles x) { return reduce(x, [](Doubles a, Doubles b) { return max(a, b); }); }
INLINE Doubles lowest(Doubles x) { return reduce(x, [](Doubles a, Doubles b) { return min(a, b); }); }
