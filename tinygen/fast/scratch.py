"""Memory that a thread keeps for its next call: to get it from the system anew costs as much as to
fill it.

Every thread has its own, so that several may work at once; it is freed when the thread ends. What
is larger than ``SCRATCH_BYTES`` is not kept.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from tinygen.backend.layout import empty
from tinygen.fast.choices import SCRATCH_BYTES

__all__ = ["scratch"]

_kept = threading.local()


def scratch(use: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """An array with anything in it, the same memory at every call for the same use.

    Parameters
    ----------
    use : str
        What for: two arrays that are needed at the same time must have different uses.
    shape : tuple of int
    dtype : numpy.dtype
    """
    needed = math.prod(shape) * dtype.itemsize
    if needed > SCRATCH_BYTES:
        return empty(shape, dtype)
    memory = getattr(_kept, use, None)
    if memory is None or memory.nbytes < needed:
        memory = empty((needed,), np.uint8)
        setattr(_kept, use, memory)
    return memory[:needed].view(dtype).reshape(shape)
