"""How a CUDA kernel is written here, and how it becomes one that runs.

A GPU runs one function, the *kernel*, in thousands of *threads* at once. All run the same lines and
differ only in a number, from which each computes what is its part: that number stands where a loop
on the CPU has its index. Threads come in *blocks* of some hundreds. Threads of one block can wait
for each other and share a little memory; those of different blocks cannot, and run in no order.

Three kinds of kernel suffice for everything in this folder.

:class:`Elementwise`
    Only the body of the loop is written, in CUDA C++; ``i`` is the index of the element. CuPy puts
    a *grid-stride loop* around it::

        for (i = number of this thread; i < size; i += number of all threads)

    which is right for any size and any number of threads: with more elements than threads each
    takes several, and neighbouring threads always work on neighbouring elements. That is what the
    memory likes: it is read in pieces of 128 bytes, which 32 neighbours then use up together.

:class:`Summed`
    Only what is to be added up for each element is written.
:class:`Raw`
    A whole function, for when the threads of a block work on one thing together in another way, or
    when there is no array whose elements the loop goes over.

Nothing is compiled before it is called: then NVRTC, NVIDIA's compiler, makes machine code of the
text, for the types of the arguments and the GPU that is there. CuPy keeps it, also on disk.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["C_TYPES", "Elementwise", "Raw", "Summed"]

C_TYPES = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
"""How CUDA C++ calls the floating dtypes."""


@dataclass(frozen=True)
class Elementwise:
    """A kernel whose body runs once for each element.

    Parameters
    ----------
    name : str
        What a profiler shows.
    inputs, outputs : str
        Declarations such as ``"T x, raw T table, int32 n"``. ``T`` is the type of the arrays given.
        Without ``raw`` the name stands for element ``i`` of the array, broadcast to the shape of
        the loop; with it, for the whole array, indexed in C order whatever its strides are.
    body : str
        CUDA C++, which reads the inputs and assigns the outputs.
    preamble : str
        Functions that the body calls.
    """

    name: str
    inputs: str
    outputs: str
    body: str
    preamble: str = ""

    def on(self, xp: ModuleType) -> Any:
        """The kernel of an array module: made once, compiled once for each combination of types."""
        return _elementwise(self, xp)


@dataclass(frozen=True)
class Summed:
    """A kernel that adds up one number for each element: of all, or along axes.

    CuPy writes the sum: each thread adds a part of the elements, then the threads of a block add
    up what they have in pairs, in as many rounds as the number of threads can be halved.

    Parameters
    ----------
    name, inputs, preamble : str
        As in :class:`Elementwise`.
    term : str
        The number to add for an element, an expression.
    """

    name: str
    inputs: str
    term: str
    preamble: str = ""

    def on(self, xp: ModuleType) -> Any:
        """The kernel of an array module; call it with ``axis=`` and ``keepdims=``."""
        return _summed(self, xp)


@dataclass(frozen=True)
class Raw:
    """A kernel that is written whole, for instance because a block of threads works together.

    Parameters
    ----------
    name : str
        The name of the function.
    code : str
        CUDA C++ with an ``extern "C" __global__`` function; ``real`` stands for float or double,
        ``THREADS`` for the number of threads in a block.
    threads : int
        That number, a power of two.
    """

    name: str
    code: str
    threads: int

    def source(self, dtype: Any) -> str:
        """The code for a floating dtype."""
        real = C_TYPES[np.dtype(dtype)]
        return f"typedef {real} real;\n#define THREADS {self.threads}\n{self.code}"

    def launch(
        self, xp: ModuleType, blocks: tuple[int, ...], dtype: Any, arguments: tuple[Any, ...]
    ) -> None:
        """Run a grid of blocks. Arrays are passed as bare pointers: they must be C-contiguous."""
        if all(blocks):
            _raw(self, xp, np.dtype(dtype))(blocks, (self.threads,), arguments)


@functools.cache
def _elementwise(kernel: Elementwise, xp: ModuleType) -> Any:
    return xp.ElementwiseKernel(
        kernel.inputs, kernel.outputs, kernel.body, f"tinygen_{kernel.name}",
        preamble=kernel.preamble,
    )  # fmt: skip


@functools.cache
def _summed(kernel: Summed, xp: ModuleType) -> Any:
    return xp.ReductionKernel(
        kernel.inputs, "T total", kernel.term, "a + b", "total = a", "0", f"tinygen_{kernel.name}",
        preamble=kernel.preamble,
    )  # fmt: skip


@functools.cache
def _raw(kernel: Raw, xp: ModuleType, dtype: Any) -> Any:
    return xp.RawKernel(kernel.source(dtype), kernel.name)
