"""All kernels as whole CUDA sources, as CuPy would hand them to the compiler.

CuPy writes a loop around the body of an elementwise kernel. What is written here does the same with
a prelude of our own, so that NVRTC sees each body between declarations of the same types.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Iterator
from typing import Any

from tinygen.fast import cuda
from tinygen.fast.cuda.writing import Elementwise, Raw, Summed

PRELUDE = r"""
typedef signed char int8;
typedef short int16;
typedef int int32;
typedef long long int64;
typedef unsigned char uint8;
typedef unsigned short uint16;
typedef unsigned int uint32;
typedef unsigned long long uint64;
typedef float float32;
typedef double float64;

// The grid-stride loop: thread after thread, then again from the first.
#define GRID_STRIDE_LOOP(i, count)                                          \
    for (ptrdiff_t i = (ptrdiff_t)blockIdx.x * blockDim.x + threadIdx.x;    \
         i < (count); i += (ptrdiff_t)gridDim.x * blockDim.x)
"""

# What a letter for any type stands for: T for floats, W for winners of a pool.
TYPES = {
    "T": ("float", "double"),
    "W": ("unsigned char", "int"),
}


def kernels() -> list[Elementwise | Summed | Raw]:
    """Every kernel that a module of ``tinygen.fast.cuda`` defines."""
    found = []
    for module in pkgutil.iter_modules(cuda.__path__):
        names = vars(importlib.import_module(f"{cuda.__name__}.{module.name}"))
        found += [v for v in names.values() if isinstance(v, Elementwise | Summed | Raw)]
    return found


def sources(kernel: Elementwise | Summed | Raw) -> Iterator[str]:
    """The whole source of a kernel, for each combination of types."""
    if isinstance(kernel, Raw):
        yield from (kernel.source(dtype) for dtype in ("float32", "float64"))
        return
    inputs = _declarations(kernel.inputs)
    outputs = _declarations(kernel.outputs if isinstance(kernel, Elementwise) else "T total")
    letters = sorted({kind for _, kind, _ in inputs + outputs if len(kind) == 1})
    write = _elementwise if isinstance(kernel, Elementwise) else _summed
    for types in itertools.product(*(TYPES[letter] for letter in letters)):
        typedefs = [f"typedef {c} {letter};" for letter, c in zip(letters, types, strict=True)]
        yield "\n".join([PRELUDE, *typedefs, kernel.preamble, *write(kernel, inputs, outputs)])


def _declarations(text: str) -> list[tuple[bool, str, str]]:
    """Each parameter as (is it raw, its type, its name)."""
    words = [declaration.split() for declaration in text.split(",")]
    return [("raw" in parameter, parameter[-2], parameter[-1]) for parameter in words]


def _elementwise(kernel: Any, inputs: Any, outputs: Any) -> list[str]:
    parameters, elements = _parameters(inputs, outputs)
    return [
        f'extern "C" __global__ void {kernel.name}({", ".join(parameters)})',
        "{ GRID_STRIDE_LOOP(i, _count) {",
        *elements,
        kernel.body + ";",
        "} }",
    ]


def _summed(kernel: Any, inputs: Any, outputs: Any) -> list[str]:
    """The sum of one thread; that of a block is CuPy's."""
    parameters, elements = _parameters(inputs, [])
    return [
        f'extern "C" __global__ void {kernel.name}({", ".join([*parameters, "T *_sums"])})',
        "{ T _sum = 0; GRID_STRIDE_LOOP(i, _count) {",
        *elements,
        f"_sum += ({kernel.term});",
        "} _sums[(ptrdiff_t)blockIdx.x * blockDim.x + threadIdx.x] = _sum; }",
    ]


def _parameters(inputs: Any, outputs: Any) -> tuple[list[str], list[str]]:
    """The parameters of the function, and for each array that is not raw its element.

    An input of generic type may be a number as well; the body sees the same type. Arrays are
    contiguous here, which is the simplest of the layouts for which CuPy writes out the indices.
    """
    parameters, elements = ["ptrdiff_t _count"], []
    for is_input, declared in ((True, inputs), (False, outputs)):
        const = "const " if is_input else ""
        for is_raw, kind, name in declared:
            if is_raw:
                parameters.append(f"{const}{kind} *{name}")
            elif len(kind) > 1:
                parameters.append(f"{const}{kind} {name}")
            else:
                parameters.append(f"{const}{kind} *_{name}")
                elements.append(f"{const}{kind} &{name} = _{name}[i];")
    return parameters, elements
