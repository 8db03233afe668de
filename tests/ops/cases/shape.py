"""Cases of tinygen/ops/shape.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, along_dim, arrays, call, case, shapes, with_options


@st.composite
def with_dims(draw: Any, count: int, ndim: tuple[int, int] = (1, 3)) -> Call:
    """An array and so many of its dimensions, from the front or from the back."""
    x = draw(arrays(shapes(*ndim)))
    return Call((x, *(draw(st.integers(-x.ndim, x.ndim - 1)) for _ in range(count))), {})


@st.composite
def reshaped(draw: Any) -> Call:
    x = draw(arrays())
    shape = tuple(draw(st.permutations((*x.shape, 1))))
    if x.size and draw(st.booleans()):
        unknown = draw(st.integers(0, len(shape) - 1))
        shape = tuple(-1 if i == unknown else n for i, n in enumerate(shape))
    return Call((x, shape) if draw(st.booleans()) else (x, *shape), {})


@st.composite
def flattened(draw: Any) -> Call:
    x = draw(arrays())
    if x.ndim == 0:
        return Call((x,), {})
    start = draw(st.integers(0, x.ndim - 1))
    end = draw(st.integers(start, x.ndim - 1))
    return Call((x,), {"start_dim": start, "end_dim": end - draw(st.sampled_from([0, x.ndim]))})


def flatten(x: np.ndarray, start_dim: int = 0, end_dim: int = -1) -> np.ndarray:
    if x.ndim == 0:
        return x.reshape(1)
    end = end_dim % x.ndim
    merged = int(np.prod(x.shape[start_dim : end + 1]))
    return x.reshape(x.shape[:start_dim] + (merged,) + x.shape[end + 1 :])


@st.composite
def unflattened(draw: Any) -> Call:
    made = draw(along_dim(min_length=6, max_length=6))
    sizes = draw(st.sampled_from([(2, 3), (3, -1), (6, 1)]))
    return Call(made.args, made.kwargs | {"sizes": sizes})


def unflatten(x: np.ndarray, dim: int, sizes: tuple[int, ...]) -> np.ndarray:
    pieces = {-1: 2}
    axis = dim % x.ndim
    return x.reshape(x.shape[:axis] + tuple(pieces.get(n, n) for n in sizes) + x.shape[axis + 1 :])


@st.composite
def squeezed(draw: Any) -> Call:
    x = draw(arrays(shapes(max_side=2)))
    one = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.none()
    some = st.sets(st.integers(0, max(x.ndim - 1, 0))).map(tuple) if x.ndim else st.none()
    return Call((x, draw(st.none() | one | some)), {})


def squeeze(x: np.ndarray, dim: Any) -> np.ndarray:
    every = tuple(range(x.ndim))
    dims = every if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {d % x.ndim for d in dims if x.shape[d] == 1}
    return x.reshape([n for i, n in enumerate(x.shape) if i not in gone])


@st.composite
def permuted(draw: Any) -> Call:
    x = draw(arrays(shapes(min_dims=1)))
    order = draw(st.permutations(range(x.ndim)))
    order = [axis - draw(st.sampled_from([0, x.ndim])) for axis in order]
    return Call((x, tuple(order)) if draw(st.booleans()) else (x, *order), {})


@st.composite
def flipped(draw: Any) -> Call:
    x = draw(arrays(shapes(min_dims=1)))
    dims = draw(st.sets(st.integers(0, x.ndim - 1), min_size=1).map(sorted).map(tuple))
    return Call((x, dims if len(dims) > 1 or draw(st.booleans()) else dims[0]), {})


@st.composite
def rolled(draw: Any) -> Call:
    x = draw(arrays(shapes(min_dims=2, min_side=1)))
    one = st.tuples(st.integers(-4, 4), st.none() | st.integers(-1, x.ndim - 1))
    two = st.tuples(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), st.just((0, -1)))
    return Call((x, *draw(one | two)), {})


@st.composite
def parts(draw: Any, same_shape: bool) -> Call:
    """Arrays that fit together along one dimension."""
    made = draw(along_dim(min_length=0))
    x, dim = made.args[0], made.kwargs["dim"]
    others = []
    for _ in range(draw(st.integers(0, 2))):
        shape = list(x.shape)
        if not same_shape:
            shape[dim] = draw(st.integers(0, 3))
        others.append(draw(arrays(tuple(shape))))
    if same_shape:
        dim = draw(st.integers(-x.ndim - 1, x.ndim))
    return Call(([x, *others],), {"dim": dim})


@st.composite
def cut(draw: Any) -> Call:
    """An array and the lengths to cut a dimension into: one, or each."""
    made = draw(along_dim(min_length=0, max_length=5))
    length = made.args[0].shape[made.kwargs["dim"]]
    first = draw(st.integers(0, length))
    pieces = draw(st.integers(1, 6) | st.just([first, length - first]))
    return Call((*made.args, pieces), made.kwargs)


def split(x: np.ndarray, pieces: Any, dim: int) -> list[np.ndarray]:
    length = x.shape[dim]
    if isinstance(pieces, int):
        edges = list(range(pieces, length, pieces))
    else:
        edges = list(np.cumsum(pieces))[:-1]
    return np.split(x, edges, axis=dim)


def chunk(x: np.ndarray, chunks: int, dim: int) -> list[np.ndarray]:
    return split(x, max(1, int(np.ceil(x.shape[dim] / chunks))), dim)


@st.composite
def tiled(draw: Any, fewer: bool) -> Call:
    x = draw(arrays(shapes(max_dims=2)))
    lengths = st.integers(0 if fewer else x.ndim, 3)
    times = tuple(draw(st.lists(st.integers(0, 3), min_size=1 if fewer else max(x.ndim, 1),
                                max_size=max(draw(lengths), x.ndim, 1))))  # fmt: skip
    return Call((x, times) if draw(st.booleans()) else (x, *times), {})


def given(values: tuple[Any, ...]) -> tuple[int, ...]:
    return values[0] if isinstance(values[0], tuple) else values


def tile(x: np.ndarray, *times: Any) -> np.ndarray:
    return np.tile(x, given(times))


case("shape.reshape", reshaped(), lambda x, *shape: np.reshape(x, given(shape)))
case("shape.flatten", flattened(), flatten)
case("shape.unflatten", unflattened(), unflatten)
case("shape.squeeze", squeezed(), squeeze)
case(
    "shape.unsqueeze",
    arrays().flatmap(lambda x: call(st.just(x), st.integers(-x.ndim - 1, x.ndim))),
    np.expand_dims,
)
case("shape.permute", permuted(), lambda x, *order: np.transpose(x, given(order)))
case("shape.transpose", with_dims(2), np.swapaxes)
case("shape.t", call(arrays(shapes(max_dims=2))), lambda x: x.T)
case("shape.movedim", with_dims(2), np.moveaxis)
case("shape.contiguous", call(arrays()), lambda x: x)
case(
    "shape.broadcast_to",
    call(arrays((2, 1)), st.sampled_from([(2, 1), (2, 3), (2, 0), (3, 2, 2)])),
    np.broadcast_to,
)
case("shape.flip", flipped(), np.flip)
case("shape.roll", rolled(), np.roll)
for name in ("cat", "concatenate"):
    case(f"shape.{name}", parts(same_shape=False), lambda xs, dim: np.concatenate(xs, axis=dim))
case("shape.stack", parts(same_shape=True), lambda xs, dim: np.stack(xs, axis=dim))
case("shape.split", cut(), split)
case("shape.chunk", with_options(along_dim(min_length=0), chunks=st.integers(1, 5)), chunk)
case(
    "shape.unbind",
    along_dim(),
    lambda x, dim: [x.take(i, axis=dim) for i in range(x.shape[dim])],
)
case("shape.repeat", tiled(fewer=False), tile)
case("shape.tile", tiled(fewer=True), tile)
