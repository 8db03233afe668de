"""Changing shapes: what shares memory, and what cannot be done."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg


def test_views_share_memory_and_copies_do_not():
    x = tg.ones(2, 3)
    for view in (x.reshape(6), x.t(), x.unsqueeze(0), x.flatten(), x[0], x.expand(4, 2, 3)):
        assert np.shares_memory(view.data, x.data)
    for copy in (x.flip(0), x.roll(1, 0), x.repeat(2, 1), tg.cat([x, x]), x.t().contiguous()):
        assert not np.shares_memory(copy.data, x.data)


def test_a_contiguous_tensor_is_returned_as_it_is():
    x = tg.ones(2, 3)
    assert x.contiguous() is x
    assert x.t().contiguous().is_contiguous()


def test_cat_keeps_the_dtype_of_floats_beside_integers():
    assert str(tg.cat([tg.ones(2), tg.tensor([1, 2])]).dtype) == "float32"


def test_cat_of_one_tensor_twice_adds_its_gradients():
    x = tg.ones(2, requires_grad=True)
    (g,) = tg.grad((tg.cat([x, x]) * tg.tensor([1.0, 2, 3, 4])).sum(), x)
    assert g.tolist() == [4, 6]


X = tg.ones(2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: X.reshape(4), ValueError, r"Reshape: .*\(2, 3\)"),
        (lambda: X.flatten(1, 0), ValueError, "flatten: start_dim 1 comes after end_dim 0"),
        (lambda: X.unflatten(1, (2, 2)), ValueError, "unflatten: .*4 elements, dimension 1 has 3"),
        (lambda: X.permute(0), ValueError, "permute: .*each of 2 dimensions once"),
        (lambda: X.permute(0, 0), ValueError, "names a dimension twice"),
        (lambda: X.transpose(0, 2), IndexError, "dim 2 is out of range"),
        (lambda: X.unsqueeze(4), IndexError, "dim 4 is out of range"),
        (lambda: tg.ones(1, 2, 3).t(), ValueError, r"t\(\) is for matrices, got 3 dimensions"),
        (lambda: X.repeat(2), ValueError, "repeat: .* is shorter than the 2 dimensions"),
        (lambda: X.split(0), ValueError, "split: the size of a piece must be positive, got 0"),
        (lambda: X.split([1, 1], 1), ValueError, r"split: sizes \[1, 1\] do not add up to 3"),
        (lambda: X.chunk(0), ValueError, "chunk: the number of pieces must be positive"),
        (lambda: tg.cat([]), ValueError, "cat needs at least one tensor"),
        (lambda: tg.cat([X, tg.ones(2, 4)]), ValueError, r"Cat: .*\(2, 3\).*\(2, 4\)"),
        (lambda: tg.stack([]), ValueError, "stack needs at least one tensor"),
        (lambda: tg.stack([X, tg.ones(3)]), ValueError, r"stack .* one shape.*\(2, 3\), \(3,\)"),
        (lambda: tg.broadcast_to(X, (3, 3)), ValueError, r"Expand: .*\(2, 3\)"),
    ],
)
def test_what_cannot_be_done_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
