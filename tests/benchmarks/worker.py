"""One framework in a process of its own: ``python -m tests.benchmarks.worker NAME ...``.

Prints a JSON object per line: first what the process is (or why it cannot be), then one object
per workload. Without ``--seconds`` it gives the losses of the first three steps, otherwise times.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Callable

import numpy as np

from . import machine
from .frameworks import FRAMEWORKS
from .workloads import WORKLOADS, TrainingStep

STEPS_COMPARED = 3
STEPS_TO_WARM_UP = 3
FEWEST_STEPS = 5


def first_losses(build: Callable[..., TrainingStep], workload: str) -> dict[str, object]:
    """The losses of the first steps, the randomness taken out."""
    step = build(**WORKLOADS[workload].without_chance)
    return {"losses": [step() for _ in range(STEPS_COMPARED)]}


def time_steps(
    build: Callable[..., TrainingStep], workload: str, seconds: float
) -> dict[str, object]:
    """Minimum and 20th percentile of a step's time, in the workload's unit.

    Low quantiles, because a shared machine only ever adds time.
    """
    step = build()
    for _ in range(STEPS_TO_WARM_UP):
        step()
    durations: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(durations) < FEWEST_STEPS or time.perf_counter() < deadline:
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    in_unit = WORKLOADS[workload].in_unit
    return {
        "minimum": in_unit(min(durations)),
        "p20": in_unit(float(np.percentile(durations, 20))),
        "steps": len(durations),
    }


def _emit(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.worker")
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("workloads", nargs="+", choices=WORKLOADS)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()

    framework = FRAMEWORKS[options.framework]
    try:
        module = importlib.import_module(f".{framework.module}", __package__)
    except ImportError as error:
        _emit(left_out=f"it cannot be imported ({error})")
        return
    _emit(about=module.about(), numpy=machine.numpy_build())

    steps = getattr(module, framework.steps)
    for workload in options.workloads:
        if workload not in steps:
            _emit(workload=workload, left_out=module.LEFT_OUT[workload])
            continue
        try:
            if options.seconds is None:
                result = first_losses(steps[workload], workload)
            else:
                result = time_steps(steps[workload], workload, options.seconds)
        except Exception as error:  # one broken workload must not hide the others
            _emit(workload=workload, left_out=f"it failed: {type(error).__name__}: {error}")
        else:
            _emit(workload=workload, **result)


if __name__ == "__main__":
    main()
