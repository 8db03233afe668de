"""What a tensor is to Python: its text, its numbers, its length, its identity."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tinygen as tg

# ---- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tg.tensor(1.5), "tensor(1.5)"),
        (lambda: tg.tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (lambda: tg.tensor([1, 2]), "tensor([1, 2])"),
        (lambda: tg.tensor([True, False]), "tensor([ True, False])"),
        (lambda: tg.tensor([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]])"),
        (lambda: tg.tensor([1.0], dtype=np.float64), "tensor([1.], dtype=float64)"),
        (lambda: tg.tensor([1], dtype=np.uint8), "tensor([1], dtype=uint8)"),
        (lambda: tg.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: tg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<Mul>)"),
        (lambda: tg.zeros(0), "tensor([])"),
        (lambda: tg.zeros(0, 3), "tensor([], shape=(0, 3))"),
        (lambda: tg.tensor([1 / 3]), "tensor([0.3333])"),
    ],
)
def test_a_tensor_prints_its_values_and_what_is_unusual(make: Any, text: str) -> None:
    assert repr(make()) == text


def test_the_text_names_a_device_that_is_not_the_cpu(cuda: str) -> None:
    assert repr(tg.ones(2, device=cuda)) == "tensor([1., 1.], device='cuda')"


def test_a_long_tensor_is_shortened() -> None:
    text = repr(tg.zeros(1000))
    assert "..." in text
    assert len(text) < 200


# ---- what it is ------------------------------------------------------------------------------


def test_shape_size_and_number_of_elements() -> None:
    x = tg.zeros(2, 3, 4)
    assert x.shape == x.size() == (2, 3, 4)
    assert x.size(0) == 2
    assert x.size(-1) == 4
    assert x.ndim == x.dim() == 3
    assert x.numel() == 24
    assert x.dtype == np.float32
    assert isinstance(x.dtype, np.dtype)


def test_leaves_are_what_no_recorded_function_made() -> None:
    x = tg.ones(2, requires_grad=True)
    y = x * 2
    assert x.is_leaf
    assert tg.ones(2).is_leaf
    assert (tg.ones(2) * 2).is_leaf
    assert y.detach().is_leaf
    assert not y.is_leaf
    assert y.requires_grad
    assert y.grad_fn is not None


def test_requires_grad_can_be_switched_on_a_leaf() -> None:
    x = tg.ones(2)
    assert x.requires_grad_() is x
    assert x.requires_grad
    x.requires_grad = False
    assert not x.requires_grad
    y = tg.ones(2, requires_grad=True) * 2
    assert y.requires_grad_() is y
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        y.requires_grad_(False)


def test_integers_cannot_require_a_gradient() -> None:
    with pytest.raises(RuntimeError, match=r"int64: use \.float\(\)"):
        tg.arange(3).requires_grad_()


def test_an_unknown_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        tg.ones(2).shpae  # noqa: B018
    with pytest.raises(AttributeError):
        tg.ones(2).nonsense = 1


# ---- protocols -------------------------------------------------------------------------------


def test_the_length_is_that_of_the_first_dimension() -> None:
    assert len(tg.zeros(3, 2)) == 3
    assert len(tg.zeros(0)) == 0
    with pytest.raises(TypeError, match="0-dimensional"):
        len(tg.tensor(1.0))


def test_iterating_gives_the_rows_joined_to_the_graph() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * 10 + second).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[10.0, 10.0], [1.0, 1.0]])
    with pytest.raises(TypeError, match="0-dimensional"):
        iter(tg.tensor(1.0))


def test_only_one_element_is_true_or_false() -> None:
    assert tg.tensor(2.0)
    assert not tg.tensor([0])
    assert bool(tg.tensor([[True]]))
    for ambiguous in (tg.ones(2), tg.zeros(0)):
        with pytest.raises(ValueError, match=r"ambiguous: use \.any\(\) or \.all\(\)"):
            bool(ambiguous)


def test_one_element_is_a_number() -> None:
    assert float(tg.tensor([1.5])) == 1.5
    assert int(tg.tensor(2.9)) == 2
    with pytest.raises(ValueError, match=r"\(2,\)"):
        float(tg.ones(2))


def test_one_integer_is_an_index() -> None:
    letters = ["a", "b", "c"]
    assert letters[tg.tensor(1)] == "b"
    assert list(range(tg.tensor([2]))) == [0, 1]
    for refused in (tg.tensor(1.0), tg.tensor([0, 1])):
        with pytest.raises(TypeError, match="only one integer can be an index"):
            letters[refused]


def test_tensors_are_told_apart_by_identity() -> None:
    x, same_values = tg.ones(2), tg.ones(2)
    assert {x: "x", same_values: "other"}[x] == "x"
    assert len({x, same_values, x}) == 2


def test_comparing_is_elementwise() -> None:
    x = tg.tensor([1.0, 2.0, 3.0])
    assert (x == tg.tensor([1.0, 0.0, 3.0])).tolist() == [True, False, True]
    assert (x != 2).tolist() == [True, False, True]
    assert [(x < 2).tolist(), (x <= 2).tolist()] == [[True, False, False], [True, True, False]]
    assert [(x > 2).tolist(), (x >= 2).tolist()] == [[False, False, True], [False, True, True]]
    two = np.float32(2)
    assert [(two > x).tolist(), (two <= x).tolist()] == [[True, False, False], [False, True, True]]


def test_in_looks_for_a_value() -> None:
    assert 2 in tg.tensor([1, 2, 3])
    assert 2.5 not in tg.tensor([1.0, 2.0])
    assert tg.tensor(3) in tg.tensor([1, 2, 3])


def test_a_deep_copy_has_memory_of_its_own() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x * 3).sum().backward()
    other = copy.deepcopy(x)
    with tg.no_grad():
        x.zero_()
        x.grad.zero_()
    assert other.requires_grad
    assert other.tolist() == [1.0, 2.0]
    assert other.grad.tolist() == [3.0, 3.0]


def test_a_deep_copy_keeps_shared_tensors_shared() -> None:
    x = tg.ones(2)
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first is not x


def test_a_value_with_a_graph_is_not_copied_deeply() -> None:
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        copy.deepcopy(tg.ones(2, requires_grad=True) * 2)


def test_tensors_are_not_pickled() -> None:
    with pytest.raises(TypeError, match=r"tg\.save"):
        pickle.dumps(tg.ones(2))


# ---- leaving ---------------------------------------------------------------------------------


def test_item_is_a_python_number(device: str) -> None:
    for value, kind in ((1.5, float), (2, int), (True, bool)):
        item = tg.tensor([[value]], device=device).item()
        assert item == value
        assert type(item) is kind
    with pytest.raises(ValueError, match=r"one element.*\(2,\)"):
        tg.ones(2, device=device).item()


def test_tolist_is_nested_like_the_shape(device: str) -> None:
    assert tg.tensor([[1, 2], [3, 4]], device=device).tolist() == [[1, 2], [3, 4]]
    assert tg.tensor(1.5, device=device).tolist() == 1.5
    assert tg.zeros(2, 0, device=device).tolist() == [[], []]


def test_numpy_gives_c_order_whatever_the_layout(device: str) -> None:
    x = tg.arange(6, device=device).reshape(2, 3).t()
    host = x.numpy()
    assert type(host) is np.ndarray
    assert host.flags.c_contiguous
    assert host.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert tg.tensor(1.5, device=device).numpy().shape == ()


def test_numpy_shares_memory_on_the_cpu() -> None:
    x = tg.zeros(2)
    x.numpy()[0] = 5.0
    assert x.tolist() == [5.0, 0.0]


def test_numpy_of_what_requires_a_gradient_asks_for_detach() -> None:
    x = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"use \.detach\(\)\.numpy\(\)"):
        x.numpy()
    assert x.detach().numpy().tolist() == [1.0, 1.0]


def test_numpy_takes_a_tensor_as_an_array() -> None:
    x = tg.tensor([[1.0, 2.0]])
    assert np.shares_memory(np.asarray(x), x.data)
    assert np.asarray(x, dtype=np.float64).tolist() == [[1.0, 2.0]]
    assert not np.shares_memory(np.array(x), x.data)


def test_numpy_functions_do_not_swallow_a_gradient() -> None:
    x = tg.ones(2, requires_grad=True)
    with pytest.raises((TypeError, RuntimeError)):
        np.sin(x)
    with pytest.raises((TypeError, RuntimeError)):
        np.asarray(x, dtype=np.float32)


# ---- dtypes and devices ----------------------------------------------------------------------


def test_conversions_have_pytorchs_names() -> None:
    x = tg.tensor([0.0, 1.9, -1.9])
    assert [x.double().dtype, x.double().float().dtype] == [np.float64, np.float32]
    assert (x.long().dtype, x.long().tolist()) == (np.int64, [0, 1, -1])
    assert x.int().dtype == np.int32
    assert (x.bool().dtype, x.bool().tolist()) == (np.bool_, [False, True, True])
    assert x.type_as(tg.arange(3)).dtype == np.int64
    assert x.to(tg.ones(1, dtype=np.float64)).dtype == np.float64
    assert x.to("float64").dtype == x.to(dtype=np.float64).dtype == np.float64


def test_a_conversion_that_changes_nothing_gives_the_tensor_itself() -> None:
    x = tg.ones(2)
    assert x.to(np.float32) is x.float() is x.to("cpu") is x.cpu() is x


def test_a_gradient_comes_back_in_the_dtype_of_its_leaf() -> None:
    x = tg.ones(2, requires_grad=True)
    (x.double() * 3).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 3.0]


def test_moving_there_and_back(cuda: str) -> None:
    x = tg.tensor([[1.0, 2.0]], requires_grad=True)
    there = x.to(cuda, np.float64)
    assert (there.device, there.dtype) == ("cuda", np.float64)
    assert there.cuda() is there
    back = there.cpu()
    assert back.device == "cpu"
    (back * 5).sum().backward()
    assert (x.grad.device, x.grad.dtype, x.grad.tolist()) == ("cpu", np.float32, [[5.0, 5.0]])


def test_new_tensor_takes_device_and_dtype(device: str) -> None:
    made = tg.ones(2, dtype=np.float64, device=device).new_tensor([1, 2])
    assert (made.dtype, made.device, made.tolist()) == (np.float64, device, [1.0, 2.0])


def test_detach_shares_memory_and_clone_does_not() -> None:
    x = tg.ones(2, requires_grad=True)
    assert np.shares_memory(x.detach().data, x.data)
    assert not x.detach().requires_grad
    clone = x.clone()
    assert not np.shares_memory(clone.data, x.data)
    (clone * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
