"""Do what the README says, as a new user would: ``python tests/run_readme.py FOLDER``.

Runs every line of the README's ``sh`` blocks, and every ``python`` block, in a clean copy of the
repository. Only the standard library is needed. Stops at the first that fails, or if the first
``python`` block is longer than the README promises.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

PROMISE = re.compile(r"^## .* in (\d+) lines$", re.MULTILINE)
"""The heading of the first example."""

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(readme: str) -> list[list[str]]:
    """The commands, in the order of the text."""
    commands = []
    for language, body in BLOCK.findall(readme):
        if language == "sh":
            lines = [line for line in body.splitlines() if line and not line.startswith("#")]
            commands += [["bash", "-c", line] for line in lines]
        else:
            commands.append([".venv/bin/python", "-c", body])
    return commands


def check_promise(readme: str) -> None:
    """Refuse a first example that is longer than its heading says."""
    promise = PROMISE.search(readme)
    if promise is None:
        raise SystemExit("the README has no heading '... in N lines'")
    example = next(body for language, body in BLOCK.findall(readme) if language == "python")
    if len(example.splitlines()) > int(promise[1]):
        raise SystemExit(f"the first example has {len(example.splitlines())} lines: {promise[0]!r}")


def main() -> None:
    folder = Path(sys.argv[1])
    readme = (folder / "README.md").read_text(encoding="utf-8")
    check_promise(readme)
    for command in steps(readme):
        print(f"\n$ {command[-1].strip()}", flush=True)
        start = time.monotonic()
        subprocess.run(command, cwd=folder, check=True)
        print(f"({time.monotonic() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
