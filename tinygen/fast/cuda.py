"""CUDA C kernels, compiled by CuPy at their first call."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import numpy as np

# Word i of the stream that numpy.random.Philox yields: four 64-bit words a block of the counter.
PHILOX = """
__device__ unsigned long long philox_word(
    unsigned long long key, unsigned long long counter, unsigned long long i)
{
    unsigned long long k0 = key, k1 = 0;
    unsigned long long c[4] = {counter + 1 + (i >> 2), 0, 0, 0};
    if (c[0] <= counter) c[1] = 1;
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
"""
# A float32 takes half a word, low half first, and keeps its top 24 bits; a float64 keeps 53.
AS_FLOAT32 = """
unsigned long long word = philox_word(key, counter, (unsigned long long)i >> 1);
unsigned int half = (i & 1) ? (unsigned int)(word >> 32) : (unsigned int)word;
y = (half >> 8) * (1.0f / 16777216.0f);
"""
AS_FLOAT64 = """
y = (philox_word(key, counter, (unsigned long long)i) >> 11) * (1.0 / 9007199254740992.0);
"""


def philox_float32(xp: ModuleType, size: int, key: int, counter: int) -> Any:
    """``size`` float32 numbers in [0, 1): the bits of ``Generator(Philox(key, counter))``."""
    return _draw(xp, "float32", AS_FLOAT32, size, key, counter)


def philox_float64(xp: ModuleType, size: int, key: int, counter: int) -> Any:
    """``size`` float64 numbers in [0, 1): the bits of ``Generator(Philox(key, counter))``."""
    return _draw(xp, "float64", AS_FLOAT64, size, key, counter)


def _draw(xp: ModuleType, dtype: str, body: str, size: int, key: int, counter: int) -> Any:
    out = xp.empty((size,), dtype)
    if size:
        _philox(xp, dtype, body)(np.uint64(key), np.uint64(counter), out)
    return out


@functools.cache
def _philox(xp: ModuleType, dtype: str, body: str) -> Any:
    signature = "uint64 key, uint64 counter", f"{dtype} y"
    return xp.ElementwiseKernel(*signature, body, f"tinygen_philox_{dtype}", preamble=PHILOX)
