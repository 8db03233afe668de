"""Universal functions: device arrays and scalars in, C-ordered device arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.standin.accounting import counters
from tests.standin.array import SCALARS, ndarray, refuse_promotion, unwrap, wrap
from tests.standin.frozen import names

# The operations that a GPU has as atomics.
_ATOMIC = names("add subtract maximum minimum bitwise_and bitwise_or bitwise_xor")
_REDUCTIONS = {"add": "sum", "multiply": "prod"}
_SCANS = {"add": "cumsum", "multiply": "cumprod"}


class ufunc:  # noqa: N801 (CuPy's name)
    """CuPy's face of a NumPy ufunc.

    It takes ``out``, ``dtype`` and ``casting`` and nothing else: no ``where``, no ``order``.
    """

    def __init__(self, numpy_ufunc: np.ufunc) -> None:
        self._numpy = numpy_ufunc
        self.__name__ = numpy_ufunc.__name__
        self.name = "cupy_" + numpy_ufunc.__name__
        self.nin = numpy_ufunc.nin
        self.nout = numpy_ufunc.nout
        self.nargs = numpy_ufunc.nargs
        self.types = numpy_ufunc.types

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(
        self,
        *args: Any,
        out: Any = None,
        dtype: Any = None,
        casting: str = "same_kind",
        **unsupported: Any,
    ) -> Any:
        if unsupported:
            raise TypeError(f"Wrong arguments {unsupported}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name}: {len(args)}")
        operands, positional_out = args[: self.nin], args[self.nin :]
        if positional_out:
            if out is not None:
                raise ValueError("Cannot specify 'out' as both a positional and keyword argument")
            out = positional_out if self.nout > 1 else positional_out[0]
        hosts = [self._operand(operand) for operand in operands]

        with np.errstate(all="ignore"):  # a GPU does not warn
            if out is not None:
                targets = self._targets(out, hosts)
                self._numpy(*hosts, out=targets, dtype=dtype, casting=casting)
            else:
                result = self._numpy(*hosts, dtype=dtype, casting=casting, order="C")
        counters.launches += 1
        if out is not None:
            return out
        if dtype is None:
            refuse_promotion(self.__name__, operands, result)
        return wrap(result)

    @staticmethod
    def _operand(operand: Any) -> Any:
        """Let device arrays and scalars pass."""
        if isinstance(operand, ndarray):
            return operand._host
        if isinstance(operand, SCALARS):
            return operand
        raise TypeError(f"Unsupported type {type(operand)}")

    def _targets(self, out: Any, hosts: list[Any]) -> tuple[np.ndarray, ...]:
        """Return the arrays to write to, refusing what CuPy cannot write to."""
        targets = out if isinstance(out, tuple) else (out,)
        if not all(isinstance(target, ndarray) for target in targets):
            raise TypeError("Output arguments type must be cupy.ndarray")
        if self._numpy.signature is None:
            shape = np.broadcast_shapes(*[np.shape(host) for host in hosts])
            if any(target.shape != shape for target in targets):
                raise ValueError(
                    f"Out shape is mismatched: the operands give {shape}, "
                    f"out has {[target.shape for target in targets]}"
                )
        return tuple(target._host for target in targets)

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Apply the operation in place, duplicates of an index included."""
        if self.__name__ not in _ATOMIC:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        counters.launches += 1
        with np.errstate(all="ignore"):
            self._numpy.at(unwrap(a), unwrap(indices), unwrap(b))

    def reduce(
        self,
        array: ndarray,
        axis: Any = 0,
        dtype: Any = None,
        out: ndarray | None = None,
        keepdims: bool = False,
    ) -> ndarray:
        """Reduce an axis; CuPy has this for ``add`` and ``multiply``."""
        if self.__name__ not in _REDUCTIONS:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        reduction = getattr(array, _REDUCTIONS[self.__name__])
        return reduction(axis, dtype, out, keepdims)

    def accumulate(
        self, array: ndarray, axis: int = 0, dtype: Any = None, out: ndarray | None = None
    ) -> ndarray:
        """Accumulate along an axis; CuPy has this for ``add`` and ``multiply``."""
        if self.__name__ not in _SCANS:
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return getattr(array, _SCANS[self.__name__])(axis, dtype, out)

    def outer(self, a: ndarray, b: ndarray, **options: Any) -> ndarray:
        """Apply the operation to all pairs of elements."""
        column = a.reshape(a.shape + (1,) * b.ndim)
        row = b.reshape((1,) * a.ndim + b.shape)
        return self(column, row, **options)
