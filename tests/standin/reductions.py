"""`ReductionKernel`: a sum, or whatever its expression makes of two values, along axes."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np

from tests.standin import compiler
from tests.standin.accounting import counters
from tests.standin.array import ndarray, wrap
from tests.standin.kernels import DeclaredKernel, c_type_of, pointers, typedefs

LANES = 512


class ReductionKernel(DeclaredKernel):
    """Map the elements, combine them in pairs, finish the result.

    It adds in the order of a GPU: so many threads each combine every so many-th element, and then
    what they have is combined in pairs.

    Parameters
    ----------
    in_params, out_params : str
        Declarations; one output.
    map_expr : str
        What is taken of an element.
    reduce_expr : str
        Combines ``a`` and ``b``.
    post_map_expr : str
        Assigns the output from ``a``.
    identity : str
        What changes nothing when combined; also the result over no elements.
    name : str
    reduce_type : str, optional
        The C++ type of what is combined; that of the output unless given.
    reduce_dims : bool
        No effect here.
    preamble : str
    options : tuple of str
        Compiler options; no effect here.
    """

    def __init__(
        self,
        in_params: str,
        out_params: str,
        map_expr: str,
        reduce_expr: str,
        post_map_expr: str,
        identity: str,
        name: str = "reduce_kernel",
        reduce_type: str | None = None,
        reduce_dims: bool = True,
        preamble: str = "",
        options: tuple[str, ...] = (),
    ) -> None:
        super().__init__(in_params, out_params, name)
        if self.nout != 1 or any(p.is_raw for p in self.params) or identity in (None, ""):
            raise NotImplementedError(
                "the stand-in reduces arrays that are not raw to one output, from an identity"
            )
        self.map_expr = map_expr
        self.reduce_expr = reduce_expr
        self.post_map_expr = post_map_expr
        self.identity = identity
        self.reduce_type = reduce_type
        self.preamble = preamble

    def __call__(
        self,
        *args: Any,
        out: ndarray | None = None,
        axis: int | tuple[int, ...] | None = None,
        keepdims: bool = False,
        stream: Any = None,
    ) -> ndarray:
        if len(args) != self.nin:
            raise TypeError(f"Wrong number of arguments for {self.name!r}")
        self._check_arguments(args)
        types = self._decide_types(args)
        shape = np.broadcast_shapes(*[a.shape for a in args if isinstance(a, ndarray)])
        reduced = _axes(axis, len(shape))
        kept = tuple(k for k in range(len(shape)) if k not in reduced)
        result = np.empty([shape[k] for k in kept], types[self.out_params[0].type_name])
        length = math.prod(shape[k] for k in reduced)

        hosts = [a._host if isinstance(a, ndarray) else np.asarray(a) for a in args]
        buffers = [
            np.ascontiguousarray(
                np.broadcast_to(host.astype(types[p.type_name]), shape).transpose(*kept, *reduced)
            )
            for host, p in zip(hosts, self.in_params, strict=True)
        ]
        counts = (ctypes.c_ssize_t * 2)(result.size, length)
        compiler.load(self._source(types)).run(pointers([*buffers, result]), counts)
        counters.launches += 1

        if keepdims:
            result = result.reshape([n if k in kept else 1 for k, n in enumerate(shape)])
        if out is None:
            return wrap(result)
        out._host[...] = result
        return out

    def _source(self, types: dict[str, np.dtype]) -> str:
        """Write a loop over the outputs, and in it one over the elements of each."""
        (target,) = self.out_params
        element = [
            f"const {c_type_of(types[p.type_name])} {p.name} = "
            f"(({c_type_of(types[p.type_name])} *)_pointers[{k}])[_o * _counts[1] + _j];"
            for k, p in enumerate(self.in_params)
        ]
        c_type = c_type_of(types[target.type_name])
        lines = [
            *typedefs(types),
            self.preamble,
            f"typedef {self.reduce_type or c_type} _reduced;",
            f"static _reduced _combine(_reduced a, _reduced b) {{ return ({self.reduce_expr}); }}",
            'extern "C" void run(void **_pointers, ptrdiff_t *_counts) {',
            "for (ptrdiff_t _o = 0; _o < _counts[0]; _o++) {",
            f"_reduced _lanes[{LANES}];",
            f"for (_reduced &_lane : _lanes) _lane = {self.identity};",
            "for (ptrdiff_t _j = 0; _j < _counts[1]; _j++) {",
            *element,
            f"_reduced &_lane = _lanes[_j % {LANES}];",
            f"_lane = _combine(_lane, ({self.map_expr}));",
            "}",
            f"for (int _half = {LANES} / 2; _half > 0; _half /= 2)",
            "for (int _t = 0; _t < _half; _t++)",
            "_lanes[_t] = _combine(_lanes[_t], _lanes[_t + _half]);",
            "_reduced a = _lanes[0];",
            f"{c_type} &{target.name} = (({c_type} *)_pointers[{self.nin}])[_o];",
            f"{self.post_map_expr};",
            "}",
            "}",
        ]
        return "\n".join(lines)


def _axes(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Return the reduced axes in ascending order."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(a % ndim for a in given))
