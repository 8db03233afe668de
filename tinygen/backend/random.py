"""Random numbers: a seed means the same picture on every machine and on both backends.

Two sources. The *host* generator is NumPy's own and draws what is drawn once: weights, shuffles,
splits. The *noise* stream draws on the device, at every step: latent codes, dropout masks. It is
counter-based (Philox 4x64-10: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
SC 2011), so its whole state is two integers, and a GPU kernel yields the very bits that NumPy's
C code yields on the CPU.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.backend import Array, Backend

__all__ = ["Noise", "get_rng_state", "host", "manual_seed", "noise", "set_rng_state"]

Shape = tuple[int, ...]


class Noise:
    """A stream of uniform and normal numbers whose state is a key and a counter.

    Parameters
    ----------
    key : int
        Chooses the stream, 0 to 2**64 - 1.
    counter : int
        The position in it, in blocks of 256 bits.
    """

    def __init__(self, key: int, counter: int = 0) -> None:
        self.key = key
        self.counter = counter

    def uniform(self, shape: Shape, dtype: Any = np.float32, on: Backend | None = None) -> Array:
        """Uniform numbers in [0, 1) of a floating dtype, on a backend (NumPy by default)."""
        on = on or backend.get()
        size, dtype = math.prod(shape), np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise TypeError(f"random numbers are float32 or float64, not {dtype}")
        kernel = backend.kernel(on.xp, f"philox_{dtype}")
        if kernel:
            flat = kernel(on.xp, size, self.key, self.counter)
        else:
            bits = np.random.Philox(key=self.key, counter=self.counter)
            flat = on.asarray(np.random.Generator(bits).random(size, dtype=dtype))
        self.counter += math.ceil(size * dtype.itemsize / 32)
        return flat.reshape(shape)

    def normal(self, shape: Shape, dtype: Any = np.float32, on: Backend | None = None) -> Array:
        """Standard normal numbers, two from each pair of uniform ones.

        G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates" (1958).
        """
        on = on or backend.get()
        xp, size = on.xp, math.prod(shape)
        pairs = (size + 1) // 2
        kernel = backend.kernel(xp, f"philox_normal_{np.dtype(dtype)}")
        if kernel:
            flat = kernel(xp, size, self.key, self.counter)
            self.counter += math.ceil(2 * pairs * flat.itemsize / 32)
            return flat.reshape(shape)
        uniform = self.uniform((2 * pairs,), dtype, on)
        radius = xp.sqrt(-2 * xp.log1p(-uniform[:pairs]))
        angle = (2 * math.pi) * uniform[pairs:]
        both = xp.concatenate([radius * xp.cos(angle), radius * xp.sin(angle)])
        return both[:size].reshape(shape)

    def state(self) -> dict[str, int]:
        """The key and the counter, ready for JSON."""
        return {"key": self.key, "counter": self.counter}

    def load(self, state: dict[str, int]) -> None:
        """Go on from a saved state."""
        self.key, self.counter = int(state["key"]), int(state["counter"])


host = np.random.Generator(np.random.PCG64DXSM())
"""The host generator. Its identity never changes: seeding sets its state."""

noise = Noise(key=int(host.integers(2**63)))
"""The device noise stream of the process."""


def manual_seed(seed: int) -> None:
    """Seed all of tinygen's randomness: weights, shuffles and device noise.

    Parameters
    ----------
    seed : int
        Any non-negative integer.

    Raises
    ------
    ValueError
        If ``seed`` is negative.
    """
    if seed < 0:
        raise ValueError(f"manual_seed needs a non-negative integer, got {seed}")
    for_host, for_noise = np.random.SeedSequence(seed).spawn(2)
    host.bit_generator.state = np.random.PCG64DXSM(for_host).state
    noise.load({"key": int(for_noise.generate_state(1, np.uint64)[0]), "counter": 0})


def get_rng_state() -> dict[str, Any]:
    """The state of both generators, ready for JSON."""
    return {"host": dict(host.bit_generator.state), "noise": noise.state()}


def set_rng_state(state: dict[str, Any]) -> None:
    """Go on from a state that :func:`get_rng_state` gave."""
    host.bit_generator.state = state["host"]
    noise.load(state["noise"])
