"""Hand-tuned kernels, each the optional double of plain code that can be read instead.

Found by array module and name through :func:`tinygen.backend.kernel`. Delete this folder and
everything still works, from the plain code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygen.fast import cuda

KERNELS: dict[tuple[str, str], Callable[..., Any]] = {
    ("cupy", "philox_float32"): cuda.philox_float32,
    ("cupy", "philox_float64"): cuda.philox_float64,
}
