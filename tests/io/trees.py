"""Random trees, and when two trees are the same to the last bit."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygen as tg

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(endianness="?"),
    hnp.unicode_string_dtypes(endianness="?", max_len=4),
    hnp.byte_string_dtypes(max_len=4),
    hnp.datetime64_dtypes(endianness="?"),
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
NUMBERS = ["?", "i1", "i8", "u2", "f2", "f4", "f8", "c8"]

TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(["!tuple", "header", "a.npy", "../a"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT,
    st.sampled_from([2**63, -(2**63), 2**64 - 1, 10**40]),
)  # fmt: skip
ARRAYS = hnp.arrays(DTYPES, SHAPES)
TENSORS = st.builds(
    lambda values, wants: tg.tensor(values, requires_grad=wants),
    hnp.arrays(st.sampled_from([np.float32, np.float64]), SHAPES),
    st.booleans(),
)
NUMPY_NUMBERS = hnp.arrays(st.sampled_from(NUMBERS), ()).map(lambda array: array[()])
KEYS = st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.tuples(st.integers(), TEXT))

TREES = st.recursive(
    st.one_of(SCALARS, ARRAYS, TENSORS, NUMPY_NUMBERS),
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.lists(children, max_size=4).map(tuple),
        st.dictionaries(KEYS, children, max_size=4),
    ),
    max_leaves=12,
)


def same(one, other):
    """Whether two trees have the same types, the same order and the same bits."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        keys_agree = same(list(one), list(other))
        return keys_agree and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, tg.Tensor):
        return (
            one.requires_grad == other.requires_grad
            and one.device == other.device
            and same(one.detach().numpy(), other.detach().numpy())
        )
    if isinstance(one, np.ndarray | np.generic):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)
    return one == other
