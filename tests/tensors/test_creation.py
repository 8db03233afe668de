"""Making tensors: values, dtypes, devices, and memory of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygen as tg

# ---- from data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, np.float32),
        (2, np.int64),
        (True, np.bool_),
        ([1, 2], np.int64),
        ([1, 2.5], np.float32),
        ([[True], [False]], np.bool_),
        ([], np.float32),
        (range(3), np.int64),
        (np.float64(1.5), np.float64),
        (np.zeros(2), np.float64),
        (np.zeros(2, np.float32), np.float32),
        (np.zeros(2, np.int32), np.int32),
        (np.zeros(2, np.uint8), np.uint8),
        ([np.zeros(2), np.ones(2)], np.float64),
    ],
)
def test_python_numbers_get_pytorchs_dtypes_and_arrays_keep_theirs(data: Any, dtype: type) -> None:
    made = tg.tensor(data)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made.numpy(), np.array(data))


def test_a_dtype_may_be_given() -> None:
    assert tg.tensor([1, 2], dtype=np.float64).dtype == np.float64
    assert tg.tensor([1.9, -1.9], dtype=np.int64).tolist() == [1, -1]
    assert tg.tensor(np.zeros(2), dtype="float32").dtype == np.float32


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.zeros(2, np.float32)
    copied, shared, viewed = tg.tensor(array), tg.from_numpy(array), tg.as_tensor(array)
    array[0] = 5.0
    assert copied.tolist() == [0.0, 0.0]
    assert shared.tolist() == viewed.tolist() == [5.0, 0.0]


def test_a_tensor_of_a_tensor_is_a_detached_copy() -> None:
    x = tg.ones(2, requires_grad=True)
    copied = tg.tensor(x)
    assert not copied.requires_grad
    assert not np.shares_memory(copied.data, x.data)


def test_as_tensor_gives_a_fitting_tensor_back() -> None:
    x = tg.ones(2)
    assert tg.as_tensor(x) is x
    assert tg.as_tensor(x, dtype=np.float64).dtype == np.float64
    assert tg.as_tensor([1.0, 2.0]).dtype == np.float32


def test_lists_may_hold_tensors() -> None:
    made = tg.tensor([[tg.tensor(1.0), 2.0], [3.0, tg.tensor([4.0]).sum()]])
    assert made.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("data", [[[1, 2], [3]], "text", [1.0, None], 1j, [object()]])
def test_what_is_no_table_of_numbers_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="rows of equal length|real numbers"):
        tg.tensor(data)


def test_from_numpy_wants_an_array() -> None:
    with pytest.raises(TypeError, match="expected a NumPy array, got list"):
        tg.from_numpy([1.0])


def test_only_floating_tensors_may_require_a_gradient() -> None:
    assert tg.tensor([1.0], requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="only floating tensors"):
        tg.tensor([1], requires_grad=True)


# ---- filled and counted ----------------------------------------------------------------------

MADE: dict[str, tuple[Callable[..., tg.Tensor], Any, type]] = {
    "zeros": (lambda **o: tg.zeros(2, 3, **o), np.zeros((2, 3)), np.float32),
    "zeros of a tuple": (lambda **o: tg.zeros((2, 3), **o), np.zeros((2, 3)), np.float32),
    "zeros of a list": (lambda **o: tg.zeros([2], **o), np.zeros(2), np.float32),
    "a zero": (lambda **o: tg.zeros(**o), np.zeros(()), np.float32),
    "no zeros": (lambda **o: tg.zeros(0, 3, **o), np.zeros((0, 3)), np.float32),
    "zeros of a NumPy length": (lambda **o: tg.zeros(np.int64(2), **o), np.zeros(2), np.float32),
    "ones": (lambda **o: tg.ones(2, 1, **o), np.ones((2, 1)), np.float32),
    "integer ones": (lambda **o: tg.ones(2, dtype=np.int64, **o), np.ones(2), np.int64),
    "full": (lambda **o: tg.full((2,), 1.5, **o), np.full(2, 1.5), np.float32),
    "full of one length": (lambda **o: tg.full(2, 1.5, **o), np.full(2, 1.5), np.float32),
    "full of integers": (lambda **o: tg.full((2,), 7, **o), np.full(2, 7), np.int64),
    "full of truth": (lambda **o: tg.full((2,), True, **o), np.full(2, True), np.bool_),
    "full of a NumPy integer": (lambda **o: tg.full((2,), np.int64(7), **o), [7, 7], np.int64),
    "eye": (lambda **o: tg.eye(3, **o), np.eye(3), np.float32),
    "a wide eye": (lambda **o: tg.eye(2, 3, **o), np.eye(2, 3), np.float32),
    "arange": (lambda **o: tg.arange(4, **o), [0, 1, 2, 3], np.int64),
    "arange from": (lambda **o: tg.arange(1, 4, **o), [1, 2, 3], np.int64),
    "arange down": (lambda **o: tg.arange(5, 0, -2, **o), [5, 3, 1], np.int64),
    "arange of floats": (lambda **o: tg.arange(0, 1, 0.25, **o), [0, 0.25, 0.5, 0.75], np.float32),
    "arange of a NumPy integer": (lambda **o: tg.arange(np.int64(2), **o), [0, 1], np.int64),
    "linspace": (lambda **o: tg.linspace(0, 1, 5, **o), [0, 0.25, 0.5, 0.75, 1], np.float32),
    "linspace of one": (lambda **o: tg.linspace(3, 9, 1, **o), [3], np.float32),
}


@pytest.mark.parametrize(("make", "values", "dtype"), MADE.values(), ids=MADE.keys())
def test_values_dtype_and_device(
    make: Callable[..., tg.Tensor], values: Any, dtype: type, device: str
) -> None:
    made = make(device=device)
    assert made.device == device
    assert made.dtype == dtype
    assert not made.requires_grad
    np.testing.assert_array_equal(made.numpy(), np.asarray(values))
    assert made.shape == np.asarray(values).shape


def test_empty_has_a_shape_and_a_dtype(device: str) -> None:
    made = tg.empty(2, 3, dtype=np.float64, device=device)
    assert (made.shape, made.dtype, made.device) == ((2, 3), np.float64, device)


def test_likes_take_shape_dtype_and_device(device: str) -> None:
    model = tg.ones(2, 3, dtype=np.float64, device=device)
    for like in (
        tg.zeros_like, tg.ones_like, tg.empty_like, tg.rand_like, tg.randn_like
    ):  # fmt: skip
        made = like(model)
        assert (made.shape, made.dtype, made.device) == (model.shape, model.dtype, device)
    assert tg.full_like(model, 7).tolist() == [[7.0] * 3] * 2
    assert tg.zeros_like(model, dtype=np.int64).dtype == np.int64


def test_filled_tensors_may_require_a_gradient() -> None:
    for made in (
        tg.zeros(2, requires_grad=True),
        tg.ones(2, requires_grad=True),
        tg.full((2,), 1.0, requires_grad=True),
        tg.empty(2, requires_grad=True),
        tg.rand(2, requires_grad=True),
        tg.randn(2, requires_grad=True),
    ):
        assert made.requires_grad
        assert made.is_leaf


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        tg.zeros(2, -1)


def test_a_grid_has_an_array_for_each_axis() -> None:
    rows, columns = tg.meshgrid(tg.arange(2), tg.arange(3))
    assert rows.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert columns.tolist() == [[0, 1, 2], [0, 1, 2]]
    x, _ = tg.meshgrid(tg.arange(2), tg.arange(3), indexing="xy")
    assert x.shape == (3, 2)


# ---- drawn -----------------------------------------------------------------------------------


def test_drawn_numbers_have_their_shape_dtype_and_device(device: str) -> None:
    for draw in (tg.rand, tg.randn):
        made = draw(2, 3, device=device)
        assert (made.shape, made.dtype, made.device) == ((2, 3), np.float32, device)
        assert draw((4,), dtype=np.float64, device=device).dtype == np.float64
        assert draw(device=device).shape == ()
        assert draw(0, 3, device=device).shape == (0, 3)


def test_random_integers_lie_in_their_range(device: str) -> None:
    tg.manual_seed(0)
    drawn = tg.randint(-2, 3, (1000,), device=device)
    assert (drawn.dtype, drawn.device) == (np.int64, device)
    assert set(drawn.tolist()) == {-2, -1, 0, 1, 2}


def test_random_integers_start_at_zero_if_one_bound_is_given() -> None:
    tg.manual_seed(0)
    assert set(tg.randint(3, size=(100,)).tolist()) == {0, 1, 2}
    assert set(tg.randint(3, (100,)).tolist()) == {0, 1, 2}  # PyTorch's usual call


def test_an_empty_range_of_integers_is_refused() -> None:
    with pytest.raises(ValueError, match="no integers from 3 up to 3"):
        tg.randint(3, 3, (2,))


def test_a_permutation_holds_every_integer_once(device: str) -> None:
    tg.manual_seed(0)
    order = tg.randperm(100, device=device)
    assert (order.dtype, order.device) == (np.int64, device)
    assert sorted(order.tolist()) == list(range(100))
    assert order.tolist() != list(range(100))


def test_normal_has_a_mean_and_a_standard_deviation() -> None:
    tg.manual_seed(0)
    count, mean, std = 40_000, 3.0, 2.0
    drawn = tg.normal(mean, std, (count,))
    assert drawn.dtype == np.float32
    assert abs(drawn.mean().item() - mean) < 4 * std / count**0.5
    assert abs(drawn.std().item() - std) < 4 * std / (2 * count) ** 0.5


# ---- devices ---------------------------------------------------------------------------------


def test_data_go_where_they_are_sent(device: str) -> None:
    assert tg.tensor([1.0, 2.0], device=device).device == device
    assert tg.as_tensor(np.ones(2), device=device).device == device


def test_data_stay_where_they_are_if_no_device_is_named(cuda: str) -> None:
    there = tg.ones(2, device=cuda)
    assert tg.tensor(there).device == "cuda"
    assert tg.tensor(there, device="cpu").device == "cpu"
    assert tg.as_tensor(there.data).device == "cuda"


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown device 'tpu'.*'cpu'.*'cuda'"):
        tg.zeros(2, device="tpu")
