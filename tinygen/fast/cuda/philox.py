"""Noise on the GPU, bit for bit the noise that NumPy draws on the CPU.

Philox is counter-based (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
2011): word ``i`` of its stream is a function of the key and of ``i`` alone, ten rounds of products
and exclusive ors. So every thread computes its own numbers, and none waits for another.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from tinygen.backend import Array
from tinygen.fast.cuda.writing import Elementwise

__all__ = [
    "philox_float32", "philox_float64", "philox_normal_float32", "philox_normal_float64",
]  # fmt: skip

# Word i of the stream that numpy.random.Philox yields: four 64-bit words for each value of the
# counter, which is itself 256 bits wide. The constants are those of the paper.
PHILOX = """
__device__ unsigned long long philox_word(
    unsigned long long key, unsigned long long counter, unsigned long long i)
{
    unsigned long long k0 = key, k1 = 0;
    unsigned long long c[4] = {counter + 1 + (i >> 2), 0, 0, 0};
    if (c[0] <= counter) c[1] = 1;  // the first 64 bits are full: carry
    for (int round = 0; round < 10; round++) {
        unsigned long long high0 = __umul64hi(0xD2E7470EE14C6C93ULL, c[0]);
        unsigned long long low0 = 0xD2E7470EE14C6C93ULL * c[0];
        unsigned long long high1 = __umul64hi(0xCA5A826395121157ULL, c[2]);
        unsigned long long low1 = 0xCA5A826395121157ULL * c[2];
        c[0] = high1 ^ c[1] ^ k0; c[1] = low1;
        c[2] = high0 ^ c[3] ^ k1; c[3] = low0;
        k0 += 0x9E3779B97F4A7C15ULL;
        k1 += 0xBB67AE8584CAA73BULL;
    }
    return c[i & 3];
}

// Number i in [0, 1). A float takes half a word, the low half first, and keeps its top 24 bits.
__device__ void uniform(
    unsigned long long key, unsigned long long counter, unsigned long long i, float &number)
{
    unsigned long long word = philox_word(key, counter, i >> 1);
    unsigned int half = (i & 1) ? (unsigned int)(word >> 32) : (unsigned int)word;
    number = (half >> 8) * (1.0f / 16777216.0f);
}

// A double takes a word and keeps its top 53 bits.
__device__ void uniform(
    unsigned long long key, unsigned long long counter, unsigned long long i, double &number)
{
    number = (philox_word(key, counter, i) >> 11) * (1.0 / 9007199254740992.0);
}
"""

UNIFORM = Elementwise(
    "philox", "uint64 key, uint64 counter", "T y", "uniform(key, counter, i, y);", PHILOX
)

# Box and Muller: two uniform numbers, a radius and an angle, make two normal ones. A thread makes
# both; they stand half of the result apart, so that neighbouring threads write neighbours.
NORMAL = Elementwise(
    "philox_normal",
    "uint64 key, uint64 counter, int64 pairs, int64 count",
    "raw T y",
    """
    T for_radius, for_angle;
    uniform(key, counter, i, for_radius);
    uniform(key, counter, i + pairs, for_angle);
    T radius = sqrt((T)-2 * log1p(-for_radius)), angle = (T)6.283185307179586 * for_angle;
    y[i] = radius * cos(angle);
    if (i + pairs < count) y[i + pairs] = radius * sin(angle);
    """,
    PHILOX,
)


def philox_float32(xp: ModuleType, size: int, key: int, counter: int) -> Array:
    """``size`` float32 numbers in [0, 1): the bits of ``Generator(Philox(key, counter))``."""
    return _uniform(xp, "float32", size, key, counter)


def philox_float64(xp: ModuleType, size: int, key: int, counter: int) -> Array:
    """``size`` float64 numbers in [0, 1): the bits of ``Generator(Philox(key, counter))``."""
    return _uniform(xp, "float64", size, key, counter)


def philox_normal_float32(xp: ModuleType, size: int, key: int, counter: int) -> Array:
    """``size`` normal numbers, from the uniform ones that :func:`philox_float32` yields."""
    return _normal(xp, "float32", size, key, counter)


def philox_normal_float64(xp: ModuleType, size: int, key: int, counter: int) -> Array:
    """``size`` normal numbers, from the uniform ones that :func:`philox_float64` yields."""
    return _normal(xp, "float64", size, key, counter)


def _uniform(xp: ModuleType, dtype: str, size: int, key: int, counter: int) -> Any:
    out = xp.empty((size,), dtype)
    if size:
        UNIFORM.on(xp)(np.uint64(key), np.uint64(counter), out)
    return out


def _normal(xp: ModuleType, dtype: str, size: int, key: int, counter: int) -> Any:
    out = xp.empty((size,), dtype)
    pairs = math.ceil(size / 2)
    if size:
        NORMAL.on(xp)(np.uint64(key), np.uint64(counter), pairs, size, out, size=pairs)
    return out
