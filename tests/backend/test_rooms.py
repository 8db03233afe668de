"""The order of the rooms: who may import whom, and who may name NumPy and CuPy.

Read from the source of the package, so that imports inside functions are seen as well. Only what
stands under ``if TYPE_CHECKING`` is free: it never runs.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygen

PACKAGE = Path(tinygen.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: a room may use those before it.
ROOMS = [
    "backend", "fast",
    "autograd", "ops", "tensors", "gradcheck",
    "nn", "optim",
    "io", "data", "metrics", "plots",
    "models",
    "tinygen",  # the package itself: the rooms above may be its users
    "train", "tasks",
    "teach", "cli",
]  # fmt: skip

DEVICE_AGNOSTIC = {"autograd", "ops", "tensors", "nn", "optim", "models"}
MAY_IMPORT_CUPY = {"backend", "fast"}

DTYPES = {
    "bool_", "dtype", "float16", "float32", "float64", "floating", "generic", "int8", "int16",
    "int32", "int64", "integer", "ndarray", "number", "uint8", "uint16", "uint32", "uint64",
}  # fmt: skip

HOST_WORK: dict[str, tuple[set[str], str]] = {
    "tensors/creation.py": (
        {"array", "asarray"},
        "Python lists become an array on the host before it moves to its device",
    ),
    "tensors/printing.py": (
        {"array2string"},
        "a tensor is printed from a copy on the host",
    ),
    "tensors/tensor.py": (
        {"array", "asarray", "ascontiguousarray"},
        "numpy() and np.asarray(tensor) give host arrays, new_tensor takes host data",
    ),
    "nn/module.py": (
        {"array", "asarray"},
        "state_dict() holds host arrays in C order, and loads what is no array yet",
    ),
}
"""What files of the device-agnostic rooms may use of NumPy beyond dtypes, and why."""


def room_of(file: Path) -> str:
    """The first part of a file's path in the package."""
    first = file.relative_to(PACKAGE).parts[0]
    return "tinygen" if first in ("__init__.py", "__main__.py") else first.removesuffix(".py")


def nodes(file: Path) -> Iterator[ast.AST]:
    """Everything in a file but what stands under ``if TYPE_CHECKING``."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def imported_modules(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a file imports; ``from a import b`` is ``a.b``."""
    parts = ("tinygen", *file.relative_to(PACKAGE).parent.parts)
    for node in nodes(file):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else ()
            for alias in node.names:
                yield node.lineno, ".".join([*base, *filter(None, [node.module]), alias.name])


def imported_rooms(file: Path) -> Iterator[tuple[int, str]]:
    """Line and room of all that a file imports from the package."""
    for line, name in imported_modules(file):
        top, _, rest = name.partition(".")
        if top == "tinygen":
            first = rest.partition(".")[0]
            yield line, first if first in ROOMS else "tinygen"


def numpy_names(file: Path) -> set[str]:
    """What a file uses of NumPy, by its first name there."""
    found, aliases = set(), set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            aliases |= {a.asname or "numpy" for a in node.names if a.name.split(".")[0] == "numpy"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numpy":
            found |= {alias.name for alias in node.names}
    for node in nodes(file):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
        ):
            found.add(node.attr)
    return found


def path_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_every_room_has_its_place() -> None:
    assert {room_of(file) for file in FILES} <= set(ROOMS)


@pytest.mark.parametrize("file", [f for f in FILES if room_of(f) != "tinygen"], ids=path_of)
def test_a_room_uses_only_the_rooms_below_it(file: Path) -> None:
    place = ROOMS.index(room_of(file))
    too_high = [
        f"line {line}: {room}" for line, room in imported_rooms(file) if ROOMS.index(room) > place
    ]
    assert too_high == []


@pytest.mark.parametrize(
    "file", [f for f in FILES if room_of(f) not in MAY_IMPORT_CUPY], ids=path_of
)
def test_only_backend_and_fast_import_cupy(file: Path) -> None:
    names = {name.split(".")[0] for _, name in imported_modules(file)}
    names |= {node.id for node in nodes(file) if isinstance(node, ast.Name)}
    for node in nodes(file):
        if isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    assert names.isdisjoint({"cupy", "cupyx", "cp"})


@pytest.mark.parametrize("file", [f for f in FILES if room_of(f) in DEVICE_AGNOSTIC], ids=path_of)
def test_device_agnostic_rooms_name_numpy_for_dtypes_only(file: Path) -> None:
    allowed, _ = HOST_WORK.get(path_of(file), (set(), ""))
    assert numpy_names(file) - DTYPES - allowed == set()


@pytest.mark.parametrize("path", HOST_WORK)
def test_every_exemption_is_needed(path: str) -> None:
    allowed, reason = HOST_WORK[path]
    assert allowed <= numpy_names(PACKAGE / path)
    assert reason


# ---- the checks themselves -------------------------------------------------------------------


def test_the_checks_see_what_they_are_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "ops").mkdir()
    file = tmp_path / "ops" / "bad.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "import numpy as np\n"
        "from tinygen import backend\n"
        "if TYPE_CHECKING:\n"
        "    from tinygen.models import cnn\n"
        "def lazily(x):\n"
        "    from tinygen.nn import functional\n"
        "    from ..tensors import Tensor\n"
        "    from tinygen import tensors as make, exp\n"
        "    return np.float32(np.maximum(x, 0))\n",
        encoding="utf-8",
    )
    assert room_of(file) == "ops"
    assert sorted(imported_rooms(file)) == [
        (3, "backend"), (7, "nn"), (8, "tensors"), (9, "tensors"), (9, "tinygen")
    ]  # fmt: skip
    assert numpy_names(file) == {"float32", "maximum"}


# ---- what an import loads --------------------------------------------------------------------

HEAVY = ["cupy", "cupyx", "matplotlib", "PIL", "rich", "scipy", "torch"]


def test_importing_tinygen_loads_numpy_and_nothing_heavy() -> None:
    code = f"import sys, tinygen; print([m for m in {HEAVY} if m in sys.modules])"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert finished.stderr == ""
    assert finished.stdout == "[]\n"
