"""Sets of pictures to learn from, as arrays on the host."""

from __future__ import annotations

from tinygen.data.digits import draw_digits, synthetic_digits
from tinygen.data.idx import DataError, read_idx
from tinygen.data.mnist import DataNotFoundError, load_mnist
from tinygen.data.sets import Digits

__all__ = [
    "DataError", "DataNotFoundError", "Digits", "draw_digits", "load_mnist", "read_idx",
    "synthetic_digits",
]  # fmt: skip
