// What CUDA C++ offers to a kernel whose threads do not meet, for a host compiler.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
using namespace std;

#define __device__
#define __host__
#define __global__
#define __forceinline__ inline
#define __restrict__

// The names that CuPy gives to NumPy's types.
typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;
typedef uint8_t uint8;
typedef uint16_t uint16;
typedef uint32_t uint32;
typedef uint64_t uint64;
typedef float float32;
typedef double float64;

struct dim3 { unsigned x, y, z; };
static dim3 threadIdx, blockIdx, blockDim, gridDim;

// A raw parameter of an ElementwiseKernel: the whole array, indexed in C order.
template <class T> struct CArray {
    T *data;
    ptrdiff_t count;
    T &operator[](ptrdiff_t index) const { return data[index]; }
    ptrdiff_t size() const { return count; }
};

// The range of the loop, `_ind` in an ElementwiseKernel.
struct CIndexer {
    ptrdiff_t count;
    ptrdiff_t size() const { return count; }
};

static inline float rsqrt(float x) { return 1.0f / sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline float rsqrtf(float x) { return rsqrt(x); }
#define __expf expf
#define __logf logf

static inline uint32_t __umulhi(uint32_t a, uint32_t b) {
    return (uint32_t)(((uint64_t)a * b) >> 32);
}
static inline uint64_t __umul64hi(uint64_t a, uint64_t b) {
    return (uint64_t)(((unsigned __int128)a * b) >> 64);
}

// One thread at a time: plain additions are atomic.
template <class T, class U> static inline T atomicAdd(T *address, U value) {
    T before = *address;
    *address += (T)value;
    return before;
}
