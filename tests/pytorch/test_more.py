"""The layers and functions beyond the four families' needs against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.nn import more

torch = pytest.importorskip("torch")


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


def close(ours, theirs):
    np.testing.assert_allclose(
        ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-10, atol=1e-11
    )


def same_with_gradients(ours, theirs, *arrays):
    """Equal results, gradients, and gradients of the gradients' squared length."""
    x = [tg.tensor(array, requires_grad=True) for array in arrays]
    z = [torch.tensor(array, requires_grad=True) for array in arrays]
    results = ours(*x), theirs(*z)
    close(*results)

    seed = np.random.default_rng(1).normal(size=results[0].shape)
    seeds = tg.tensor(seed, requires_grad=True), torch.tensor(seed, requires_grad=True)
    first = tg.grad(results[0], x, seeds[0], create_graph=True)
    theirs_first = torch.autograd.grad(results[1], z, seeds[1], create_graph=True)
    for mine, its in zip(first, theirs_first, strict=True):
        close(mine, its)

    options = {"allow_unused": True, "materialize_grads": True}
    second = tg.grad(sum((g * g).sum() for g in first), [*x, seeds[0]], **options)
    length = sum((g * g).sum() for g in theirs_first)
    theirs_second = torch.autograd.grad(length, [*z, seeds[1]], **options)
    for mine, its in zip(second, theirs_second, strict=True):
        close(mine, its)


EINSUMS = {
    "ij,jk": [(2, 3), (3, 4)],
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)],
    "...ij,...kj->...ik": [(2, 1, 3, 4), (3, 2, 4)],
    "...i->i": [(2, 3, 4)],
    "iij->j": [(3, 3, 2)],
    "bA": [(2, 3)],
    "ij,ij,jk->k": [(2, 3), (2, 3), (3, 4)],
    "ij,jk->ik": [(2, 1), (3, 4)],
    "i,j->ij": [(2,), (3,)],
    "bhqd,bhkd->bhqk": [(2, 2, 3, 4), (2, 2, 5, 4)],
}


@pytest.mark.parametrize("equation", EINSUMS)
def test_einsum(rng, equation):
    arrays = [rng.normal(size=shape) for shape in EINSUMS[equation]]

    same_with_gradients(
        lambda *x: tg.einsum(equation, *x), lambda *z: torch.einsum(equation, *z), *arrays
    )


MODULES = {
    "PixelShuffle": [(2,)],
    "PixelUnshuffle": [(2,)],
    "Unfold": [(2,), (3, 1, 1, 2), ((1, 3), (2, 1), (0, 2), (1, 2))],
    "ReflectionPad2d": [(2,), ((3, 0, 1, 2),), ((-1, 2, 3, -2),)],
    "ReplicationPad2d": [(2,), ((5, 0, 6, 2),), ((-1, 2, 3, -2),)],
    "GroupNorm": [(2, 4), (1, 4, 0.1), (4, 4, 1e-5, False)],
    "InstanceNorm2d": [(4,), (4, 0.1, 0.3, True, True)],
}
cases = [(name, arguments) for name, several in MODULES.items() for arguments in several]


@pytest.mark.parametrize(("name", "arguments"), cases, ids=str)
def test_modules(rng, name, arguments):
    ours = getattr(more, name)(*arguments).double()
    theirs = getattr(torch.nn, name)(*arguments).double()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.tensor(rng.normal(size=parameter.shape)))
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})

    for _ in range(2):
        same_with_gradients(ours, theirs, rng.normal(size=(3, 4, 4, 6)))

    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value, state[key].numpy(), rtol=1e-10)
    close(ours.eval()(tg.ones(1, 4, 4, 4).double()), theirs.eval()(torch.ones(1, 4, 4, 4).double()))


def test_fold(rng):
    options = {"output_size": (5, 6), "kernel_size": (2, 3), "padding": 1, "stride": (2, 1)}

    same_with_gradients(
        more.Fold(**options), torch.nn.Fold(**options), rng.normal(size=(2, 12, 18))
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("margin", [0.0, 0.7])
def test_losses(rng, reduction, margin):
    a, b = rng.normal(size=(2, 4, 3))
    target = rng.choice([-1, 1], size=(4, 3))

    for name, arrays in (("HingeEmbeddingLoss", [a]), ("MarginRankingLoss", [a, b])):
        ours = getattr(more, name)(margin=margin, reduction=reduction)
        theirs = getattr(torch.nn, name)(margin=margin, reduction=reduction)
        same_with_gradients(
            lambda *x, loss=ours: loss(*x, tg.tensor(target)),
            lambda *z, loss=theirs: loss(*z, torch.tensor(target)),
            *arrays,
        )


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("Linear", (6, 4), (2, 6)),
        ("Conv2d", (3, 4, 2), (2, 3, 5, 5)),
        ("ConvTranspose2d", (3, 4, 2), (2, 3, 5, 5)),
    ],
)
def test_spectral_norm(rng, name, arguments, shape):
    ours = tg.nn.utils.spectral_norm(getattr(tg.nn, name)(*arguments).double())
    theirs = torch.nn.utils.spectral_norm(getattr(torch.nn, name)(*arguments).double())
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    x = rng.normal(size=shape)

    for _ in range(3):
        results = ours(tg.tensor(x)), theirs(torch.tensor(x))
        close(*results)
    (results[0] ** 2).sum().backward()
    (results[1] ** 2).sum().backward()

    close(ours.weight_orig.grad, theirs.weight_orig.grad)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value, theirs.state_dict()[key].numpy(), rtol=1e-10)
    close(ours.eval()(tg.tensor(x)), theirs.eval()(torch.tensor(x)))
