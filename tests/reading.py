"""What a reader has before them: ``python -m tests.reading``.

Prints the code lines of each room (without blank lines, comments and docstrings), beside what the
design aims at, and follows one computation through the code line by line.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import tinygen as tg
from tinygen import nn
from tinygen.teach.teacher.lints import lines_of_code

PACKAGE = Path(tg.__file__).parent
CARD_OPS = ("conv", "pool", "linalg", "recurrent", "noise", "loss")
ROWS_1_TO_5 = (
    "backend", "autograd", "ops", "tensors", "gradcheck", "nn", "optim", "io", "data", "metrics",
    "plots", "models",
)  # fmt: skip

Trace = dict[str, set[int]]


def code_lines(path: Path) -> int:
    """Lines of a file that hold code: neither blank, nor comment, nor docstring."""
    return lines_of_code(path.read_text(encoding="utf-8"))


def room_lines(room: str) -> int:
    """The code lines of a room, be it a folder or a file."""
    folder = PACKAGE / room
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]
    return sum(code_lines(file) for file in files if file.exists())


def budgets() -> list[tuple[str, int, int]]:
    """(what, lines, aim)."""
    card = sum(code_lines(PACKAGE / "ops" / f"{name}.py") for name in CARD_OPS)
    return [
        ("autograd and tensors", room_lines("autograd") + room_lines("tensors"), 600),
        ("the plain ops of the four models", card, 800),
        ("rows 1 to 5 without fast", sum(map(room_lines, ROWS_1_TO_5)), 6000),
    ]


def lines_run(computation: Callable[[], Any]) -> Trace:
    """The lines of the package that a computation runs, by file."""
    seen: Trace = defaultdict(set)
    prefix = str(PACKAGE)

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(prefix):
            return None
        if event == "line":
            seen[str(Path(name).relative_to(PACKAGE))].add(frame.f_lineno)
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        computation()
    finally:
        sys.settrace(before)
    return seen


def trace_of_a_convolution() -> Trace:
    """Conv2d, relu, sum, backward, in plain mode."""
    layer = nn.Conv2d(1, 2, 3)
    images = tg.rand(2, 1, 6, 6)
    with tg.plain():
        return lines_run(lambda: tg.relu(layer(images)).sum().backward())


def main() -> None:
    """Print both."""
    for what, lines, aim in budgets():
        print(f"{lines:6,} code lines  {what} (aim: {aim:,})")
    trace = trace_of_a_convolution()
    print(f"\nConv2d -> relu -> sum -> backward runs {sum(map(len, trace.values()))} lines:")
    for file, lines_of_file in sorted(trace.items()):
        print(f"{len(lines_of_file):6}  tinygen/{file}")


if __name__ == "__main__":
    main()
