"""Cross entropy in CUDA: with a thread for a sample, and with a block of threads for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
import tinygen.nn.functional as F
from tests.fast.cuda_arrays import agree, dtypes, layouts, normal, on_device, seeds
from tests.ops.registry import shapes
from tinygen.backend import Backend
from tinygen.fast.choices import CUDA_CLASSES_FOR_A_BLOCK
from tinygen.fast.cuda import loss


def plain_twin(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The losses and the slopes by the plain ops."""
    x = tg.tensor(logits, requires_grad=True)
    with tg.plain():
        losses = F.cross_entropy(x, tg.tensor(labels), reduction="none")
        losses.sum().backward()
    return losses.detach().numpy(), x.grad.numpy()


@given(st.integers(0, 4), st.sampled_from([1, 2, 5, 64, 300]), shapes(max_dims=2), dtypes, layouts,
       st.sampled_from(["int64", "int32", "uint8"]), seeds)  # fmt: skip
def test_losses_and_slopes_are_those_of_the_plain_op(
    gpu: Backend, batch: int, classes: int, rest: tuple[int, ...], dtype: str, layout: str,
    label_dtype: str, seed: int,
) -> None:  # fmt: skip
    logits = normal(seed, (batch, classes, *rest), dtype, scale=5)
    labels = np.random.default_rng(seed).integers(0, min(classes, 256), (batch, *rest))
    there = on_device(gpu, logits, layout), on_device(gpu, labels.astype(label_dtype), layout)
    agree(gpu, loss.cross_entropy(*there), plain_twin(logits, labels))
    agree(gpu, there, (logits, labels.astype(label_dtype)), rounding=0)


few_and_many = pytest.mark.parametrize("classes", [3, CUDA_CLASSES_FOR_A_BLOCK])


@few_and_many
def test_ignored_labels_have_no_loss_and_no_slope(classes: int, gpu: Backend) -> None:
    logits, labels = normal(1, (3, classes), "float32"), np.array([2, 1, 2])
    losses, slopes = map(gpu.to_numpy, loss.cross_entropy(*map(gpu.asarray, (logits, labels)), 2))
    exact_losses, exact_slopes = plain_twin(logits, labels)
    np.testing.assert_allclose(losses, [0, exact_losses[1], 0], rtol=1e-6)
    np.testing.assert_allclose(slopes[1], exact_slopes[1], rtol=1e-5, atol=1e-7)
    assert not slopes[[0, 2]].any()


@few_and_many
def test_a_label_that_does_not_exist_is_not_read(classes: int, gpu: Backend) -> None:
    logits, labels = normal(1, (3, classes), "float64"), np.array([-1, 0, classes])
    losses = gpu.to_numpy(loss.cross_entropy(*map(gpu.asarray, (logits, labels)))[0])
    assert np.isnan(losses).tolist() == [True, False, True]


@few_and_many
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_logits_do_not_overflow(classes: int, dtype: str, gpu: Backend) -> None:
    logits = np.full((2, classes), -1e30, dtype)
    logits[:, 1] = 1e30
    losses, slopes = loss.cross_entropy(gpu.asarray(logits), gpu.asarray(np.array([1, 0])))
    np.testing.assert_allclose(gpu.to_numpy(losses), np.array([0, 2e30], dtype), rtol=1e-6)
    assert gpu.to_numpy(slopes).tolist()[0] == [0.0] * classes
    assert gpu.to_numpy(slopes)[1, :2].tolist() == [-1.0, 1.0]
