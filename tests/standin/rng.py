"""Stand-in for ``cupy.random``: CuPy's gaps, and on purpose another stream than NumPy's."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tests.standin.accounting import counters
from tests.standin.array import ndarray, supported, wrap
from tests.standin.frozen import API, refuse_missing

_OTHER_STREAM = (0xC, 0xB)  # spawn key: a seed never gives NumPy's numbers


def __getattr__(name: str) -> NoReturn:
    refuse_missing("cupy.random", API["cupy.random"], name)


def _fresh(values: Any, dtype: Any = None) -> ndarray:
    """Count the launch that drew the values."""
    counters.launches += 1
    return wrap(np.asarray(values, dtype=supported(dtype)))


class BitGenerator:
    """A source of bits; like CuPy's it cannot be pickled."""

    def __init__(self, seed: int | None = None, *, size: int = -1) -> None:
        self._bits = np.random.Philox(np.random.SeedSequence(seed, spawn_key=_OTHER_STREAM))

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle '_thread.lock' object")


class XORWOW(BitGenerator):
    """CuPy's default."""


class Philox4x3210(BitGenerator):
    """A counter-based generator."""


class MRG32k3a(BitGenerator):
    """A combined multiple recursive generator."""


class Generator:
    """Distributions over a bit generator; no ``normal``, ``choice`` or ``shuffle``."""

    def __init__(self, bit_generator: BitGenerator) -> None:
        self.bit_generator = bit_generator
        self._numpy = np.random.Generator(bit_generator._bits)

    def __getattr__(self, name: str) -> NoReturn:
        refuse_missing("Generator", API["Generator"], name)

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle '_thread.lock' object")

    def random(self, size: Any = None, dtype: Any = np.float64, out: None = None) -> ndarray:
        """Draw from [0, 1)."""
        return _fresh(self._numpy.random(size, dtype))

    def standard_normal(
        self, size: Any = None, dtype: Any = np.float64, out: None = None
    ) -> ndarray:
        """Draw from the standard normal distribution."""
        return _fresh(self._numpy.standard_normal(size, dtype))

    def uniform(
        self, low: float = 0.0, high: float = 1.0, size: Any = None, dtype: Any = np.float64
    ) -> ndarray:
        """Draw from [low, high)."""
        return _fresh(self._numpy.uniform(low, high, size), dtype)

    def integers(
        self,
        low: int,
        high: int | None = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> ndarray:
        """Draw integers from [low, high)."""
        return _fresh(self._numpy.integers(low, high, size, dtype, endpoint))


def default_rng(seed: int | None = None) -> Generator:
    """Make a generator."""
    return Generator(XORWOW(seed))


# -- functions over one hidden generator, as in the first years of NumPy ------------------

_hidden = default_rng(0)


def seed(seed: int | None = None) -> None:
    """Seed the hidden generator."""
    global _hidden
    _hidden = default_rng(seed)


def rand(*size: int, dtype: Any = float) -> ndarray:
    """Draw from [0, 1)."""
    return _fresh(_hidden._numpy.random(size), dtype)


def randn(*size: int, dtype: Any = float) -> ndarray:
    """Draw from the standard normal distribution."""
    return _fresh(_hidden._numpy.standard_normal(size), dtype)


def random(size: Any = None, dtype: Any = float) -> ndarray:
    """Draw from [0, 1)."""
    return _fresh(_hidden._numpy.random(size), dtype)


def normal(loc: float = 0.0, scale: float = 1.0, size: Any = None, dtype: Any = float) -> ndarray:
    """Draw from a normal distribution."""
    return _fresh(_hidden._numpy.normal(loc, scale, size), dtype)


def uniform(low: float = 0.0, high: float = 1.0, size: Any = None, dtype: Any = float) -> ndarray:
    """Draw from [low, high)."""
    return _fresh(_hidden._numpy.uniform(low, high, size), dtype)


def randint(low: int, high: int | None = None, size: Any = None, dtype: Any = int) -> ndarray:
    """Draw integers from [low, high)."""
    return _fresh(_hidden._numpy.integers(low, high, size), dtype)


def permutation(a: int) -> ndarray:
    """Draw a permutation of ``range(a)``."""
    return _fresh(_hidden._numpy.permutation(a))
