"""Which kernels the libraries use, to see that a limit takes effect.

``python -m tests.benchmarks.kernels`` prints those of its own process as JSON; with
``ONEDNN_VERBOSE=1`` in the environment, oneDNN says a word of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np

from . import machine
from .workers import REPOSITORY

CORE, LOOPS, ATEN, ONEDNN = (
    "NumPy's OpenBLAS, core type",
    "NumPy's loops, SIMD above the baseline",
    "PyTorch's ATen",
    "PyTorch's oneDNN",
)
SIZE = 1024


def chosen(environment: Mapping[str, str]) -> dict[str, str]:
    """The kernels that are chosen in such an environment, and how fast they multiply."""
    process = subprocess.run(
        [sys.executable, "-m", __name__],
        env={**environment, "ONEDNN_VERBOSE": "1"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    findings = next(line for line in process.stdout.splitlines() if line.startswith("{"))
    said = re.search(r"cpu,isa:(.*)", process.stdout)
    return json.loads(findings) | ({ONEDNN: said[1]} if said else {})


def limits_without_effect(limited: Mapping[str, str]) -> list[str]:
    """What is not limited to AVX2, of the kernels found where everything should be."""
    wanted = {CORE: "Haswell", ATEN: "AVX2", ONEDNN: "Intel AVX2"}
    failed = [name for name, value in wanted.items() if limited.get(name, value) != value]
    return failed + [LOOPS] * ("AVX512" in limited[LOOPS] or "X86_V4" in limited[LOOPS])


def _speed(multiply: Callable[[], object]) -> str:
    """Of the fastest of many products of two float32 matrices."""
    durations = []
    for _ in range(100):
        start = time.perf_counter()
        multiply()
        durations.append(time.perf_counter() - start)
    return f"{2 * SIZE**3 / min(durations) / 1e9:.0f} GFLOP/s"


def main() -> None:
    matrix = np.ones((SIZE, SIZE), np.float32)
    found = {
        CORE: machine.openblas_core(),
        LOOPS: machine.numpy_simd(),
        f"NumPy's product of {SIZE}x{SIZE} matrices": _speed(lambda: matrix @ matrix),
    }
    try:
        import torch
    except ImportError:
        pass
    else:
        tensor = torch.ones(SIZE, SIZE)
        torch.nn.functional.conv2d(torch.ones(8, 8, 16, 16), torch.ones(8, 8, 3, 3))
        found[ATEN] = torch.backends.cpu.get_cpu_capability()
        found["PyTorch's product (by MKL)"] = _speed(lambda: tensor @ tensor)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
