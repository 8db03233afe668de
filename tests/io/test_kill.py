"""A process that is killed while it saves leaves the old file or the new one, whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.io import killed

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


def after_kills(folder, way):
    """How often the old and the new content were there, the file whole each time."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.io.killed", folder, way],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert finished.stderr == ""
    return tuple(map(int, finished.stdout.split()))


def test_killed_at_random_moments(tmp_path):
    assert sum(after_kills(tmp_path, "random")) == killed.KILLS


def test_stopped_dead_all_along_the_way(tmp_path):
    old, new = after_kills(tmp_path, "lines")

    assert old > 10  # before the renaming, at the many steps of writing
    assert new > 0  # and behind it
    remains = {file.name for file in tmp_path.iterdir()} - {"a.npz"}
    assert remains
    assert all(name.startswith(".tinygen-") and name.endswith(".unfinished") for name in remains)
