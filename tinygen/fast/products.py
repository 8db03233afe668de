"""Products of matrices on NumPy: by the threads of BLAS, or by ours.

Which ones, and why, stands in :mod:`tinygen.fast.threads`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygen.fast.choices import PARALLEL_PRODUCT
from tinygen.fast.threads import in_parts, product_is_ours

__all__ = ["matmul"]

Array = Any

ELEMENTS_A_PRODUCT = 4  # as many multiplications take as long as to touch an element


def matmul(a: Array, b: Array) -> Array:
    """``a @ b``."""
    if a.ndim != 2 or b.ndim != 2 or a.dtype.kind != "f":
        return a @ b
    (rows, inner), columns = a.shape, b.shape[1]
    if rows * inner * columns < PARALLEL_PRODUCT or not product_is_ours():
        return a @ b
    product = np.empty((rows, columns), a.dtype)

    def by_rows(some: slice) -> None:
        np.matmul(a[some], b, out=product[some])

    def by_columns(some: slice) -> None:
        np.matmul(a, b[:, some], out=product[:, some])

    work, length = (by_rows, rows) if rows >= columns else (by_columns, columns)
    in_parts(work, length, rows * inner * columns // ELEMENTS_A_PRODUCT)
    return product
