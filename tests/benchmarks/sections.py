"""The parts of a whole run. Each measures one thing and gives what it found, ready for JSON."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from . import kernels, machine
from .frameworks import FRAMEWORKS
from .tasks import BATCHES, INFERENCE, SIDES, STEPS, Task
from .times import result_warnings
from .workers import REPOSITORY, Answer, worker

Section = dict[str, Any]

NO_PEERS = [name for name, framework in FRAMEWORKS.items() if not framework.is_numpy_peer]
MEMORY_STEPS = 10
LEAK_MARKS = (1_000, 10_000)
IMPORTED = ("tinygen", "numpy", "torch")
IMPORT_ROUNDS = 10


def progress(text: str) -> None:
    """A line on the standard error, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class InTurns:
    """Some tasks in some frameworks, first compared and then timed in turns.

    Parameters
    ----------
    tasks : mapping
        From a key of ``TASKS`` to the task.
    frameworks : list of str
        Keys of ``FRAMEWORKS``; those that cannot take part are left out, with the reason.
    environment : mapping
        What every framework's process runs in.
    """

    def __init__(
        self, tasks: Mapping[str, Task], frameworks: list[str], environment: Mapping[str, str]
    ) -> None:
        self.environment = environment
        self.plan = {name: list(tasks) for name in frameworks}
        self.tasks = list(tasks)
        self.abouts: list[str] = []
        self.left_out: dict[tuple[str, str], list[str]] = {}
        self.results: dict[str, dict[str, list[float]]] = {task: {} for task in tasks}
        self.rounds: list[dict[str, dict[str, Answer]]] = []

    def compare(self) -> None:
        """Do the first steps of everything; what cannot be done is left out from here on."""
        for task, name, answer in self._everyone("compare"):
            self.results[task][name] = answer["results"]
        for warning in result_warnings(self.results):
            progress(warning)

    def time_one_round(self, seconds: float) -> None:
        """Let every framework do each task, one after the other, in fresh processes."""
        times: dict[str, dict[str, Answer]] = {task: {} for task in self.tasks}
        self.rounds.append(times)
        for task, name, answer in self._everyone("time", seconds=seconds):
            times[task][name] = answer

    def _everyone(self, action: str, **settings: object) -> Iterator[tuple[str, str, Answer]]:
        """Every task's answers by all frameworks; another framework begins each time."""
        with ExitStack() as stack:
            everyone = {
                name: stack.enter_context(worker(name, self.environment))
                for name, tasks in self.plan.items()
                if tasks
            }
            for name, process in everyone.items():
                self._introduce(name, process.about)
            for number, task in enumerate(self.tasks, start=len(self.rounds)):
                names = [name for name in self.plan if task in self.plan[name]]
                first = number % max(len(names), 1)
                for name in names[first:] + names[:first]:
                    answer = everyone[name].ask(action, task, **settings)
                    if "left_out" in answer:
                        self._leave_out(name, task, answer["left_out"])
                    else:
                        yield task, name, answer

    def _introduce(self, name: str, about: Answer) -> None:
        if "left_out" in about:
            self.left_out[name, about["left_out"]] = ["all"]
            del self.plan[name]
        else:
            self.abouts += [words for words in about.values() if words not in self.abouts]

    def _leave_out(self, name: str, task: str, reason: str) -> None:
        self.plan[name].remove(task)
        self.left_out.setdefault((name, reason), []).append(task)

    def found(self) -> Section:
        return {
            "versions": self.abouts,
            "left_out": [
                f"{name} ({', '.join(tasks)}): {reason}"
                for (name, reason), tasks in self.left_out.items()
            ],
            "results": self.results,
            "rounds": self.rounds,
        }


def _in_turns(
    tasks: Mapping[str, Task],
    options: Namespace,
    frameworks: Sequence[str],
    seconds: float,
    rounds: int,
    avx2_only: bool = False,
) -> Section:
    environment = machine.child_environment(os.environ, options.threads, avx2_only)
    chosen = [name for name in frameworks if name in options.frameworks]
    comparison = InTurns(tasks, chosen, environment)
    comparison.compare()
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        comparison.time_one_round(seconds)
    how = f"Rounds in turns: {rounds}, of {seconds:g} s for each task and framework"
    return {"how": how, **comparison.found()}


