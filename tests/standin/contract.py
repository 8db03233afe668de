"""What the stand-in promises about CuPy, as a table that a real CuPy can be held to.

    python -m tests.standin.contract standin      # here
    python -m tests.standin.contract cupy         # where there is a GPU

Where a real CuPy differs, the stand-in is wrong. What the stand-in refuses beyond CuPy
(``accounting.Strictness``) is not in the table.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """What the promises speak of: a module and two arrays of shape (2, 3), float32."""

    cp: Any
    x: Any
    """On the device: 0 to 5."""
    host: np.ndarray
    """On the host: ones."""

    @classmethod
    def of(cls, cp: Any) -> Case:
        """Make the arrays with the given module."""
        x = cp.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))
        return cls(cp, x, np.ones((2, 3), np.float32))

    @property
    def generator(self) -> Any:
        """A seeded generator of the module."""
        return self.cp.random.default_rng(0)

    def elementwise(self, inputs: str, outputs: str = "T y") -> Any:
        """Make a kernel that is not meant to run."""
        return self.cp.ElementwiseKernel(inputs, outputs, "", "never_launched")

    def total(self, inputs: str) -> Any:
        """Make a sum that is not meant to run."""
        return self.cp.ReductionKernel(inputs, "T y", "x", "a + b", "y = a", "0", "never_summed")


@dataclass(frozen=True)
class Promise:
    """A sentence about CuPy that is true or false.

    With ``raises`` the call must raise one of these; without, it must return True.
    """

    sentence: str
    call: Callable[[Case], Any]
    raises: tuple[type[Exception], ...] = ()

    def difference(self, case: Case) -> str | None:
        """Return what happened instead, or None if the promise is kept."""
        try:
            result = self.call(case)
        except Exception as error:
            if isinstance(error, self.raises):
                return None
            return f"raised {type(error).__name__}: {error}"
        if self.raises:
            return f"returned {type(result).__name__} instead of raising"
        return None if bool(result) else "is false"


def is_device_array(case: Case, value: Any, dtype: Any = np.float32) -> bool:
    """Whether a value is an array of the module, with this dtype."""
    return isinstance(value, case.cp.ndarray) and value.dtype == dtype


HOST_AND_DEVICE_DO_NOT_MIX = (
    Promise("np.asarray(x) is refused", lambda c: np.asarray(c.x), (TypeError,)),
    Promise("np.array(x) is refused", lambda c: np.array(c.x), (TypeError,)),
    Promise("x + host is refused", lambda c: c.x + c.host, (TypeError,)),
    Promise("host + x is refused", lambda c: c.host + c.x, (TypeError,)),
    Promise("add refuses a host array", lambda c: c.cp.add(c.x, c.host), (TypeError,)),
    Promise("matmul refuses a host array", lambda c: c.cp.matmul(c.x, c.host.T), (TypeError,)),
    Promise("add refuses a list", lambda c: c.cp.add(c.x, [1.0, 2.0, 3.0]), (TypeError,)),
    Promise(
        "concatenate refuses a host array",
        lambda c: c.cp.concatenate([c.x, c.host]),
        (TypeError,),
    ),
    Promise(
        "x[0] = host is refused",
        lambda c: c.x.__setitem__(0, c.host[0]),
        (TypeError, ValueError),
    ),
    Promise("range(0-d array) is refused", lambda c: range(c.cp.asarray(3)), (TypeError,)),
    Promise("x has no __index__", lambda c: not hasattr(c.x, "__index__")),
    Promise("the owner of x is the module", lambda c: c.cp.get_array_module(c.x) is c.cp),
    Promise("the owner of host is NumPy", lambda c: c.cp.get_array_module(c.host) is np),
    Promise("x.get() is a host array", lambda c: isinstance(c.x.get(), np.ndarray)),
    Promise("asnumpy lets a host array pass", lambda c: c.cp.asnumpy(c.host) is c.host),
    Promise("x[0, 0].item() is a float", lambda c: type(c.x[0, 0].item()) is float),
    Promise("iteration gives arrays", lambda c: is_device_array(c, next(iter(c.x[0])))),
)

WHAT_CUPY_LACKS = (
    Promise("sum has no where", lambda c: c.cp.sum(c.x, where=c.x > 0), (TypeError,)),
    Promise("x.sum has no where", lambda c: c.x.sum(where=c.x > 0), (TypeError,)),
    Promise("x.max has no initial", lambda c: c.x.max(initial=0.0), (TypeError,)),
    Promise("max has no initial", lambda c: c.cp.max(c.x, initial=0.0), (TypeError,)),
    Promise("add has no where", lambda c: c.cp.add(c.x, c.x, where=True), (TypeError,)),
    Promise("add has no order", lambda c: c.cp.add(c.x, c.x, order="C"), (TypeError,)),
    Promise("take has no mode", lambda c: c.cp.take(c.x, 0, mode="clip"), (TypeError,)),
    Promise("clip needs both bounds", lambda c: c.cp.clip(c.x, 0.0), (TypeError,)),
    Promise("clip has no min=", lambda c: c.cp.clip(c.x, min=0.0, max=1.0), (TypeError,)),
    Promise("zeros has no device", lambda c: c.cp.zeros(3, device="cpu"), (TypeError,)),
    Promise("einsum has no out", lambda c: c.cp.einsum("ij->ji", c.x, out=c.x), (TypeError,)),
    Promise("no dtype object", lambda c: c.cp.zeros(3, dtype=object), (ValueError, TypeError)),
    Promise("no errstate", lambda c: c.cp.errstate, (AttributeError,)),
    Promise("no vecdot", lambda c: c.cp.vecdot, (AttributeError,)),
    Promise("no block", lambda c: c.cp.block, (AttributeError,)),
    Promise("no scatter_add", lambda c: c.cp.scatter_add, (AttributeError,)),
    Promise("no x @= y", lambda c: not hasattr(c.cp.ndarray, "__imatmul__")),
    Promise("no flags.writeable", lambda c: not hasattr(c.x.flags, "writeable")),
    Promise(
        "no multiply.at",
        lambda c: c.cp.multiply.at(c.x, 0, 2.0),
        (NotImplementedError, TypeError, ValueError),
    ),
    Promise("no maximum.reduce", lambda c: c.cp.maximum.reduce(c.x), (NotImplementedError,)),
    Promise("no Generator.normal", lambda c: c.generator.normal, (AttributeError,)),
    Promise("no Generator.choice", lambda c: c.generator.choice, (AttributeError,)),
    Promise("no Generator.permutation", lambda c: c.generator.permutation, (AttributeError,)),
    Promise("generators are not pickled", lambda c: pickle.dumps(c.generator), (TypeError,)),
)

TYPES_AND_SHAPES = (
    Promise("x.sum() is a 0-d array", lambda c: is_device_array(c, c.x.sum())),
    Promise("x.sum() has the shape ()", lambda c: c.x.sum().shape == ()),
    Promise("x.mean() keeps float32", lambda c: is_device_array(c, c.x.mean())),
    Promise("x * 2.0 keeps float32", lambda c: is_device_array(c, c.x * 2.0)),
    Promise("x / 3 keeps float32", lambda c: is_device_array(c, c.x / 3)),
    Promise("np.float32(2) * x works", lambda c: is_device_array(c, np.float32(2) * c.x)),
    Promise("argmax takes the first of equals", lambda c: int(c.cp.ones(9).argmax()) == 0),
    Promise("einsum", lambda c: c.cp.einsum("ij,kj->ik", c.x, c.x).shape == (2, 2)),
    Promise(
        "sliding_window_view",
        lambda c: c.cp.lib.stride_tricks.sliding_window_view(c.x, (2, 2)).shape == (1, 2, 2, 2),
    ),
    Promise(
        "standard_normal takes a dtype",
        lambda c: is_device_array(c, c.generator.standard_normal(3, dtype=np.float32)),
    ),
    Promise("allclose is an array", lambda c: is_device_array(c, c.cp.allclose(c.x, c.x), bool)),
    Promise("x[0, 0] is a view", lambda c: c.x[0, 0].base is not None),
    Promise(
        "out must have the shape of the result",
        lambda c: c.cp.add(c.x[0], c.x[0], out=c.x),
        (ValueError,),
    ),
)

MEMORY_ORDER = (
    Promise("x.T + x.T is in C order", lambda c: (c.x.T + c.x.T).flags.c_contiguous),
    Promise("exp(x.T) is in C order", lambda c: c.cp.exp(c.x.T).flags.c_contiguous),
    Promise(
        "where is in C order",
        lambda c: c.cp.where(c.x.T > 0, c.x.T, 0.0).flags.c_contiguous,
    ),
    Promise(
        "concatenate is in C order",
        lambda c: c.cp.concatenate([c.x.T, c.x.T]).flags.c_contiguous,
    ),
    Promise("x.T.copy() is in C order", lambda c: c.x.T.copy().flags.c_contiguous),
    Promise("copy(x.T) keeps its order", lambda c: c.cp.copy(c.x.T).flags.f_contiguous),
    Promise("astype keeps its order", lambda c: c.x.T.astype(np.float64).flags.f_contiguous),
    Promise("zeros_like keeps its order", lambda c: c.cp.zeros_like(c.x.T).flags.f_contiguous),
    Promise("asarray(host.T) is in C order", lambda c: c.cp.asarray(c.host.T).flags.c_contiguous),
    Promise("x.T.get() is in C order", lambda c: c.x.T.get().flags.c_contiguous),
)

KERNELS = (
    Promise(
        "a kernel refuses a host array",
        lambda c: c.elementwise("T x")(c.host),
        (TypeError,),
    ),
    Promise(
        "a kernel converts no array",
        lambda c: c.elementwise("T x, int32 n")(c.x, c.x),
        (TypeError,),
    ),
    Promise(
        "scalars alone decide no type",
        lambda c: c.elementwise("T a, float32 x", "float32 y")(2.0, c.x),
        (KeyError,),
    ),
    Promise(
        "raw arrays alone decide no size",
        lambda c: c.elementwise("raw T x")(c.x),
        (ValueError,),
    ),
    Promise(
        "size= is for raw arrays alone",
        lambda c: c.elementwise("T x")(c.x, size=6),
        (ValueError,),
    ),
    Promise(
        "a kernel's output must have the loop's shape",
        lambda c: c.elementwise("T x")(c.x, c.cp.empty(3, np.float32)),
        (ValueError,),
    ),
    Promise("no parameter is called i", lambda c: c.elementwise("T i"), (ValueError,)),
    Promise("x.data.ptr is an address", lambda c: type(c.x.data.ptr) is int),
    Promise(
        "the address of a view is inside of its base",
        lambda c: c.x[1].data.ptr - c.x.data.ptr == c.x.strides[0],
    ),
    Promise(
        "a reduction refuses a host array",
        lambda c: c.total("T x")(c.host),
        (TypeError,),
    ),
    Promise(
        "a reduction mixes no types",
        lambda c: c.total("T x, T y")(c.x, c.x.astype(np.float64)),
        (TypeError,),
    ),
)

PROMISES = (
    *HOST_AND_DEVICE_DO_NOT_MIX,
    *WHAT_CUPY_LACKS,
    *TYPES_AND_SHAPES,
    *MEMORY_ORDER,
    *KERNELS,
)


def differences(cp: Any) -> Iterator[str]:
    """Yield a line for every promise that the module does not keep."""
    for promise in PROMISES:
        difference = promise.difference(Case.of(cp))
        if difference is not None:
            yield f"{promise.sentence}: {difference}"


def main(arguments: list[str]) -> int:
    """Check the module that was named and print what differs."""
    if arguments not in (["cupy"], ["standin"]):
        print(__doc__)
        return 2
    if arguments == ["standin"]:
        importlib.import_module("tests.standin").install()
    cp = importlib.import_module("cupy")
    found = list(differences(cp))
    for line in found:
        print("DIFFERS", line)
    print(f"{arguments[0]} {cp.__version__}: {len(PROMISES)} promises, {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
