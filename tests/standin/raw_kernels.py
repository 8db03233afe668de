"""`RawKernel`: blocks of threads, on the host one after the other.

Threads that never meet run to their end in turn. Those that meet at ``__syncthreads()`` are
coroutines (``blocks_on_host.hpp``): each runs up to the meeting and steps aside for the next. Such
a kernel runs twice, its threads in ascending and in descending order: results that differ, and
threads that do not come to one meeting, are errors. Threads that exchange values by other means
(shuffles, cooperative groups) are refused.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.standin import compiler
from tests.standin.accounting import counters
from tests.standin.array import SCALARS, ndarray
from tests.standin.kernels import DTYPES, pointers

MOST_THREADS = 1024
_BLOCKS = Path(__file__).with_name("blocks_on_host.hpp").read_text(encoding="utf-8")
_MEETING = re.compile(r"\b__syncthreads\b")
_REFUSED = re.compile(r"__shfl|__syncwarp|cooperative_groups|extern\s+__shared__")
_QUALIFIERS = re.compile(r"\b(const|volatile|__restrict__)\b")
_TYPEDEF = re.compile(r"\btypedef\s+([\w ]+?)\s+(\w+)\s*;")


@dataclass(frozen=True)
class RawParameter:
    """A parameter of a CUDA function, such as ``const float *x`` or ``int n``."""

    name: str
    c_type: str
    is_pointer: bool

    @classmethod
    def parse(cls, declaration: str, typedefs: dict[str, str]) -> RawParameter:
        """Read a C++ declaration."""
        words = _QUALIFIERS.sub(" ", declaration).replace("*", " * ").split()
        *type_words, name = words
        c_type = " ".join(w for w in type_words if w != "*")
        return cls(name, typedefs.get(c_type, c_type), "*" in type_words)

    @property
    def dtype(self) -> np.dtype:
        """The NumPy type of the parameter, or of what it points to."""
        if self.c_type not in DTYPES:
            raise NotImplementedError(f"the stand-in does not know the C++ type {self.c_type!r}")
        return DTYPES[self.c_type]

    def argument(self, k: int) -> str:
        """Return the C++ that reads the k-th argument."""
        pointer = f"({self.c_type} *)_pointers[{k}]"
        return pointer if self.is_pointer else f"*({pointer})"

    def buffer(self, value: Any) -> np.ndarray:
        """Check an argument as the launch of a GPU kernel, which trusts it, does not."""
        if self.is_pointer:
            return self._pointed_to(value)
        given = np.asarray(value).dtype if isinstance(value, SCALARS) else None
        if given != self.dtype:
            raise TypeError(
                f"{self.name} is declared {self.c_type}, the argument is passed as {given}: "
                f"wrap it in np.{self.dtype}(...)"
            )
        return np.asarray(value)

    def _pointed_to(self, value: Any) -> np.ndarray:
        if not isinstance(value, ndarray):
            raise TypeError(f"Unsupported type {type(value)} for {self.name}")
        if value.dtype != self.dtype:
            raise TypeError(f"{self.name} points to {self.c_type}, the array holds {value.dtype}")
        if not value.flags.c_contiguous:
            raise ValueError(
                f"{self.name} is not C-contiguous and a kernel sees the bare pointer: "
                f"pass xp.ascontiguousarray(...)"
            )
        return value._host


class RawKernel:
    """A CUDA function.

    Parameters
    ----------
    code : str
        CUDA C++ with an ``extern "C" __global__`` function.
    name : str
        The name of that function.
    options : tuple of str
        Compiler options; no effect here.
    backend : str
        No effect here.
    """

    def __init__(
        self, code: str, name: str, options: tuple[str, ...] = (), backend: str = "nvrtc"
    ) -> None:
        if _REFUSED.search(code):
            raise NotImplementedError(
                "the stand-in lets the threads of a block meet at __syncthreads() and share memory "
                "of a fixed size: a kernel whose threads communicate otherwise needs a GPU"
            )
        declared = re.search(rf"void\s+{name}\s*\(([^)]*)\)", code)
        if declared is None:
            raise ValueError(f"the code has no function {name!r}")
        self.code = code
        self.name = name
        self._meets = bool(_MEETING.search(code))
        typedefs = {alias: c_type for c_type, alias in _TYPEDEF.findall(code)}
        self._params = [RawParameter.parse(text, typedefs) for text in declared[1].split(",")]

    def __call__(
        self, grid: tuple[int, ...], block: tuple[int, ...], args: Sequence[Any], **options: Any
    ) -> None:
        if len(args) != len(self._params):
            raise TypeError(f"{self.name} takes {len(self._params)} arguments, not {len(args)}")
        buffers = [p.buffer(value) for p, value in zip(self._params, args, strict=True)]
        dimensions = (*_three(grid), *_three(block))
        _check_dimensions(self.name, dimensions)
        if self._meets:
            copies = {id(buffer): buffer.copy() for buffer in buffers}
            others = [copies[id(buffer)] for buffer in buffers]
            self._run(others, dimensions, backwards=True)
            self._run(buffers, dimensions, backwards=False)
            self._check_same(buffers, others)
        else:
            self._run(buffers, dimensions)
        counters.launches += 1

    def _run(
        self, buffers: list[np.ndarray], dimensions: tuple[int, ...], backwards: bool = False
    ) -> None:
        """Run all blocks, the threads of each in ascending or descending order."""
        function = compiler.load(self._source()).run
        if not function(pointers(buffers), (ctypes.c_uint * 6)(*dimensions), backwards):
            raise RuntimeError(
                f"{self.name}: some threads of a block wait at a __syncthreads() that others do "
                "not come to; a GPU would hang or go on with wrong values"
            )

    def _check_same(self, forwards: list[np.ndarray], backwards: list[np.ndarray]) -> None:
        for parameter, one, other in zip(self._params, forwards, backwards, strict=True):
            if one.tobytes() != other.tobytes():
                raise RuntimeError(
                    f"{self.name}: what it writes to {parameter.name} depends on the order in "
                    "which the threads run: is a __syncthreads() missing?"
                )

    def _source(self) -> str:
        """Return the code, and the loops over blocks and threads that call it."""
        arguments = ", ".join(p.argument(k) for k, p in enumerate(self._params))
        lines = [
            _BLOCKS if self._meets else "",
            self.code,
            "static void **_pointers;",
            f"static void _call() {{ {self.name}({arguments}); }}",
            'extern "C" int run(void **pointers, unsigned *dimensions, int backwards) {',
            "_pointers = pointers;",
            "gridDim = {dimensions[0], dimensions[1], dimensions[2]};",
            "blockDim = {dimensions[3], dimensions[4], dimensions[5]};",
            *_loops("blockIdx", "gridDim"),
            "{",
            *(["if (!_run_block(_call, backwards)) return 0;"] if self._meets else _each_thread()),
            "}",
            "return 1;",
            "}",
        ]
        return "\n".join(lines)


def _each_thread() -> list[str]:
    return [*_loops("threadIdx", "blockDim"), "_call();"]


def _loops(index: str, limit: str) -> list[str]:
    """Return the heads of three loops."""
    return [
        f"for ({index}.{axis} = 0; {index}.{axis} < {limit}.{axis}; {index}.{axis}++)"
        for axis in "zyx"
    ]


def _check_dimensions(name: str, dimensions: tuple[int, ...]) -> None:
    """Refuse what no GPU launches."""
    if min(dimensions) < 1 or math.prod(dimensions[3:]) > MOST_THREADS:
        raise ValueError(
            f"{name}: a grid of {dimensions[:3]} blocks of {dimensions[3:]} threads cannot be "
            f"launched: both must be positive, and a block has {MOST_THREADS} threads at most"
        )


def _three(dimensions: tuple[int, ...]) -> tuple[int, ...]:
    """Fill the dimensions of a grid or block up to three."""
    return (*dimensions, 1, 1)[:3]