def _chosen_steps(options: Namespace) -> dict[str, Task]:
    return {key: STEPS[key] for key in options.workloads}


def steps(options: Namespace) -> Section:
    """Training steps in every framework."""
    chosen = _chosen_steps(options)
    return _in_turns(chosen, options, list(FRAMEWORKS), options.seconds, options.rounds)


def avx2(options: Namespace) -> Section:
    """Training steps once more, everything limited to AVX2, with the proof that it is."""
    own, limited = (
        kernels.chosen(machine.child_environment(os.environ, options.threads, avx2_only))
        for avx2_only in (False, True)
    )
    chosen = _chosen_steps(options)
    found = _in_turns(chosen, options, NO_PEERS, options.seconds, options.rounds, avx2_only=True)
    return {**found, "kernels": {"own": own, "limited": limited}}


def inference(options: Namespace) -> Section:
    """Calls of trained networks."""
    return _in_turns(INFERENCE, options, NO_PEERS, 0.5 * options.seconds, options.rounds)


def scaling(options: Namespace) -> Section:
    """The time of a training step for batches and images of many sizes."""
    frameworks = ["tinygen", "pytorch", "pytorch-channels-last"]
    rounds = min(options.rounds, 3)
    return _in_turns(BATCHES | SIDES, options, frameworks, 0.4 * options.seconds, rounds)


def memory(options: Namespace) -> Section:
    """Peak memory of training steps, each in a fresh process."""
    environment = machine.child_environment(os.environ, options.threads, avx2_only=False)
    mib: dict[str, dict[str, Answer]] = {task: {} for task in options.workloads}
    for task in options.workloads:
        progress(task)
        for name in (name for name in NO_PEERS if name in options.frameworks):
            with worker(name, environment) as process:
                answer = process.ask("memory", task, steps=MEMORY_STEPS)
            if "left_out" not in answer:
                mib[task][name] = answer
    return {"steps": MEMORY_STEPS, "mib": mib}


def leak(options: Namespace) -> Section:
    """Memory during ten thousand training steps of a small CNN in tinygen."""
    environment = machine.child_environment(os.environ, options.threads, avx2_only=False)
    with worker("tinygen", environment) as process:
        return {"marks": LEAK_MARKS, **process.ask("leak", "small", marks=LEAK_MARKS)}


def imports(options: Namespace) -> Section:
    """Seconds that an import takes in a fresh process, in turns."""
    environment = machine.child_environment(os.environ, options.threads, avx2_only=False)
    seconds: dict[str, list[float]] = {name: [] for name in IMPORTED}
    for round_ in range(IMPORT_ROUNDS + 1):
        for name in IMPORTED:
            measured = _import_seconds(name, environment)
            if round_ and measured is not None:  # the first time, files come from the disk
                seconds[name].append(measured)
    return {"seconds": {name: times for name, times in seconds.items() if times}}


def _import_seconds(name: str, environment: Mapping[str, str]) -> float | None:
    """None if it cannot be imported."""
    code = f"from time import perf_counter as t; s = t(); import {name}; print(t() - s)"
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(environment),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    return None if process.returncode else float(process.stdout)


SECTIONS: dict[str, Callable[[Namespace], Section]] = {
    "steps": steps,
    "avx2": avx2,
    "inference": inference,
    "memory": memory,
    "import": imports,
    "scaling": scaling,
    "leak": leak,
}


def measure(name: str, options: Namespace) -> Section:
    """A section's findings, and the conditions without which they say nothing."""
    progress(f"section {name}")
    overridden = [f"{key}={os.environ[key]}" for key in machine.OVERRIDES if key in os.environ]
    began = time.time()
    conditions = {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": machine.processor(),
        "python": sys.version.split()[0],
        "threads": options.threads,
        "unset": overridden,
    }
    found = SECTIONS[name](options)
    return {**conditions, **found, "took": round(time.time() - began)}
