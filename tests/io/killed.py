"""Saves files in child processes and kills them: ``python -m tests.io.killed FOLDER WAY``.

Run as a process of its own: it forks, which a process with threads should not. It prints how often
the old and how often the new content was found after a kill, and fails if it was neither.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

import tinygen as tg

OLD, NEW = "old", "new"
KILLS = 60


def tree(name):
    """Contents that tell which they are in every part."""
    number = (OLD, NEW).index(name)
    return {"name": name, "w": np.full(500, number), "m": [np.full((20, 20), number)] * 3}


def content_of(path):
    found = tg.load(path)
    arrays = [found["w"], *found["m"]]
    number = (OLD, NEW).index(found["name"])
    assert all((array == number).all() for array in arrays)
    return found["name"]


def killed_at_random(path, rng):
    """Kill a process that writes one content after the other, at any moment."""
    child = os.fork()
    while not child:
        for name in (NEW, OLD):
            tg.save(tree(name), path)
    time.sleep(rng.uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def ended_after(lines, path):
    """Save in a process that stops dead after so many lines of code; say whether it did."""
    child = os.fork()
    if not child:
        passed = 0

        def trace(frame, event, argument):
            nonlocal passed
            passed += event == "line"
            if passed == lines:
                os._exit(9)
            return trace

        sys.settrace(trace)
        tg.save(tree(NEW), path)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def main(folder, way):
    path = Path(folder) / "a.npz"
    tg.save(tree(OLD), path)
    found = Counter()
    if way == "random":
        rng = random.Random(0)
        for _ in range(KILLS):
            killed_at_random(path, rng)
            found[content_of(path)] += 1
    else:
        lines = 1
        while ended_after(lines, path):
            found[content_of(path)] += 1
            tg.save(tree(OLD), path)
            lines += 37
    print(found[OLD], found[NEW])


if __name__ == "__main__":
    main(*sys.argv[1:])
