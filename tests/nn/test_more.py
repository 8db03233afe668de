"""Layers beyond the four families' needs: each holds the settings of its function."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen.nn import more

EPS = 1e-5


# ---- normalization ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 6), (3, 6, 4), (2, 6, 3, 5)], ids=str)
def test_group_norm_takes_groups_of_neighbouring_channels(backend, rng, shape):
    module = more.GroupNorm(2, 6).double().to(backend.device)
    x = rng.normal(2.0, 3.0, size=shape)

    y = values(module(tg.tensor(x, device=backend.device)))

    for sample, result in zip(x, y, strict=True):
        for group in (slice(0, 3), slice(3, 6)):
            part = sample[group]
            expected = (part - part.mean()) / np.sqrt(part.var() + EPS)
            np.testing.assert_allclose(result[group], expected, rtol=1e-10, atol=1e-12)


def test_group_norm_scales_and_shifts_each_channel(rng):
    plain = more.GroupNorm(2, 4, eps=0.1, affine=False).double()
    scaled = more.GroupNorm(2, 4, eps=0.1).double()
    weight, bias = normal(rng, 4), normal(rng, 4)
    scaled.load_state_dict({"weight": weight, "bias": bias})
    x = normal(rng, 2, 4, 3, 3)

    expected = plain(x) * weight.reshape(1, 4, 1, 1) + bias.reshape(1, 4, 1, 1)

    np.testing.assert_allclose(values(scaled(x)), expected.numpy(), rtol=1e-12)
    assert list(plain.state_dict()) == []
    assert gradients_are_right(lambda: scaled(x), scaled.weight, scaled.bias)


def test_instance_norm_of_an_image_does_not_depend_on_the_others(backend, rng):
    module = more.InstanceNorm2d(3, affine=True).double().to(backend.device)
    x = normal(rng, 4, 3, 5, 5).to(backend.device)

    alone = [values(module(x[i : i + 1])) for i in range(4)]

    np.testing.assert_allclose(values(module(x)), np.concatenate(alone), rtol=1e-12, atol=1e-12)


def test_instance_norm_without_running_statistics_is_the_same_in_evaluation(rng):
    module, x = more.InstanceNorm2d(3), normal(rng, 2, 3, 4, 4, dtype=np.float32)

    assert list(module.state_dict()) == []
    np.testing.assert_array_equal(values(module(x)), values(module.eval()(x)))


def test_instance_norm_with_running_statistics_uses_them_in_evaluation(rng):
    module = more.InstanceNorm2d(2, momentum=0.4, track_running_stats=True).double()
    x, z = rng.normal(2, 3, size=(3, 2, 4, 4)), rng.normal(size=(1, 2, 4, 4))

    module(tg.tensor(x))
    y = module.eval()(tg.tensor(z))

    mean = 0.4 * x.mean((2, 3)).mean(0)
    var = 0.6 + 0.4 * x.var((2, 3), ddof=1).mean(0)
    expected = (z - mean[:, None, None]) / np.sqrt(var[:, None, None] + EPS)
    np.testing.assert_allclose(values(y), expected, rtol=1e-10)
    np.testing.assert_allclose(module.running_mean.numpy(), mean, rtol=1e-10)


def test_normalization_keeps_float32(rng):
    x = normal(rng, 2, 4, 3, 3, dtype=np.float32, requires_grad=True)

    for module in (more.GroupNorm(2, 4), more.InstanceNorm2d(4, affine=True)):
        x.grad = None
        y = module(x)
        y.sum().backward()
        assert {str(t.dtype) for t in (y, x.grad, module.weight.grad)} == {"float32"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: more.GroupNorm(3, 4), "num_channels=4 cannot be divided into num_groups=3"),
        (lambda x: more.GroupNorm(0, 4), "num_groups=0"),
        (lambda x: more.GroupNorm(2, 6)(x), r"\(2, 4, 3, 3\), wanted 6 channels"),
        (lambda x: more.InstanceNorm2d(3)(x), r"\(2, 4, 3, 3\); wanted images \(N, 3, H, W\)"),
        (lambda x: more.InstanceNorm2d(4)(x[0]), r"\(4, 3, 3\); wanted images"),
    ],
)
def test_normalization_says_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(tg.ones(2, 4, 3, 3))


# ---- the others are their functions ----------------------------------------------------------

CASES = [
    (more.PixelShuffle(2), "upscale_factor=2", lambda x: F.pixel_shuffle(x, 2)),
    (more.PixelUnshuffle(2), "downscale_factor=2", lambda x: F.pixel_unshuffle(x, 2)),
    (
        more.Unfold(2, padding=(1, 0), stride=2),
        "kernel_size=2, dilation=1, padding=(1, 0), stride=2",
        lambda x: F.unfold(x, 2, padding=(1, 0), stride=2),
    ),
    (
        more.ReflectionPad2d((1, 2, 3, 0)),
        "(1, 2, 3, 0)",
        lambda x: F.pad(x, (1, 2, 3, 0), "reflect"),
    ),
    (more.ReflectionPad2d(2), "(2, 2, 2, 2)", lambda x: F.pad(x, (2,) * 4, "reflect")),
    (more.ReplicationPad2d(2), "(2, 2, 2, 2)", lambda x: F.pad(x, (2,) * 4, "replicate")),
]


@pytest.mark.parametrize(("module", "settings", "function"), CASES, ids=lambda case: str(case)[:30])
def test_a_module_is_its_function_and_shows_its_settings(rng, module, settings, function):
    x = normal(rng, 2, 4, 4, 6)

    np.testing.assert_array_equal(module(x).numpy(), function(x).numpy())
    assert repr(module) == f"{type(module).__name__}({settings})"
    assert not list(module.parameters())


def test_fold_undoes_unfold_where_windows_do_not_overlap(rng):
    x = normal(rng, 2, 3, 4, 6)
    windows = {"kernel_size": 2, "stride": 2}

    image = more.Fold((4, 6), **windows)(more.Unfold(**windows)(x))

    np.testing.assert_array_equal(image.numpy(), x.numpy())
    assert repr(more.Fold((4, 6), 2)) == (
        "Fold(output_size=(4, 6), kernel_size=2, dilation=1, padding=0, stride=1)"
    )


def test_losses_hold_their_margin_and_reduction(rng):
    a, b = normal(rng, 5), normal(rng, 5)
    alike = [1, -1, 1, 1, -1]
    target = tg.tensor(alike)

    hinge = more.HingeEmbeddingLoss(margin=2.0, reduction="sum")
    ranking = more.MarginRankingLoss(margin=0.5, reduction="none")

    pairs = zip(a.tolist(), alike, strict=True)
    total = sum(distance if t == 1 else max(0.0, 2.0 - distance) for distance, t in pairs)
    assert hinge(a, target).item() == pytest.approx(total, rel=1e-12)
    expected = np.maximum(0, 0.5 - target.numpy() * (a.numpy() - b.numpy()))
    np.testing.assert_allclose(ranking(a, b, target).numpy(), expected, rtol=1e-12)
    assert repr(hinge) == "HingeEmbeddingLoss(margin=2.0, reduction='sum')"
    assert repr(ranking) == "MarginRankingLoss(margin=0.5, reduction='none')"
