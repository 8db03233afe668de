"""Cross entropy in CUDA: with a thread for a sample, and with a block of threads for one."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
import tinygen.nn.functional as F
from tests import standin
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tests.ops.registry import shapes
from tinygen import gradcheck, gradgradcheck
from tinygen.backend import Backend
from tinygen.fast.choices import CUDA_CLASSES_FOR_A_BLOCK
from tinygen.fast.cuda import loss
from tinygen.ops.loss import CrossEntropy

IGNORED = -7
few_and_many = pytest.mark.parametrize("classes", [3, CUDA_CLASSES_FOR_A_BLOCK])
fast_and_plain = pytest.mark.parametrize("mode", [contextlib.nullcontext, tg.plain])


def plain_twin(logits: np.ndarray, labels: np.ndarray, ignored: int) -> tuple[np.ndarray, ...]:
    """The losses, the counts and the slopes by the plain op on the host."""
    x = tg.tensor(logits, requires_grad=True)
    with tg.plain():
        losses, counts = CrossEntropy.apply(x, tg.tensor(labels), ignored)
        losses.sum().backward()
    return losses.detach().numpy(), counts.detach().numpy(), x.grad.numpy()


@given(st.integers(0, 4), st.sampled_from([1, 2, 5, 64, 300]), shapes(max_dims=2), dtypes, layouts,
       seeds)  # fmt: skip
def test_losses_counts_and_slopes_are_those_of_the_plain_op(
    gpu: Backend, batch: int, classes: int, rest: tuple[int, ...], dtype: str, layout: str,
    seed: int,
) -> None:  # fmt: skip
    """Some labels are to be ignored, some do not exist."""
    logits = normal(seed, (batch, classes, *rest), dtype, scale=5)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, (batch, *rest))
    strange = rng.choice([IGNORED, -1, classes, 2**40], labels.shape)
    labels = np.where(rng.random(labels.shape) < 0.3, strange, labels)
    there = on_device(gpu, logits, layout), on_device(gpu, labels, layout)
    agree(gpu, loss.cross_entropy(*there, IGNORED), plain_twin(logits, labels, IGNORED))
    agree(gpu, there, (logits, labels), rounding=0)  # nothing is written to


@few_and_many
def test_ignored_labels_have_no_loss_and_no_slope(classes: int, gpu: Backend) -> None:
    logits, labels = gpu.asarray(normal(1, (3, classes), "float32")), gpu.asarray([2, 1, 2])
    losses, counts, slopes = map(gpu.to_numpy, loss.cross_entropy(logits, labels, 2))
    assert counts.tolist() == [0, 1, 0]
    assert losses[[0, 2]].tolist() == [0, 0]
    assert not slopes[[0, 2]].any()
    assert losses[1] > 0 > slopes[1, 1]


@few_and_many
def test_losses_counts_and_slopes_are_one_launch(classes: int, gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in counts launches")
    logits, labels = gpu.asarray(normal(1, (3, classes), "float32")), gpu.asarray([2, 1, 2])
    standin.counters.reset()
    loss.cross_entropy(logits, labels, IGNORED)
    assert standin.counters.launches == 1


@few_and_many
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_logits_do_not_overflow(classes: int, dtype: str, gpu: Backend) -> None:
    logits = np.full((2, classes), -1e30, dtype)
    logits[:, 1] = 1e30
    there = gpu.asarray(logits), gpu.asarray(np.array([1, 0]))
    losses, _, slopes = map(gpu.to_numpy, loss.cross_entropy(*there, IGNORED))
    np.testing.assert_allclose(losses, np.array([0, 2e30], dtype), rtol=1e-6)
    assert slopes[0].tolist() == [0.0] * classes
    assert slopes[1, :2].tolist() == [-1.0, 1.0]


# ---- as users call it ------------------------------------------------------------------------


def value_and_slope(
    device: str, labels: Any, label_dtype: str = "int64", **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """A loss of four samples and three classes, and its gradient."""
    x = tg.tensor(normal(3, (4, 3), "float32"), device=device, requires_grad=True)
    target = tg.tensor(np.array(labels, label_dtype), device=device)
    value = F.cross_entropy(x, target, **options)
    value.sum().backward()
    return value.detach().to("cpu").numpy(), x.grad.to("cpu").numpy()


@fast_and_plain
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("label_dtype", ["int64", "int32", "uint8"])
def test_the_loss_on_the_device_is_that_on_the_host(
    mode: Any, label_dtype: str, reduction: str, gpu: Backend
) -> None:
    case = {"labels": [0, 2, 1, 1], "label_dtype": label_dtype, "reduction": reduction}
    for options in ({}, {"ignore_index": 1}):
        with mode():
            found = value_and_slope(gpu.device, **case, **options)
        expected = value_and_slope("cpu", **case, **options)
        for result, twin in zip(found, expected, strict=True):
            assert result.dtype == np.float32
            np.testing.assert_allclose(result, twin, rtol=1e-5, atol=1e-6)


@fast_and_plain
def test_a_label_that_does_not_exist_makes_nan(mode: Any, gpu: Backend) -> None:
    with mode():
        losses, slopes = value_and_slope(gpu.device, [0, 3, -1, 2], reduction="none")
        mean, _ = value_and_slope(gpu.device, [0, 3, -1, 2])
    assert np.isnan(losses).tolist() == [False, True, True, False]
    assert np.isnan(slopes).all(1).tolist() == [False, True, True, False]
    assert np.isfinite(slopes[[0, 3]]).all()
    assert np.isnan(mean)


@fast_and_plain
def test_anomaly_mode_names_a_label_that_does_not_exist(mode: Any, gpu: Backend) -> None:
    with (
        mode(),
        tg.anomaly_mode(),
        pytest.raises(IndexError, match="cross_entropy: label 3 is out"),
    ):
        value_and_slope(gpu.device, [0, 3, 1, 2])


@pytest.mark.parametrize("options", [{"label_smoothing": 0.1}, {"weight": True}])
def test_other_losses_name_a_label_that_does_not_exist(options: Any, gpu: Backend) -> None:
    if "weight" in options:
        options = {"weight": tg.ones(3, device=gpu.device)}
    with pytest.raises(IndexError, match="cross_entropy: label 3 is out of range for 3 entries"):
        value_and_slope(gpu.device, [0, 3, 1, 2], **options)


def test_first_and_second_derivatives_are_right(gpu: Backend) -> None:
    x = tg.tensor(normal(0, (4, 3), "float64"), device=gpu.device, requires_grad=True)
    labels = tg.tensor([2, 0, -100, 1], device=gpu.device)
    assert gradcheck(lambda x: F.cross_entropy(x, labels), [x])
    assert gradgradcheck(lambda x: F.cross_entropy(x, labels), [x])


def test_a_training_step_never_waits_for_the_device(gpu: Backend) -> None:
    if gpu.xp is not standin.cupy:
        pytest.skip("only the stand-in notices a wait")
    network = tg.nn.Dense(5, 3).to(gpu.device)
    optimizer = tg.optim.Adam(network.parameters())
    x = tg.tensor(normal(1, (4, 5), "float32"), device=gpu.device)
    labels = tg.tensor([0, 2, 1, 1], device=gpu.device)
    with standin.no_sync():
        F.cross_entropy(network(x), labels).backward()
        optimizer.step()
