// A vector of LANES floats, as wide as the instruction set that this file is compiled for: see targets.hh.
// No include guard: it is included once per instruction set, each time inside another namespace.

#if defined(__GNUC__) && !defined(SPACY_BIO_CRF_PORTABLE)

typedef float Floats __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint8_t Bytes __attribute__((vector_size(LANES), aligned(1), may_alias));

static inline Floats load(const float* from) { return *reinterpret_cast<const Floats*>(from); }
static inline void store(float* to, Floats x) { *reinterpret_cast<Floats*>(to) = x; }
static inline void store(uint8_t* to, Floats x) { *reinterpret_cast<Bytes*>(to) = __builtin_convertvector(x, Bytes); }
static inline Floats broadcast(float x) { return x - Floats{}; }
// Where a > b: yes, elsewhere: no.
static inline Floats where_above(Floats a, Floats b, Floats yes, Floats no) { return a > b ? yes : no; }
#define UNROLLED _Pragma("GCC unroll 32")

#else

struct Floats {
    float lane[LANES];
    float operator[](int i) const { return lane[i]; }
    Floats& operator+=(const Floats& other) {
        for (int i = 0; i < LANES; i++) lane[i] += other[i];
        return *this;
    }
};

template <class Function>
static inline Floats each_lane(Function function) {
    Floats result;
    for (int i = 0; i < LANES; i++) result.lane[i] = function(i);
    return result;
}

static inline Floats load(const float* from) { return each_lane([&](int i) { return from[i]; }); }
static inline void store(float* to, const Floats& x) { for (int i = 0; i < LANES; i++) to[i] = x[i]; }
static inline void store(uint8_t* to, const Floats& x) { for (int i = 0; i < LANES; i++) to[i] = uint8_t(x[i]); }
static inline Floats broadcast(float x) { return each_lane([&](int) { return x; }); }
static inline Floats operator+(const Floats& a, const Floats& b) { return each_lane([&](int i) { return a[i] + b[i]; }); }
static inline Floats operator-(const Floats& a, const Floats& b) { return each_lane([&](int i) { return a[i] - b[i]; }); }
static inline Floats operator*(const Floats& a, const Floats& b) { return each_lane([&](int i) { return a[i] * b[i]; }); }
static inline Floats where_above(const Floats& a, const Floats& b, const Floats& yes, const Floats& no) {
    return each_lane([&](int i) { return a[i] > b[i] ? yes[i] : no[i]; });
}
#define UNROLLED

#endif

// Over the lanes, in halves: always in the same order.
static inline float sum(Floats x) {
    float lanes[LANES];
    store(lanes, x);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}
