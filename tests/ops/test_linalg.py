"""Products of matrices and lengths of vectors at their edges."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tinygen.gradcheck import gradcheck

A, B = tg.ones(2, 3), tg.ones(4, 3)


def test_the_euclidean_norm_of_a_zero_vector_has_a_gradient_of_zero(backend):
    x = tg.zeros(2, 3, device=backend.device, requires_grad=True)
    (slope,) = tg.grad(tg.norm(x, dim=1).sum(), x)
    assert slope.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_number_on_the_left_of_a_product_is_refused():
    with pytest.raises((TypeError, ValueError, AttributeError)):
        2.0 @ A


@pytest.mark.parametrize("layout", ["rows", "columns", "both"])
def test_transposed_factors(layout, backend):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 2)), rng.standard_normal((4, 3))
    x = tg.tensor(a, device=backend.device, requires_grad=True)
    w = tg.tensor(b, device=backend.device, requires_grad=True)
    calls = {
        "rows": lambda x, w: x.t() @ w.t(),
        "columns": lambda x, w: w @ x,
        "both": lambda x, w: (x.t() @ w.t()).t(),
    }
    assert gradcheck(calls[layout], (x, w), eps=1e-5, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: A @ B, r"matmul: shapes \(2, 3\) and \(4, 3\) .*3 columns against 4 rows.*transp"),
        (lambda: A @ tg.tensor(1.0), "matmul: an operand is a scalar; use \\* to scale"),
        (lambda: tg.mm(A, tg.ones(3)), r"mm: expected 2 dimensions, got shape \(3,\)"),
        (lambda: tg.bmm(A, A), r"bmm: expected 3 dimensions, got shape \(2, 3\)"),
        (lambda: tg.dot(A, A), r"dot: expected 1 dimensions, got shape \(2, 3\)"),
        (lambda: tg.outer(A, A), r"outer: expected 1 dimensions, got shape \(2, 3\)"),
        (lambda: tg.norm(A, 0), "norm: the order p must be positive, got 0"),
        (
            lambda: F.linear(tg.ones(5, 1, 28, 28), tg.ones(10, 784)),
            r"linear: .*\(5, 1, 28, 28\).*\(10, 784\).*flatten",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_batches_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"bmm: .*\(2, 3, 4\).*\(5, 4, 3\)"):
        tg.bmm(tg.ones(2, 3, 4), tg.ones(5, 4, 3))


def test_bmm_does_not_broadcast():
    with pytest.raises(ValueError, match=r"bmm: .*\(2, 3, 4\).*\(1, 4, 3\)"):
        tg.bmm(tg.ones(2, 3, 4), tg.ones(1, 4, 3))


def test_a_bias_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"bias.*\(1,\)"):
        F.linear(tg.ones(5, 3), tg.ones(4, 3), tg.ones(1))
