"""`ElementwiseKernel` and what all kernels share: types, parameters, pointers to arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.standin import compiler
from tests.standin.accounting import counters
from tests.standin.array import SCALARS, ndarray, wrap

C_TYPES = {
    np.dtype(name): c_type
    for name, c_type in {
        "bool": "bool",
        "int8": "int8_t",
        "int16": "int16_t",
        "int32": "int32_t",
        "int64": "int64_t",
        "uint8": "uint8_t",
        "uint16": "uint16_t",
        "uint32": "uint32_t",
        "uint64": "uint64_t",
        "float32": "float",
        "float64": "double",
    }.items()
}
DTYPES = {c_type: dtype for dtype, c_type in C_TYPES.items()} | {
    name: np.dtype(dtype)
    for name, dtype in {
        "int": "int32",
        "unsigned": "uint32",
        "unsigned int": "uint32",
        "long long": "int64",
        "unsigned long long": "uint64",
        "ptrdiff_t": "int64",
        "size_t": "uint64",
    }.items()
}


def c_type_of(dtype: np.dtype) -> str:
    """Return the C++ name of a dtype."""
    if dtype not in C_TYPES:
        raise NotImplementedError(f"the stand-in runs no kernels on {dtype}")
    return C_TYPES[dtype]


def pointers(buffers: Sequence[np.ndarray]) -> ctypes.Array[ctypes.c_void_p]:
    """Return the addresses of arrays as a C array."""
    return (ctypes.c_void_p * len(buffers))(*[buffer.ctypes.data for buffer in buffers])


def typedefs(types: dict[str, np.dtype]) -> list[str]:
    """Return C++ that gives the generic type names their meaning."""
    return [
        f"typedef {c_type_of(dtype)} {name};" for name, dtype in types.items() if len(name) == 1
    ]


@dataclass(frozen=True)
class Parameter:
    """A parameter such as ``raw T x`` or ``int32 n``; one letter stands for any type."""

    name: str
    type_name: str
    is_raw: bool
    is_input: bool

    @property
    def is_generic(self) -> bool:
        """Whether the arguments decide the type."""
        return len(self.type_name) == 1

    @classmethod
    def parse(cls, declarations: str, is_input: bool) -> tuple[Parameter, ...]:
        """Read a comma-separated list of declarations."""
        return tuple(
            cls._parse_one(text.split(), is_input)
            for text in declarations.split(",")
            if text.strip()
        )

    @classmethod
    def _parse_one(cls, words: list[str], is_input: bool) -> Parameter:
        *keywords, type_name, name = words
        if set(keywords) - {"raw"}:
            raise ValueError(f"Unknown keyword in the parameter {' '.join(words)!r}")
        if name == "i":
            raise ValueError("Can not use 'i' as a parameter name")
        return cls(name, type_name, "raw" in keywords, is_input)


class DeclaredKernel:
    """A kernel that is called with what its parameters declare."""

    def __init__(self, in_params: str, out_params: str, name: str) -> None:
        if not name.isidentifier():
            raise ValueError(f'Invalid kernel name: "{name}"')
        self.in_params = Parameter.parse(in_params, is_input=True)
        self.out_params = Parameter.parse(out_params, is_input=False)
        self.params = self.in_params + self.out_params
        self.nin, self.nout = len(self.in_params), len(self.out_params)
        self.name = self.__name__ = name

    def _check_arguments(self, args: Sequence[Any]) -> None:
        """Refuse a wrong number of arguments, and host arrays."""
        if len(args) not in (self.nin, self.nin + self.nout):
            raise TypeError(
                f"Wrong number of arguments for {self.name!r}. It must be either {self.nin} or "
                f"{self.nin + self.nout} (with outputs), but given {len(args)}."
            )
        for parameter, argument in zip(self.params, args, strict=False):
            if isinstance(argument, ndarray):
                continue
            if not isinstance(argument, SCALARS):
                raise TypeError(f"Unsupported type {type(argument)} for {parameter.name}")
            if parameter.is_raw or not parameter.is_input:
                raise TypeError(f"{parameter.name} must be cupy.ndarray, not a scalar")

    def _decide_types(self, args: Sequence[Any]) -> dict[str, np.dtype]:
        """Return the dtype of every type name. Only arrays decide; nothing is converted."""
        types = {p.type_name: np.dtype(p.type_name) for p in self.params if not p.is_generic}
        for parameter, argument in zip(self.params, args, strict=False):
            if not isinstance(argument, ndarray):
                continue
            wanted = types.setdefault(parameter.type_name, argument.dtype)
            if wanted != argument.dtype:
                raise TypeError(
                    f"Type is mismatched. {parameter.name} {argument.dtype} {wanted} "
                    f"(the parameter {parameter.type_name} {parameter.name} of {self.name!r})"
                )
        for parameter in self.params:
            if parameter.type_name not in types:
                raise KeyError(f"{parameter.type_name}: no array argument decides this type")
        return types


class ElementwiseKernel(DeclaredKernel):
    """A loop over elements, its body written in CUDA C++.

    Parameters
    ----------
    in_params, out_params : str
        Declarations such as ``"T x, raw T table, int32 n"``.
    operation : str
        The body. ``i`` is the index of the element, in C order.
    name : str
    reduce_dims : bool
        No effect here.
    preamble : str
        C++ in front of the kernel.
    no_return, return_tuple : bool
        What a call returns: nothing, or always a tuple.
    loop_prep, after_loop : str
        C++ before and after the loop.
    options : tuple of str
        Compiler options; no effect here.
    """

    def __init__(
        self,
        in_params: str,
        out_params: str,
        operation: str,
        name: str = "kernel",
        reduce_dims: bool = True,
        preamble: str = "",
        no_return: bool = False,
        return_tuple: bool = False,
        *,
        loop_prep: str = "",
        after_loop: str = "",
        options: tuple[str, ...] = (),
    ) -> None:
        super().__init__(in_params, out_params, name)
        self.operation = operation
        self.preamble = preamble
        self.loop_prep = loop_prep
        self.after_loop = after_loop
        self.no_return = no_return
        self.return_tuple = return_tuple
        self._sources: dict[Any, str] = {}

    def __call__(
        self, *args: Any, size: int | None = None, stream: Any = None, block_size: int = 128
    ) -> Any:
        self._check_arguments(args)
        types = self._decide_types(args)
        shape = self._loop_shape(args, size)
        outs = args[self.nin :] or self._new_outputs(types, shape, size)
        self._run(types, shape, (*args[: self.nin], *outs))
        counters.launches += 1
        if self.no_return:
            return None
        return outs[0] if self.nout == 1 and not self.return_tuple else tuple(outs)

    def _loop_shape(self, args: Sequence[Any], size: int | None) -> tuple[int, ...]:
        """Return the shape over which the kernel loops."""
        looped = [
            (parameter, argument)
            for parameter, argument in zip(self.params, args, strict=False)
            if isinstance(argument, ndarray) and not parameter.is_raw
        ]
        if size is not None:
            if looped:
                raise ValueError(
                    "Specified 'size' can be used only if all of the ndarray are 'raw'."
                )
            return (size,)
        if not looped:
            raise ValueError("Loop size is undecided.")
        shape = np.broadcast_shapes(*[argument.shape for _, argument in looped])
        for parameter, argument in looped:
            if not parameter.is_input and argument.shape != shape:
                raise ValueError(
                    f"Out shape is mismatched: the loop has {shape}, "
                    f"{parameter.name} has {argument.shape}"
                )
        return shape

    def _new_outputs(
        self, types: dict[str, np.dtype], shape: tuple[int, ...], size: int | None
    ) -> tuple[ndarray, ...]:
        """Allocate the outputs of a call that brought none."""
        if size is None and any(parameter.is_raw for parameter in self.out_params):
            raise ValueError("Output array size is Undecided")
        return tuple(wrap(np.empty(shape, types[p.type_name])) for p in self.out_params)

    def _run(self, types: dict[str, np.dtype], shape: tuple[int, ...], args: Sequence[Any]) -> None:
        """Bring the arguments into C order, run the loop, and store what it wrote."""
        buffers = []
        for parameter, argument in zip(self.params, args, strict=True):
            host = argument._host if isinstance(argument, ndarray) else argument
            if not isinstance(argument, ndarray):
                host = np.asarray(host).astype(types[parameter.type_name])
            elif not parameter.is_raw:
                host = np.broadcast_to(host, shape)
            buffers.append(np.ascontiguousarray(host))

        sizes = (ctypes.c_ssize_t * len(buffers))(*[buffer.size for buffer in buffers])
        count = ctypes.c_ssize_t(int(np.prod(shape, dtype=np.int64)))
        scalars = tuple(not isinstance(argument, ndarray) for argument in args)
        compiler.load(self._source(types, scalars)).run(pointers(buffers), sizes, count)

        for argument, buffer in zip(args[self.nin :], buffers[self.nin :], strict=True):
            if not np.may_share_memory(buffer, argument._host):
                argument._host[...] = buffer.reshape(argument.shape)

    def _source(self, types: dict[str, np.dtype], scalars: tuple[bool, ...]) -> str:
        """Return the C++ for these types, once written."""
        key = (tuple(types.values()), scalars)
        if key not in self._sources:
            self._sources[key] = self._write_source(types, scalars)
        return self._sources[key]

    def _write_source(self, types: dict[str, np.dtype], scalars: tuple[bool, ...]) -> str:
        """Write the loop around the operation, with a declaration for each parameter."""
        before_loop, in_loop = [], []
        for k, (parameter, is_scalar) in enumerate(zip(self.params, scalars, strict=True)):
            c_type = c_type_of(types[parameter.type_name])
            c_type = f"const {c_type}" if parameter.is_input else c_type
            name, pointer = parameter.name, f"(({c_type} *)_pointers[{k}])"
            if parameter.is_raw:
                before_loop.append(f"CArray<{c_type}> {name} = {{{pointer}, _sizes[{k}]}};")
            elif is_scalar:
                before_loop.append(f"{c_type} {name} = *{pointer};")
            else:
                in_loop.append(f"{c_type} &{name} = {pointer}[i];")
        lines = [
            *typedefs(types),
            self.preamble,
            'extern "C" void run(void **_pointers, ptrdiff_t *_sizes, ptrdiff_t _count) {',
            "CIndexer _ind = {_count};",
            *before_loop,
            self.loop_prep + ";",
            "for (ptrdiff_t i = 0; i < _count; i++) {",
            *in_loop,
            self.operation + ";",
            "}",
            self.after_loop + ";",
            "}",
        ]
        return "\n".join(lines)
