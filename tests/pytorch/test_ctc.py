"""The CTC loss against PyTorch's own, behind log_softmax, where PyTorch's gradient is right."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.pytorch.helpers import grid

torch = pytest.importorskip("torch")

STEPS, COUNT, LETTERS = 9, 5, 4
INPUTS, TARGETS = [9, 7, 4, 1, 3], [3, 2, 0, 1, 3]


def losses_of(library, logits, letters, inputs, targets, **options):
    """The loss and its slope by the logits."""
    logits = library.tensor(logits, requires_grad=True)
    loss = library.nn.CTCLoss(**options)(
        library.log_softmax(logits, -1), library.tensor(letters), inputs, targets
    )
    loss.sum().backward()
    return loss.detach().numpy(), logits.grad.numpy()


OPTIONS = list(grid(blank=[0, 2], reduction=["none", "mean", "sum"], zero_infinity=[True]))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_texts_of_many_lengths(options, joined, dtype):
    rng = np.random.default_rng(20240607)
    logits = rng.normal(size=(STEPS, COUNT, LETTERS)).astype(dtype)
    others = [letter for letter in range(LETTERS) if letter != options["blank"]]
    letters = rng.choice(others, size=(COUNT, max(TARGETS)))
    if joined:
        letters = np.concatenate(
            [row[:length] for row, length in zip(letters, TARGETS, strict=True)]
        )

    ours, theirs = (
        losses_of(library, logits, letters, tuple(INPUTS), tuple(TARGETS), **options)
        for library in (tg, torch)
    )

    rtol = 1e-10 if dtype == "float64" else 1e-4
    for own, its in zip(ours, theirs, strict=True):
        assert own.dtype == its.dtype
        np.testing.assert_allclose(own, its, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_a_text_that_does_not_fit(reduction):
    logits = np.random.default_rng(0).normal(size=(3, 1, 2))

    ours, theirs = (
        losses_of(library, logits, [[1, 1, 1]], (3,), (3,), reduction=reduction)
        for library in (tg, torch)
    )

    assert np.isinf(ours[0]).all()
    assert np.isinf(theirs[0]).all()
    assert np.isnan(ours[1]).all()
    assert np.isnan(theirs[1]).all()


def test_a_single_text():
    logits = np.random.default_rng(0).normal(size=(6, 3))

    ours = losses_of(tg, logits, [1, 2], 6, 2)
    theirs = losses_of(torch, logits, [1, 2], torch.tensor(6), torch.tensor(2))

    for own, its in zip(ours, theirs, strict=True):
        assert own.shape == its.shape
        np.testing.assert_allclose(own, its, rtol=1e-10)
