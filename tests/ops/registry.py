"""The registry of cases: for each public op, how to call it and what must come out.

A case is one line or a few::

    case("elementwise.exp", call(arrays()), np.exp)

The first argument names the op by its file, the second is a hypothesis strategy of calls, the
third an oracle: it takes the same arguments with float64 NumPy arrays in place of Tensors and is
written independently of the package. ``test_every_op.py`` does the rest: values, dtypes, devices,
memory layouts, first and second derivatives, on every backend.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

import tinygen as tg
from tinygen import ops

Strategy = st.SearchStrategy[Any]


@dataclass(frozen=True)
class Call:
    """The arguments of a call; NumPy arrays stand for Tensors."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Constant:
    """A floating array that takes part without a gradient."""

    array: np.ndarray


@dataclass(frozen=True)
class Case:
    """How to call an op, and what must come out.

    Attributes
    ----------
    op : str
        Its file and its name, "elementwise.exp".
    calls : strategy of Call
    oracle : callable or None
        None where the result is random: then its value has tests of its own.
    gradient : bool
        Whether it has one.
    dtype : str or None
        The dtype of the result where it is not that of the operands.
    rtol : float
        The relative tolerance in float32; float64 has the same number of roundings.
    """

    op: str
    calls: Strategy
    oracle: Callable[..., Any] | None
    gradient: bool = True
    dtype: str | None = None
    rtol: float = 2e-5
    number: int = field(default_factory=lambda: len(CASES))

    def __str__(self) -> str:
        number = [case.number for case in CASES if case.op == self.op].index(self.number)
        return f"{self.op}-{number}" if number else self.op

    @property
    def function(self) -> Callable[..., Any]:
        """The op itself."""
        return function_named(self.op)


CASES: list[Case] = []


def case(op: str, calls: Strategy, oracle: Callable[..., Any] | None, **options: Any) -> None:
    """Enter a case into the registry."""
    CASES.append(Case(op, calls, oracle, **options))


def function_named(op: str) -> Callable[..., Any]:
    """The function of a public op."""
    family, _, name = op.partition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(f"tinygen.ops.{family}"), name)
    return found


def public_ops() -> list[str]:
    """All that the files of ``tinygen.ops`` export."""
    families = sorted(module.name for module in pkgutil.iter_modules(ops.__path__))
    return [
        f"{family}.{name}"
        for family in families
        for name in getattr(importlib.import_module(f"tinygen.ops.{family}"), "__all__", ())
    ]


# ---- drawing ---------------------------------------------------------------------------------

