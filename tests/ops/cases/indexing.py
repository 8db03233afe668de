"""Cases of tinygen/ops/indexing.py."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, arrays, booleans, call, case, integers, shapes

SHAPE = (3, 1, 4)


@st.composite
def by_slices(draw: Any) -> Call:
    """What makes a view: integers, slices, an ellipsis, new axes."""
    shape = draw(shapes(min_dims=1))
    return Call((draw(arrays(shape)), draw(hnp.basic_indices(shape, allow_newaxis=True))), {})


@st.composite
def by_arrays(draw: Any) -> Call:
    """Arrays of integers, a mask, or arrays beside slices; integers may repeat."""
    x = draw(arrays(SHAPE))
    rows = draw(arrays(draw(shapes(max_dims=2)), integers(3)))
    index = draw(
        st.sampled_from(
            [
                rows,
                -1 - rows,
                (rows, 0),
                (rows, slice(None), np.int64(2) - rows),
                (slice(None), 0, rows),
                (..., rows),
                draw(arrays(SHAPE, booleans)),
                draw(arrays((3,), booleans)),
                [2, 0, 2],
            ]
        )
    )
    return Call((x, index), {})


@st.composite
def gathered(draw: Any, unique: bool = False, source: Any = None) -> Call:
    """An array, a dimension, an index of the same rank that may be shorter, and a source."""
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    axis = dim % len(shape)
    length = draw(st.integers(0, shape[axis] if unique else 4))
    index_shape = tuple(
        length if i == axis else draw(st.integers(0, n)) for i, n in enumerate(shape)
    )

    def places(rng: np.random.Generator, wanted: tuple[int, ...]) -> np.ndarray:
        if not unique:
            return rng.integers(0, shape[axis], wanted)
        rows = (*np.delete(wanted, axis), shape[axis])
        order = rng.permuted(np.broadcast_to(np.arange(shape[axis]), rows), axis=-1)
        return np.moveaxis(order[..., :length], -1, axis)

    args = [draw(arrays(shape)), dim, draw(arrays(index_shape, places))]
    if source is not None:
        args.append(draw(source(index_shape)))
    return Call(tuple(args), {})


def gather(x: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    out = np.empty(index.shape)
    for place in np.ndindex(*index.shape):
        there = list(place)
        there[dim] = index[place]
        out[place] = x[tuple(there)]
    return out


def scatter_add(x: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray) -> np.ndarray:
    out = x.copy()
    for place in np.ndindex(*index.shape):
        there = list(place)
        there[dim] = index[place]
        out[tuple(there)] += source[place]
    return out


def scatter(x: np.ndarray, dim: int, index: np.ndarray, source: Any) -> np.ndarray:
    out = x.copy()
    values = np.broadcast_to(source, index.shape)
    for place in np.ndindex(*index.shape):
        there = list(place)
        there[dim] = index[place]
        out[tuple(there)] = values[place]
    return out


@st.composite
def with_rows(draw: Any, adding: bool) -> Call:
    """An array, a dimension, a vector of places along it, and (to add) slices."""
    shape = list(draw(shapes(min_dims=1, min_side=1)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    index = draw(arrays((draw(st.integers(0, 4)),), integers(shape[dim])))
    x = draw(arrays(tuple(shape)))
    shape[dim] = len(index)
    return Call((x, dim, index, *([draw(arrays(tuple(shape)))] if adding else [])), {})


def index_add(x: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray) -> np.ndarray:
    out = np.moveaxis(x, dim, 0).copy()
    for i, part in zip(index, np.moveaxis(source, dim, 0), strict=True):
        out[i] += part
    return np.moveaxis(out, 0, dim)


case("indexing.getitem", by_slices(), lambda x, index: x[index])
case("indexing.getitem", by_arrays(), lambda x, index: x[index])
case("indexing.gather", gathered(), gather)
case(
    "indexing.take_along_dim",
    gathered().map(lambda made: Call((made.args[0], made.args[2], made.args[1]), {})),
    lambda x, index, dim: gather(x, dim, index),
)
case("indexing.scatter_add", gathered(source=arrays), scatter_add)
case("indexing.scatter", gathered(unique=True, source=arrays), scatter)
case("indexing.scatter", gathered(unique=True, source=lambda _: st.just(2.5)), scatter)
case("indexing.index_select", with_rows(adding=False), lambda x, d, i: np.take(x, i, axis=d))
case("indexing.index_add", with_rows(adding=True), index_add)
case(
    "indexing.embedding",
    call(arrays(values=integers(4)), arrays((4, 2))),
    lambda tokens, weight: np.take(weight, tokens, axis=0),
)
case(
    "indexing.one_hot",
    call(arrays(values=integers(3)), num_classes=st.integers(3, 5)),
    lambda labels, num_classes: np.eye(num_classes, dtype=np.int64)[labels],
    gradient=False,
)
