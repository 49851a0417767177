// A vector of LANES doubles, as wide as the instruction set that this file is compiled for: see targets.hh.
// No include guard: it is included once per instruction set, each time inside another namespace.

#if defined(__GNUC__) && !defined(SPACY_BIO_CRF_PORTABLE)

typedef double Doubles __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t Bits __attribute__((vector_size(LANES * 8)));

static inline Doubles load(const double* from) { return *reinterpret_cast<const Doubles*>(from); }
static inline void store(double* to, Doubles x) { *reinterpret_cast<Doubles*>(to) = x; }
static inline Doubles broadcast(double x) { return x - Doubles{}; }
static inline Doubles max(Doubles a, Doubles b) { return a > b ? a : b; }
static inline Doubles min(Doubles a, Doubles b) { return a < b ? a : b; }
// Where x > bound: yes, elsewhere: no.
static inline Doubles where_above(Doubles x, double bound, Doubles yes, Doubles no) {
    return x > broadcast(bound) ? yes : no;
}

// exp(x) for x <= 0, to the last bits; 0 below -708. Cody-Waite reduction to |r| <= ln(2)/2, then the Taylor polynomial.
static inline Doubles exp(Doubles x) {
    const Doubles ROUND = broadcast(6755399441055744.0);  // 1.5 * 2^52: adding it rounds, and leaves n in the low bits
    const Doubles clipped = max(x, broadcast(-708.0));
    const Doubles shifted = clipped * 1.4426950408889634 + ROUND;
    const Doubles n = shifted - ROUND;
    const Doubles r = (clipped - n * 0.693145751953125) - n * 1.42860682030941723212e-6;
    constexpr double FACTORIALS[] = {479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1};
    Doubles y = broadcast(1.0 / 6227020800);
    for (double factorial : FACTORIALS) y = y * r + 1.0 / factorial;
    const Doubles scaled = (Doubles)((Bits)y + ((Bits)shifted << 52));
    return where_above(x, -708.0, scaled, Doubles{});
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

static inline Doubles load(const double* from) { return each_lane([&](int i) { return from[i]; }); }
static inline void store(double* to, const Doubles& x) { for (int i = 0; i < LANES; i++) to[i] = x[i]; }
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
static inline Doubles exp(const Doubles& x) { return each_lane([&](int i) { return std::exp(x[i]); }); }

#endif

// Over the lanes, in halves: shorter chains of dependent additions, and the same order always.
template <class Function>
static inline double reduce(Doubles x, Function function) {
    double lanes[LANES];
    store(lanes, x);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] = function(lanes[i], lanes[i + half]);
    return lanes[0];
}
static inline double sum(Doubles x) { return reduce(x, [](double a, double b) { return a + b; }); }
static inline double highest(Doubles x) { return reduce(x, [](double a, double b) { return a > b ? a : b; }); }
static inline double lowest(Doubles x) { return reduce(x, [](double a, double b) { return a < b ? a : b; }); }
