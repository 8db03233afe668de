"""One framework in a process of its own: ``python -m tests.benchmarks.worker NAME``.

It prints a JSON object about itself, or why it cannot be; then it reads requests, a JSON object
per line, and answers each of them with another one. See :class:`tests.benchmarks.workers.Worker`.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from . import machine
from .frameworks import FRAMEWORKS

STEPS_COMPARED = 3
STEPS_TO_WARM_UP = 3
FEWEST_STEPS = 5

Step = Callable[[], "float | np.ndarray"]


def first_results(step: Step) -> dict[str, object]:
    """The losses of the first steps, or the mean size of what was computed."""
    return {"results": [float(np.abs(step()).mean()) for _ in range(STEPS_COMPARED)]}


def time_steps(step: Step, seconds: float) -> dict[str, object]:
    """Minimum and 20th percentile of a step's time in seconds.

    Low quantiles, because a shared machine only ever adds time.
    """
    for _ in range(STEPS_TO_WARM_UP):
        step()
    durations: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(durations) < FEWEST_STEPS or time.perf_counter() < deadline:
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    return {
        "minimum": round(min(durations), 9),
        "p20": round(float(np.percentile(durations, 20)), 9),
        "steps": len(durations),
    }


def peak_memory(step: Step, steps: int) -> dict[str, object]:
    """MiB of the process before the first step, and the most during the first steps."""
    machine.forget_peak_memory()
    before = machine.memory("VmRSS")
    for _ in range(steps):
        step()
    return {"before": before, "peak": machine.memory("VmHWM")}


def memory_after(step: Step, marks: Sequence[int]) -> dict[str, object]:
    """MiB of the process, and how many blocks of memory Python has, after so many steps each."""
    done, mib, blocks = 0, [], []
    for mark in marks:
        for _ in range(mark - done):
            step()
        done = mark
        mib.append(machine.memory("VmRSS"))
        blocks.append(sys.getallocatedblocks())
    return {"mib": mib, "blocks": blocks}


ACTIONS: dict[str, Callable[..., dict[str, object]]] = {
    "compare": first_results,
    "time": time_steps,
    "memory": peak_memory,
    "leak": memory_after,
}


def _say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def main() -> None:
    framework = FRAMEWORKS[sys.argv[1]]
    try:
        module = importlib.import_module(f".{framework.module}", __package__)
    except ImportError as error:
        _say(left_out=f"it cannot be imported ({error})")
        return
    _say(about=module.about(), numpy=machine.numpy_build())

    builders = getattr(module, framework.steps)
    for line in sys.stdin:
        request = json.loads(line)
        builder = request["builder"]
        if builder not in builders:
            _say(left_out=module.LEFT_OUT[builder])
            continue
        try:
            step = builders[builder](**request["arguments"])
            answer = ACTIONS[request["action"]](step, **request["settings"])
        except Exception as error:  # one broken workload must not hide the others
            answer = {"left_out": f"it failed: {type(error).__name__}: {error}"}
        _say(**answer)


if __name__ == "__main__":
    main()
