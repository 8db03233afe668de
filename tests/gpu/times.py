"""Times of the frameworks, taken in turns, and the table of them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.gpu.worker import FRAMEWORKS

REFERENCE = "pytorch"
TITLES = {
    "W1": "CNN, batch 64",
    "W2": "VAE, batch 128",
    "W3": "DCGAN, batch 64",
    "W4": "LSTM, batch 128",
    "W5": "64 operations on 8 numbers",
    "W6": "VGG-like CNN, batch 32",
}
LOSS_TOLERANCE = 5e-4
TIMEOUT = 300

Results = dict[str, dict[str, list[dict[str, Any]]]]
"""For each workload and framework, what each round gave."""


def compare(rounds: int, seconds: float, environment: Mapping[str, str]) -> str:
    """Time all frameworks and describe the outcome as Markdown."""
    results: Results = {key: defaultdict(list) for key in TITLES}
    abouts: dict[str, None] = {gpu_name(): None}  # in order, each once
    left_out: dict[str, None] = {}
    names = list(FRAMEWORKS)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            for line in _ask(name, seconds, environment):
                if "left_out" in line:
                    left_out[line["left_out"]] = None
                elif "about" in line:
                    abouts[line["about"]] = None
                else:
                    results[line["workload"]][name].append(line)
    return describe(results, list(abouts), list(left_out))


def gpu_name() -> str:
    """The GPU and its driver, as the driver's own tool names them."""
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "GPU: nvidia-smi does not say which"
    return f"GPU and driver: {said.strip().splitlines()[0]}"


def _ask(name: str, seconds: float, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """What one framework's process reports."""
    command = [sys.executable, "-m", "tests.gpu.worker", name, str(seconds)]
    try:
        process = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return [{"left_out": f"{name}: it took more than {TIMEOUT} s"}]
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
    if process.returncode:
        last_words = (process.stderr.strip().splitlines() or ["nothing"])[-1]
        lines.append({"left_out": f"{name}: it ended with an error: {last_words}"})
    return lines


def describe(results: Results, abouts: list[str], left_out: list[str]) -> str:
    """The conditions, the table, and whether the losses agree."""
    names = [name for name in FRAMEWORKS if any(results[key].get(name) for key in results)]
    header = ["training step, float32", *(f"{name}, ms" for name in names), "ratio to PyTorch"]
    rows = [_row(key, results[key], names) for key in results]
    table = [header, ["---"] * len(header), *rows]
    lines = [f"- {line}" for line in abouts]
    lines += ["", *("| " + " | ".join(row) + " |" for row in table), "", _losses(results)]
    return "\n".join([*lines, *(f"\nLeft out: {line}" for line in left_out)])


def _row(key: str, timed: Mapping[str, list[dict[str, Any]]], names: list[str]) -> list[str]:
    """The median over rounds of the 20th percentile; the ratio with its extremes."""
    cells = [f"{_median(timed[name]):.3f}" if timed.get(name) else "" for name in names]
    ours, theirs = timed.get("tinygen", []), timed.get(REFERENCE, [])
    ratio = ""
    if ours and theirs:
        single = [one["p20"] / other["p20"] for one, other in zip(ours, theirs, strict=False)]
        ratio = f"{_median(ours) / _median(theirs):.2f} ({min(single):.2f} to {max(single):.2f})"
    return [f"{key} {TITLES[key]}", *cells, ratio]


def _median(rounds: list[dict[str, Any]]) -> float:
    return statistics.median(line["p20"] for line in rounds)


def _losses(results: Results) -> str:
    """Whether the frameworks train the same network from the same start."""
    apart = []
    for key, timed in results.items():
        for name, rounds in timed.items():
            reference = timed.get(REFERENCE)
            if reference and rounds and _differ(rounds[0]["losses"], reference[0]["losses"]):
                apart.append(f"{key} in {name}")
    if apart:
        return f"WARNING: the losses of the first steps differ from PyTorch's: {', '.join(apart)}"
    return f"The losses of the first steps differ by less than {LOSS_TOLERANCE}."


def _differ(ours: list[float], theirs: list[float]) -> bool:
    pairs = zip(ours, theirs, strict=True)
    return any(not abs(a - b) <= LOSS_TOLERANCE * max(abs(b), 1) for a, b in pairs)
