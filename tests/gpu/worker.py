"""One framework on the GPU, in a process of its own: ``python -m tests.gpu.worker NAME SECONDS``.

Two frameworks in one process would share neither memory pools nor streams, but fight for both. A
JSON object per line: what the process is, then the losses and times of each workload.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.workloads import TrainingStep
from tests.gpu.steps import STEPS, Framework

STEPS_COMPARED = 3
STEPS_TO_WARM_UP = 20
FEWEST_STEPS = 20


def tinygen(device: str = "cuda") -> tuple[Framework, str]:
    """tinygen on CuPy, whose products of float32 matrices are exact to float32 unless asked."""
    api = importlib.import_module("tinygen")
    cupy = importlib.import_module("tinygen.backend").get("cupy").xp
    return Framework(api, device, {}), f"tinygen {api.__version__} on CuPy {cupy.__version__}"


def pytorch(device: str = "cuda", fused: bool = False) -> tuple[Framework, str]:
    """PyTorch with TF32 off, which its convolutions would use otherwise."""
    torch: Any = importlib.import_module("torch")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    about = f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, TF32 off"
    return Framework(torch, device, {"fused": True} if fused else {}), about


FRAMEWORKS: dict[str, Callable[[], tuple[Framework, str]]] = {
    "tinygen": tinygen,
    "pytorch": pytorch,
    "pytorch-fused": lambda: pytorch(fused=True),
}


def measured(step: TrainingStep, seconds: float) -> dict[str, Any]:
    """The first losses, and a step's minimum and 20th percentile in milliseconds.

    A step ends by reading its loss, for which the host waits until the GPU has done everything.
    """
    losses = [step() for _ in range(STEPS_COMPARED)]
    for _ in range(STEPS_TO_WARM_UP):
        step()
    durations: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(durations) < FEWEST_STEPS or time.perf_counter() < deadline:
        start = time.perf_counter()
        step()
        durations.append((time.perf_counter() - start) * 1e3)
    return {
        "losses": losses,
        "minimum": min(durations),
        "p20": float(np.percentile(durations, 20)),
    }


def _say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])
    try:
        framework, about = FRAMEWORKS[name]()
    except ImportError as error:
        _say(left_out=f"{name}: {error}")
        return
    _say(about=about)
    for key, build in STEPS.items():
        try:
            _say(workload=key, **measured(build(framework), seconds))
        except Exception as error:  # one broken workload must not hide the others
            _say(workload=key, left_out=f"{name}, {key}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