# Values are drawn by a seeded generator: hypothesis chooses shapes, layouts and options. All are
# numbers of float32, so that float32 and float64 see the same inputs.
Values = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def real(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Normal numbers."""
    return rng.standard_normal(shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Away from 0, on one side."""
    return rng.uniform(0.3, 3, shape)


def nonzero(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Away from 0, on both sides."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2, shape)


def unit(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Inside of (0, 1): probabilities."""
    return rng.uniform(0.05, 0.95, shape)


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """No two alike, in random order."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(-2, 2, size)).reshape(shape)


def coarse(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Many alike."""
    return rng.integers(-1, 2, shape).astype(np.float64)


def booleans(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """True and False."""
    return rng.random(shape) < 0.5


def integers(below: int) -> Values:
    """Indices or labels."""
    return lambda rng, shape: rng.integers(0, below, shape)


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3) -> Strategy:
    """Shapes, of sides 0 and 1 too."""
    return hnp.array_shapes(
        min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )


@st.composite
def arrays(draw: Any, shape: Any = None, values: Values = real) -> np.ndarray:
    """An array of a shape (given or drawn), in C order, in F order, or with gaps."""
    if shape is None:
        shape = shapes()
    if isinstance(shape, st.SearchStrategy):
        shape = draw(shape)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    drawn = np.asarray(values(rng, shape))
    if drawn.dtype == np.float64:
        drawn = drawn.astype(np.float32).astype(np.float64)
    return laid_out(drawn, draw(st.sampled_from(["C", "F", "gaps"])))


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same values in another layout of memory."""
    if layout == "gaps" and array.ndim:
        return with_gaps(np, array)
    return np.array(array, order="F" if layout == "F" else "C")


def with_gaps(xp: Any, array: Any) -> Any:
    """Every second element of a longer last axis."""
    wide = xp.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def call(*args: Any, **kwargs: Any) -> Strategy:
    """A call with these arguments; strategies among them are drawn."""
    drawn = st.tuples(*map(_strategy, args))
    named = st.fixed_dictionaries({name: _strategy(value) for name, value in kwargs.items()})
    return st.builds(Call, drawn, named)


def _strategy(value: Any) -> Strategy:
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


def constant(strategy: Strategy) -> Strategy:
    """Arrays that take part without a gradient."""
    return strategy.map(Constant)


@st.composite
def broadcast_pair(draw: Any, first: Values = real, second: Values = real) -> Call:
    """Two arrays whose shapes broadcast, either way."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)
    one, other = draw(drawn).input_shapes
    return Call((draw(arrays(one, first)), draw(arrays(other, second))), {})


@st.composite
def along_dim(
    draw: Any, values: Values = real, min_length: int = 1, max_length: int = 4, name: str = "dim"
) -> Call:
    """An array and one of its dimensions, which has some length; the others may be empty."""
    shape = list(draw(shapes(min_dims=1)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] = draw(st.integers(min_length, max_length))
    return Call((draw(arrays(tuple(shape), values)),), {name: dim})


@st.composite
def along_dims(draw: Any, values: Values = real, min_side: int = 1) -> Call:
    """An array and one, several or all of its dimensions, and whether to keep them."""
    x = draw(arrays(shapes(min_side=min_side), values))
    places = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.nothing()
    several = st.sets(places.map(lambda d: d % max(x.ndim, 1)), min_size=1).map(tuple)
    dim = draw(st.none() | places | several if x.ndim else st.none())
    return Call((x,), {"dim": dim, "keepdim": draw(st.booleans())})


def with_options(calls: Strategy, **options: Any) -> Strategy:
    """Calls with further keyword arguments, drawn or given."""
    named = st.fixed_dictionaries({name: _strategy(value) for name, value in options.items()})
    return st.builds(lambda made, more: Call(made.args, made.kwargs | more), calls, named)


# ---- from NumPy to a backend, and back -------------------------------------------------------


def placed(value: Any, backend: Any, dtype: str, requires_grad: bool = False) -> Any:
    """Arguments with each array as a Tensor on a backend, in its layout."""
    if isinstance(value, Call):
        return placed((value.args, value.kwargs), backend, dtype, requires_grad)
    if isinstance(value, Constant):
        return placed(value.array, backend, dtype)
    if isinstance(value, (list, tuple)):
        return type(value)([placed(part, backend, dtype, requires_grad) for part in value])
    if isinstance(value, dict):
        return {k: placed(part, backend, dtype, requires_grad) for k, part in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    floating = value.dtype.kind == "f"
    x = tg.Tensor(_on_device(backend, value.astype(dtype) if floating else value, value.flags))
    return x.requires_grad_() if floating and requires_grad else x


def _on_device(backend: Any, values: np.ndarray, flags: Any) -> Any:
    if flags.c_contiguous:
        return backend.asarray(np.array(values, order="C"))
    if flags.f_contiguous:
        reversed_axes = tuple(range(values.ndim))[::-1]
        return backend.asarray(np.array(values.T, order="C")).transpose(reversed_axes)
    return with_gaps(backend.xp, backend.asarray(np.array(values, order="C")))


def on_host(value: Any) -> Any:
    """Arguments with constants as plain arrays, for an oracle."""
    if isinstance(value, Call):
        return on_host((value.args, value.kwargs))
    if isinstance(value, Constant):
        return value.array
    if isinstance(value, (list, tuple)):
        return type(value)([on_host(part) for part in value])
    if isinstance(value, dict):
        return {name: on_host(part) for name, part in value.items()}
    return value


def tensors_in(value: Any) -> list[tg.Tensor]:
    """All Tensors among nested arguments or results."""
    if isinstance(value, tg.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in tensors_in(part)]
    return []
