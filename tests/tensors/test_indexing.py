"""Reading and writing elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygen as tg

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

INDICES: list[Any] = [
    0,
    -1,
    (1, 2),
    (1, 2, 3),
    slice(None),
    slice(0, 1),
    (slice(None), slice(None, None, -1)),
    (slice(None), 1, slice(1, 3)),
    (..., 0),
    (0, ..., slice(2)),
    None,
    (slice(None), None, 1),
    ([0, 1, 0],),
    (slice(None), [2, 0]),
    (slice(None), [2, 0], [1, 1]),
    ([1, 0], slice(None), [3, 0]),
    np.array([[0, 1], [1, 1]]),
    VALUES > 10,
    np.array([True, False]),
    (slice(None), np.array([True, False, True])),
    (0, np.array([True, False, True]), 1),
    np.array([], dtype=np.int64),
]


@pytest.mark.parametrize("index", INDICES, ids=lambda index: f"{index}"[:30].replace("\n", ""))
def test_reading_is_numpys_and_the_gradient_goes_back_where_it_came_from(index: Any) -> None:
    x = tg.tensor(VALUES, requires_grad=True)
    y = x[index]
    np.testing.assert_array_equal(y.detach().numpy(), VALUES[index])
    weights = np.random.default_rng(0).standard_normal(y.shape).astype(np.float32)
    (y * tg.tensor(weights)).sum().backward()
    expected = np.zeros_like(VALUES)
    np.add.at(expected, index, weights)  # repeated elements add up
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6)


def test_tensors_are_indices() -> None:
    x = tg.tensor(VALUES)
    np.testing.assert_array_equal(x[tg.tensor([1, 1])].numpy(), VALUES[[1, 1]])
    np.testing.assert_array_equal(x[x > 10].numpy(), VALUES[VALUES > 10])
    np.testing.assert_array_equal(
        x[:, tg.tensor([0, 2]), tg.tensor(1)].numpy(), VALUES[:, [0, 2], 1]
    )
    np.testing.assert_array_equal(x[tg.tensor(1)].numpy(), VALUES[1])


def test_a_repeated_index_receives_the_sum(device: str) -> None:
    x = tg.zeros(3, device=device, requires_grad=True)
    picked = x[tg.tensor([2, 0, 2, 2], device=device)]
    (picked * tg.tensor([1.0, 10.0, 100.0, 1000.0], device=device)).sum().backward()
    assert x.grad.tolist() == [10.0, 0.0, 1101.0]


def test_indexing_has_a_second_derivative() -> None:
    x = tg.tensor([1.0, 2.0, 3.0], dtype=np.float64, requires_grad=True)
    picked = x[[0, 2, 0]] ** 3
    (slope,) = tg.grad(picked.sum(), x, create_graph=True)
    (curvature,) = tg.grad(slope.sum(), x)
    assert curvature.tolist() == [2 * 6 * 1.0, 0.0, 6 * 3.0]


def test_a_slice_is_a_view_and_a_list_is_a_copy() -> None:
    x = tg.zeros(3)
    x[0:2].fill_(1.0)
    x[[2, 0]].fill_(9.0)
    assert x.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("index", [5, (0, 0, 9), (0, 0, 0, 0), [7]])
def test_an_index_out_of_range_is_an_error(index: Any) -> None:
    with pytest.raises(IndexError):
        tg.tensor(VALUES)[index]


def test_an_index_must_not_be_a_float() -> None:
    with pytest.raises(IndexError, match="integer or boolean, got float32"):
        tg.tensor(VALUES)[tg.tensor([1.0])]
    with pytest.raises(IndexError):
        tg.tensor(VALUES)[1.0]


# ---- writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("index", INDICES, ids=lambda index: f"{index}"[:30].replace("\n", ""))
def test_writing_a_number_is_numpys(index: Any) -> None:
    x, expected = tg.tensor(VALUES), VALUES.copy()
    x[index] = -1.0
    expected[index] = -1.0
    np.testing.assert_array_equal(x.numpy(), expected)


def test_writing_tensors_arrays_and_lists(device: str) -> None:
    x = tg.zeros(2, 3, device=device)
    x[0] = tg.tensor([1.0, 2.0, 3.0], device=device)
    x[1, 1:] = tg.tensor(7, device=device)
    assert x.tolist() == [[1.0, 2.0, 3.0], [0.0, 7.0, 7.0]]
    x[x > 2] = 0.0
    x[:, tg.tensor([0], device=device)] = 9.0
    assert x.tolist() == [[9.0, 2.0, 0.0], [9.0, 0.0, 0.0]]


def test_a_list_may_be_written_on_the_cpu() -> None:
    x = tg.zeros(3)
    x[1:] = [4.0, 5.0]
    x[0] = np.array(3.0)
    assert x.tolist() == [3.0, 4.0, 5.0]


def test_writing_keeps_the_dtype() -> None:
    x = tg.zeros(2)
    x[0] = tg.tensor(1.5, dtype=np.float64)
    assert (x.dtype, x.tolist()) == (np.float32, [1.5, 0.0])


def test_writing_into_the_graph_is_refused() -> None:
    x = tg.ones(2, requires_grad=True)
    for target, value in ((x, 0.0), (x * 2, 0.0), (tg.zeros(2), x[0])):
        with pytest.raises(RuntimeError, match=r"tg\.where.*no_grad"):
            target[0] = value


def test_values_that_do_not_fit_are_refused() -> None:
    x = tg.zeros(3)
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        x[:] = tg.ones(2)
    with pytest.raises(IndexError):
        x[5] = 1.0
