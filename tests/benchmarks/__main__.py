"""Compare frameworks on the same training steps, in turns: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import machine, report
from .frameworks import FRAMEWORKS
from .workloads import WORKLOADS

REPOSITORY = Path(__file__).resolve().parents[2]
CHILD_TIMEOUT = 900


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Time one training step of each workload in each framework, in turns.",
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each takes its turn")
    parser.add_argument(
        "--seconds", type=float, default=1.5, help="time for one workload in one turn"
    )
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument("--threads", type=int, default=2, help="threads for each framework")
    parser.add_argument("--avx2", action="store_true", help="limit all frameworks to AVX2")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results here")
    options = parser.parse_args(arguments)
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: there is no directory {options.json.parent}")
    return options


def run_worker(
    framework: str,
    workloads: Sequence[str],
    environment: dict[str, str],
    seconds: float | None = None,
) -> list[dict[str, Any]]:
    """What one framework's process reports: a line about itself, then one per workload."""
    command = [sys.executable, "-m", f"{__package__}.worker", framework, *workloads]
    if seconds is not None:
        command += ["--seconds", str(seconds)]
    try:
        process = subprocess.run(
            command,
            env=environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=CHILD_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return [{"left_out": f"it took more than {CHILD_TIMEOUT} s"}]
    lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
    if process.returncode:
        last_words = (process.stderr.strip().splitlines() or ["nothing"])[-1]
        lines.append({"left_out": f"it ended with {process.returncode}, saying: {last_words}"})
    return lines


class Comparison:
    """The frameworks still taking part, and all that was found out about them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.environment = machine.child_environment(os.environ, options.threads, options.avx2)
        self.plan = {name: list(options.workloads) for name in options.frameworks}
        self.processor = machine.processor()
        self.python = sys.version.split()[0]
        self.abouts: dict[str, str] = {}
        self.numpy_build = ""
        self.left_out: dict[tuple[str, str], list[str]] = {}
        self.losses: dict[str, dict[str, list[float]]] = {key: {} for key in options.workloads}
        self.rounds: list[report.Round] = []

    def compare_losses(self) -> None:
        """Run the first steps of everything; what cannot run is left out from here on."""
        for name in list(self.plan):
            for line in self._ask(name):
                if "about" in line:
                    self.abouts[name], self.numpy_build = line["about"], line["numpy"]
                elif "losses" in line:
                    self.losses[line["workload"]][name] = line["losses"]

    def time_one_round(self) -> None:
        """Let every framework take one turn, beginning with another one in each round."""
        results: report.Round = {key: {} for key in self.options.workloads}
        names = list(self.plan)
        first = len(self.rounds) % max(len(names), 1)
        for name in names[first:] + names[:first]:
            for line in self._ask(name, self.options.seconds):
                if "p20" in line:
                    results[line.pop("workload")][name] = line
        self.rounds.append(results)

    def _ask(self, name: str, seconds: float | None = None) -> list[dict[str, Any]]:
        """Run a framework's process, and take from the plan what it could not do."""
        print(f"  {name}", file=sys.stderr, flush=True)
        lines = run_worker(name, self.plan[name], self.environment, seconds)
        for line in lines:
            if "left_out" in line:
                self._leave_out(name, line.get("workload"), line["left_out"])
        return lines

    def _leave_out(self, name: str, workload: str | None, reason: str) -> None:
        if workload is None:
            self.plan.pop(name, None)
        else:
            self.plan[name].remove(workload)
            if not self.plan[name]:
                del self.plan[name]
        self.left_out.setdefault((name, reason), []).append(workload or "all")

    def left_out_lines(self) -> list[str]:
        return [
            f"{name} ({', '.join(workloads)}): {reason}"
            for (name, reason), workloads in self.left_out.items()
        ]

    def conditions(self) -> list[str]:
        """The lines without which the table says nothing."""
        overridden = [
            f"{key}={os.environ[key]}" for key in machine.BLAS_OVERRIDES if key in os.environ
        ]
        kernels = (
            "all limited to AVX2: " + " ".join(f"{k}={v}" for k, v in machine.ONLY_AVX2.items())
            if self.options.avx2
            else "each library chooses its own for this processor"
        )
        return [
            f"Processor: {self.processor} at the start",
            f"Python {self.python}, {self.numpy_build}",
            "Frameworks: " + "; ".join(dict.fromkeys(self.abouts.values())),
            f"Threads: {self.options.threads} for each framework",
            f"Kernels: {kernels}",
            f"Unset for the frameworks: {', '.join(machine.BLAS_OVERRIDES)} "
            f"(here: {', '.join(overridden) or 'not set'})",
            f"Rounds: {len(self.rounds)} in turns, {self.options.seconds} s per workload and turn",
        ]

    def as_json(self) -> str:
        return json.dumps(
            {
                "conditions": self.conditions(),
                "left_out": self.left_out_lines(),
                "losses": self.losses,
                "loss_warnings": report.loss_warnings(self.losses),
                "rounds": self.rounds,
            },
            indent=1,
        )


def write_whole(path: Path, text: str) -> None:
    """Write beside the file and rename: an interrupted run leaves no half of it."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(path)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def main() -> None:
    options = parse_options()
    comparison = Comparison(options)
    print("the losses of the first steps:", file=sys.stderr)
    comparison.compare_losses()
    warnings = report.loss_warnings(comparison.losses)
    for warning in warnings:
        print(warning, file=sys.stderr)
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}:", file=sys.stderr)
        comparison.time_one_round()

    sections = [_bullets(comparison.conditions())]
    if comparison.rounds:
        sections.append(report.table(comparison.rounds))
    sections.append("\n\n".join(warnings) or report.LOSSES_AGREE)
    if comparison.left_out:
        sections.append("Left out:\n\n" + _bullets(comparison.left_out_lines()))
    print("\n\n".join(sections))
    if options.json:
        write_whole(options.json, comparison.as_json())


if __name__ == "__main__":
    main()
