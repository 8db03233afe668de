"""Every function of nn.functional that PyTorch has, with all its options: values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygen as tg  # noqa: E402
import tinygen.nn.functional as F  # noqa: E402
from tests.pytorch.helpers import Case, Constant, agree, grid, same  # noqa: E402
from tinygen.ops import more  # noqa: E402

rng = np.random.default_rng(1)


def normal(*shape):
    return rng.normal(size=shape)


def positive(*shape):
    return rng.uniform(0.1, 0.9, size=shape)


X = normal(2, 4, 7, 6)
MATRIX = np.concatenate([normal(3, 4), [[0.0, 12.0, -15.0, 0.5]]])  # kinks and tails, too


# ---- convolution -----------------------------------------------------------------------------


def convolutions():
    for bias, options in (
        (bias, options)
        for bias in (None, normal(6))
        for options in grid(
            stride=[1, 2, (1, 3)],
            padding=[0, 1, (2, 1), "valid"],
            dilation=[1, (2, 1)],
            groups=[1, 2],
        )
    ):
        yield Case("conv2d", X, normal(6, 4 // options["groups"], 3, 2), bias, **options)
    for kernel, dilation in [((3, 3), 1), ((2, 5), 1), ((4, 3), (1, 2)), ((1, 1), 1)]:
        yield Case("conv2d", X, normal(3, 4, *kernel), padding="same", dilation=dilation)


def transposed_convolutions():
    for options in grid(
        stride=[1, 2, (2, 3)],
        padding=[0, 1, (1, 2)],
        output_padding=[0, (0, 1), 1],
        groups=[1, 2],
        dilation=[1, 2],
    ):
        steps = np.broadcast_to(options["stride"], 2)
        if (np.broadcast_to(options["output_padding"], 2) < steps).all():
            weight, bias = normal(4, 6 // options["groups"], 3, 4), normal(6)
            yield Case("conv_transpose2d", X, weight, bias, **options)
    yield Case("conv_transpose2d", X, normal(4, 2, 2, 2), stride=2)


# ---- pooling, padding and resizing -----------------------------------------------------------


def pools():
    for options in grid(
        kernel_size=[2, (3, 2)],
        stride=[None, 1, 2, (3, 2)],
        padding=[0, 1],
        ceil_mode=[False, True],
    ):
        for more_options in grid(dilation=[1, 2], return_indices=[False, True]):
            yield Case("max_pool2d", X, **options, **more_options)
        for more_options in grid(count_include_pad=[True, False], divisor_override=[None, 3]):
            yield Case("avg_pool2d", X, **options, **more_options)
    for size in (1, 2, 3, (5, 2), (None, 3), (9, 8)):
        yield Case("adaptive_avg_pool2d", X, size)
        yield Case("adaptive_max_pool2d", X, size)


def resizings():
    for options in [
        *grid(size=[1, 4, (9, 5), (3, 12), (7, 6)]),
        *grid(scale_factor=[1, 2, 0.5, 1.5, 0.3, 1.7, 3.1, (2.0, 0.7), 1 / 3]),
    ]:
        yield Case("interpolate", X, **options)
        for more_options in grid(mode=["bilinear", "bicubic"], align_corners=[False, True]):
            yield Case("interpolate", X, **options, **more_options)


def paddings():
    for widths in [(1, 2), (1, 0, 2, 3), (-1, 2), (0, -2, 1, -3), (1, 1, 1, 1, 2, 0)]:
        yield Case("pad", X, widths)
        yield Case("pad", X, widths, value=2.5)
    for mode in ("reflect", "replicate"):
        for widths in [(1, 2, 3, 0), (5, 5, 6, 6), (0, 0, 1, 1)]:
            yield Case("pad", X, widths, mode=mode)


def windows():
    for options in grid(
        kernel_size=[2, (3, 2)], dilation=[1, (1, 2)], padding=[0, 1], stride=[1, (2, 1)]
    ):
        yield Case("unfold", X, **options)
        columns = torch.nn.functional.unfold(torch.tensor(X), **options)
        yield Case("fold", normal(*columns.shape), (7, 6), **options)
    yield Case("pixel_shuffle", normal(2, 12, 3, 2), 2)
    yield Case("pixel_unshuffle", normal(2, 3, 6, 4), 2)


# ---- activations -----------------------------------------------------------------------------


def activations():
    for name in ("relu", "silu", "logsigmoid", "sigmoid", "tanh", "elu", "gelu", "leaky_relu"):
        yield Case(name, MATRIX)
    yield from (Case("leaky_relu", MATRIX, slope) for slope in (0.2, 0.0, 1.5, -0.5))
    yield from (Case("elu", MATRIX, alpha) for alpha in (0.5, 2.0))
    yield Case("gelu", MATRIX, approximate="tanh")
    yield from (Case("softplus", MATRIX, beta) for beta in (1.0, 0.5, 1.5))
    for dim in (0, 1, -1):
        yield Case("softmax", MATRIX * 20, dim)
        yield Case("log_softmax", MATRIX * 20, dim)


# ---- layers as functions ---------------------------------------------------------------------


def normalizations():
    for weight, bias in [(None, None), (normal(4), normal(4)), (normal(4), None)]:
        options = {"weight": weight, "bias": bias}
        yield Case("layer_norm", MATRIX, (4,), weight, bias, eps=1e-3)
        yield Case("group_norm", X, 2, **options)
        yield Case("instance_norm", X, **options)
        for x in (X, normal(5, 4), normal(3, 4, 5)):
            yield Case("batch_norm", x, None, None, **options, training=True)
    yield Case("layer_norm", X, (4, 7, 6), normal(4, 7, 6), normal(4, 7, 6))


def others():
    yield Case("linear", normal(2, 3, 5), normal(4, 5), normal(4))
    yield Case("linear", normal(5), normal(4, 5))
    for padding_idx in (None, 1, -1):
        labels = np.array([[0, 1], [3, 3]])
        yield Case("embedding", labels, normal(4, 3), padding_idx=padding_idx)
    yield Case("one_hot", np.array([[0, 2], [1, 1]]))
    yield Case("one_hot", np.array([0, 2]), 5)
    for name in ("dropout", "dropout2d"):
        yield from (Case(name, X, p) for p in (0.0, 1.0))
        yield Case(name, X, 0.5, training=False)


# ---- losses ----------------------------------------------------------------------------------


def losses():
    labels, pixels = rng.integers(0, 4, 5), rng.integers(0, 4, (5, 3, 2))
    ignoring = np.where(np.arange(5) % 2, labels, -100)
    logits, maps = normal(5, 4), normal(5, 4, 3, 2)
    soft, soft_maps = (rng.dirichlet(np.ones(4), size=5) for _ in range(2))
    weight = rng.uniform(0.5, 2, 4).view(Constant)
    for options in grid(
        reduction=["mean", "sum", "none"], weight=[None, weight], label_smoothing=[0.0, 0.2]
    ):
        yield Case("cross_entropy", logits, labels, **options)
        yield Case("cross_entropy", logits, ignoring, **options)
        yield Case("cross_entropy", maps, pixels, **options)
        yield Case("cross_entropy", maps, pixels, ignore_index=2, **options)
        yield Case("cross_entropy", logits, soft, **options)
        yield Case("cross_entropy", normal(5, 4, 3), soft_maps[..., None].repeat(3, 2), **options)
    for options in grid(
        reduction=["mean", "sum", "none"], weight=[None, weight], ignore_index=[-100, 1]
    ):
        yield Case("nll_loss", logits, labels, **options)
        yield Case("nll_loss", maps, pixels, **options)
    a, b = normal(5, 4), normal(5, 4)
    signs = np.where(a > 0, 1.0, -1.0)
    for reduction in ("mean", "sum", "none"):
        for name in ("mse_loss", "l1_loss"):
            yield Case(name, a, b, reduction=reduction)
        for limit in (0.5, 1.0, 3.0):
            yield Case("huber_loss", a, b, reduction=reduction, delta=limit)
            yield Case("smooth_l1_loss", a, b, reduction=reduction, beta=limit)
        yield Case("smooth_l1_loss", a, b, reduction=reduction, beta=0.0)
        for margin in (1.0, 0.3):
            options = {"margin": margin, "reduction": reduction}
            yield Case("hinge_embedding_loss", a, signs, **options)
            yield Case("margin_ranking_loss", a, b, signs, **options)
        for w in (None, positive(4).view(Constant)):
            p, t = positive(5, 4), positive(5, 4)
            yield Case("binary_cross_entropy", p, t, w, reduction=reduction)
            for pos_weight in (None, weight):
                yield Case(
                    "binary_cross_entropy_with_logits", a * 5, t, w,
                    reduction=reduction, pos_weight=pos_weight,
                )  # fmt: skip
        for full in (False, True):
            yield Case("gaussian_nll_loss", a, b, positive(5, 4), full=full, reduction=reduction)
        yield Case("gaussian_nll_loss", a, b, positive(5, 1), reduction=reduction)
    for reduction in ("batchmean", "sum", "none"):
        yield Case("kl_div", np.log(soft), soft_maps, reduction=reduction)
        yield Case("kl_div", np.log(soft), np.log(soft_maps), reduction=reduction, log_target=True)


CASES = [
    *convolutions(), *transposed_convolutions(), *pools(), *resizings(), *paddings(), *windows(),
    *activations(), *normalizations(), *others(), *losses(),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_values_and_gradients_are_equal(case):
    assert agree(case, F, torch.nn.functional)


def test_every_function_that_pytorch_has_is_compared():
    names = {name for name in {*F.__all__, *more.__all__} if hasattr(torch.nn.functional, name)}

    assert names - {case.name for case in CASES} == set()


# ---- batch normalization changes its running statistics --------------------------------------


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("momentum", [0.1, 0.7, 1.0])
@pytest.mark.parametrize("shape", [(5, 4), (3, 4, 5), (2, 4, 3, 2)], ids=str)
def test_batch_norm_moves_its_running_statistics_alike(training, momentum, shape):
    x, mean, var, weight, bias = normal(*shape), normal(4), positive(4), normal(4), normal(4)
    found = []
    for library, make in ((F, tg.tensor), (torch.nn.functional, torch.tensor)):
        leaves = [make(array, requires_grad=True) for array in (x, weight, bias)]
        running = [make(mean), make(var)]
        y = library.batch_norm(leaves[0], *running, *leaves[1:], training, momentum, 1e-3)
        found.append(([y, *running], leaves))

    (results, leaves), (expected, their_leaves) = found
    assert same(results, leaves, expected, their_leaves)
