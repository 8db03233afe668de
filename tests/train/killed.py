"""Trains in child processes and kills them: ``python -m tests.train.killed FOLDER``.

Run as a process of its own: it forks, which a process with threads should not. It prints how many
processes were killed, and how many numbers of the finished run differ from those of a run that was
never stopped.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import tinygen as tg
from tests.train.test_resume import make, run, untimed

KILLS = 8


def finished_run(out, **options):
    trainer = make(out, save_every=2)
    run(trainer, **options)
    return trainer


def main(folder):
    out = Path(folder)
    finished_run(out / "never stopped")  # what is slow the first time is not measured
    began = time.perf_counter()
    reference = finished_run(out / "never stopped")
    length = time.perf_counter() - began

    rng = random.Random(0)
    kills = 0
    while kills < KILLS:
        child = os.fork()
        if not child:
            finished_run(out / "killed", resume="auto")
            os._exit(0)
        time.sleep(rng.uniform(0.02, 0.2) * length)
        os.kill(child, signal.SIGKILL)
        if os.WIFEXITED(os.waitpid(child, 0)[1]):
            break  # it was done before
        kills += 1

    tg.manual_seed(1)
    resumed = finished_run(out / "killed", resume="auto")
    different = untimed(resumed.history.rows) != untimed(reference.history.rows)
    for kept in ("model", "ema"):
        state = getattr(resumed, kept).state_dict()
        for name, values in getattr(reference, kept).state_dict().items():
            different += int(np.sum(state[name] != values))
    print(kills, int(different))


if __name__ == "__main__":
    main(sys.argv[1])
