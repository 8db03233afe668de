"""Everything that needs a GPU, in one command: ``python -m tests.gpu``.

1. Whether CuPy keeps the promises by which its stand-in is written.
2. The tests of the ops, and of each CUDA kernel against its plain twin, on the GPU.
3. Training steps of the benchmarks' workloads beside PyTorch's on the same GPU, in float32.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.gpu import times
from tests.standin import contract
from tinygen import backend

REPOSITORY = Path(__file__).resolve().parents[2]
SUITES = ("tests/ops", "tests/fast")
NO_TF32 = {"CUPY_TF32": "0", "NVIDIA_TF32_OVERRIDE": "0"}


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.gpu", description="Check tinygen on a GPU, and time it there."
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each framework is timed")
    parser.add_argument("--seconds", type=float, default=2.0, help="for one workload in a round")
    parser.add_argument("--only-times", action="store_true", help="leave out the tests")
    parser.add_argument("--save", type=Path, metavar="FILE", help="also write the table there")
    return parser.parse_args(arguments)


def keeps_promises() -> bool:
    """Whether the installed CuPy behaves as its stand-in says."""
    found = list(contract.differences(backend.get("cupy").xp))
    for line in found:
        print(f"the stand-in differs from CuPy: {line}")
    print(f"CuPy: {len(contract.PROMISES)} promises, {len(found)} not kept")
    return not found


def tests_pass() -> bool:
    """Run the tests on the GPU."""
    environment = os.environ | NO_TF32 | {"TINYGEN_BACKENDS": "cupy"}
    command = [sys.executable, "-m", "pytest", "-q", *SUITES]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_options(arguments)
    try:
        backend.get("cupy")
    except backend.BackendError as error:
        print(f"python -m tests.gpu needs a GPU: {error}", file=sys.stderr)
        return 1
    well = options.only_times or all([keeps_promises(), tests_pass()])
    table = times.compare(options.rounds, options.seconds, os.environ | NO_TF32)
    print(table)
    if options.save:
        options.save.write_text(table + "\n", encoding="utf-8")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
