"""Convolutions: the identities that tie the two together, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

import tinygen as tg
import tinygen.nn.functional as F
from tests.ops.cases.conv import convolutions
from tests.ops.registry import placed


@pytest.mark.parametrize("kind", ["plain", "fast"])
def test_the_transposed_convolution_is_the_adjoint(kind, backend):
    """<conv(x), y> = <x, conv_transpose(y)>, for every geometry."""

    @settings(max_examples=20)
    @given(convolutions())
    def run(call):
        options = {k: v for k, v in call.kwargs.items() if k != "bias"}
        if isinstance(options["padding"], str) or call.args[0].shape[0] == 0:
            return
        x, w = placed(call.args, backend, "float64")
        conv = F.conv2d(x, w, **options)
        y = tg.tensor(np.random.default_rng(0).standard_normal(conv.shape), device=backend.device)
        options["output_padding"] = left_over(x, w, **options)
        back = F.conv_transpose2d(y, w, **options)
        assert back.shape == x.shape
        assert (conv * y).sum().item() == pytest.approx((x * back).sum().item(), rel=1e-10)

    if kind == "plain":
        with tg.plain():
            run()
    else:
        run()


def left_over(x, w, stride, padding, dilation, groups):
    """The rows and columns that no window reaches."""
    both = [v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation)]
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) % s
        for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], *both, strict=True)
    )


def test_a_kernel_of_one_is_a_linear_layer_at_each_pixel(backend):
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.standard_normal((2, 3, 4, 5)), device=backend.device)
    w = tg.tensor(rng.standard_normal((6, 3, 1, 1)), device=backend.device)
    by_pixel = F.linear(x.permute(0, 2, 3, 1), w.reshape(6, 3)).permute(0, 3, 1, 2)
    np.testing.assert_allclose(
        F.conv2d(x, w).to("cpu").numpy(), by_pixel.to("cpu").numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6, 7])
def test_same_keeps_the_size_divided_by_the_stride(stride, size):
    y = F.conv2d(tg.ones(1, 1, size, size), tg.ones(1, 1, 3, 3), stride=stride, padding="same")
    assert y.shape[2:] == (-(-size // stride),) * 2


def test_same_puts_the_odd_zero_at_the_end():
    """A kernel of two over 1, 2, 3 sees 1+2, 2+3 and 3+0, as in TensorFlow."""
    x = tg.tensor([[[[1.0, 2.0, 3.0]]]])
    y = F.conv2d(x, tg.ones(1, 1, 1, 2), padding="same")
    assert y.tolist() == [[[[3, 5, 3]]]]


def test_a_transposed_convolution_doubles_the_size():
    y = F.conv_transpose2d(tg.ones(1, 2, 7, 7), tg.ones(2, 3, 4, 4), stride=2, padding=1)
    assert y.shape == (1, 3, 14, 14)


X, W = tg.ones(2, 3, 5, 5), tg.ones(4, 3, 3, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.conv2d(X[0], W), ValueError, r"conv2d: .*\(3, 5, 5\).*unsqueeze"),
        (lambda: F.conv2d(X, tg.ones(4, 2, 3, 3)), ValueError, r"3 channels.*\(4, 2, 3, 3\).*2"),
        (lambda: F.conv2d(X, W, groups=2), ValueError, "3 input and 4 output .*groups=2"),
        (lambda: F.conv2d(X, W, tg.ones(3)), ValueError, r"conv2d: bias of shape \(3,\)"),
        (lambda: F.conv2d(X, W, stride=0), ValueError, r"conv2d: .*stride \(0, 0\).*positive"),
        (lambda: F.conv2d(X, W, padding=-1), ValueError, "padding must not be negative"),
        (lambda: F.conv2d(X, W, padding="full"), ValueError, "'same' or 'valid', got 'full'"),
        (lambda: F.conv2d(X, W, dilation=3), ValueError, r"kernel of \(3, 3\) .*does not fit"),
        (lambda: F.conv2d(X, W.double()), TypeError, "input is float32 but the weight is float64"),
        (
            lambda: F.conv2d(tg.ones(1, 3, 5, 5, dtype="uint8"), W),
            TypeError,
            r"uint8.*x.float\(\) / 255",
        ),
        (
            lambda: F.conv_transpose2d(X, W),
            ValueError,
            r"conv_transpose2d: .*3 channels.*\(4, 3, 3, 3\) wants 4",
        ),
        (
            lambda: F.conv_transpose2d(X, W.transpose(0, 1), stride=2, output_padding=2),
            ValueError,
            r"output_padding \(2, 2\) must be less",
        ),
        (
            lambda: F.conv_transpose2d(tg.ones(1, 3, 1, 1), tg.ones(3, 1, 1, 1), padding=1),
            ValueError,
            "leaves an output of size",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
