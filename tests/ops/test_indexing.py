"""Picking elements: repeated indices, bad ones, and what is each other's derivative."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F

X = tg.arange(6).reshape(2, 3).float()


def test_repeated_indices_add_their_gradients(backend):
    x = tg.ones(3, device=backend.device, requires_grad=True)
    rows = tg.tensor([0, 2, 0, 0], device=backend.device)
    (slope,) = tg.grad(x[rows].sum(), x)
    assert slope.tolist() == [3, 0, 1]


def test_rows_of_a_table_that_are_used_twice_learn_twice(backend):
    table = tg.ones(4, 2, device=backend.device, requires_grad=True)
    tokens = tg.tensor([[1, 1], [3, 1]], device=backend.device)
    (slope,) = tg.grad(F.embedding(tokens, table).sum(), table)
    assert slope.tolist() == [[0, 0], [3, 3], [0, 0], [1, 1]]


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_padding_row_is_read_but_does_not_learn(padding_idx, backend):
    table = tg.ones(4, 2, device=backend.device, requires_grad=True)
    tokens = tg.tensor([0, 1, 1], device=backend.device)
    y = F.embedding(tokens, table, padding_idx)
    (slope,) = tg.grad(y.sum(), table)
    assert y.tolist() == [[1, 1]] * 3
    assert slope.tolist() == [[1, 1], [0, 0], [0, 0], [0, 0]]


def test_scatter_add_is_the_transpose_of_gather(backend):
    rng = np.random.default_rng(0)
    index = tg.tensor(rng.integers(0, 3, (2, 4)), device=backend.device)
    x = tg.tensor(rng.standard_normal((2, 3)), device=backend.device)
    y = tg.tensor(rng.standard_normal((2, 4)), device=backend.device)
    zeros = tg.zeros_like(x)
    picked = (tg.gather(x, 1, index) * y).sum().item()
    put = (x * tg.scatter_add(zeros, 1, index, y)).sum().item()
    assert picked == pytest.approx(put, rel=1e-12)


def test_one_hot_counts_its_classes():
    assert F.one_hot(tg.tensor([0, 2])).tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: X[2], IndexError, r"GetItem: .*\(2, 3\)"),
        (lambda: X[0, 0, 0], IndexError, "too many"),
        (lambda: X[tg.ones(2)], IndexError, "integer or boolean, got float32"),
        (lambda: X[tg.tensor([0, 2])], IndexError, "out of (range|bounds)"),
        (lambda: tg.gather(X, 0, tg.ones(2, 3)), TypeError, "gather: .*integers, got float32"),
        (lambda: tg.gather(X, 0, tg.tensor([0])), ValueError, r"gather: .*\(1,\).*differ in rank"),
        (lambda: tg.gather(X, 0, tg.tensor([[0] * 4])), ValueError, r"\(1, 4\) is longer"),
        (lambda: tg.gather(X, 1, tg.tensor([[3]])), IndexError, "gather: index 3 .* 3 entries"),
        (
            lambda: tg.scatter_add(X, 1, tg.tensor([[0]]), tg.ones(1, 2)),
            ValueError,
            r"scatter_add: src \(1, 2\) and index \(1, 1\)",
        ),
        (lambda: tg.scatter(X, 1, tg.tensor([[0, 0]]), 1.0), ValueError, "names a place twice"),
        (
            lambda: tg.index_select(X, 0, tg.tensor([2])),
            IndexError,
            "index_select: index 2 is out of range for 2 entries",
        ),
        (
            lambda: tg.index_add(X, 0, tg.tensor([2]), tg.ones(1, 3)),
            IndexError,
            "index_add: index 2 is out of range",
        ),
        (
            lambda: F.embedding(tg.tensor([4]), tg.ones(4, 2)),
            IndexError,
            "embedding: index 4 is out of range for 4 entries",
        ),
        (lambda: F.embedding(tg.tensor([-1]), tg.ones(4, 2)), IndexError, "index -1 is negative"),
        (lambda: F.embedding(tg.ones(1), tg.ones(4, 2)), TypeError, "integers, got float32"),
        (lambda: F.one_hot(tg.tensor([3]), 3), IndexError, "label 3 is out of range"),
        (lambda: F.one_hot(tg.tensor([-1])), IndexError, "label -1 is negative"),
        (lambda: F.one_hot(tg.ones(1)), TypeError, "one_hot: labels must be integers, got float32"),
    ],
)
def test_bad_indices_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
