"""Bad input is refused with the name of the layer or op, what was seen, and what to do."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.nn.helpers import other_backends, values
from tinygen import nn

IMAGES = tg.zeros(2, 3, 8, 8)
LOGITS = tg.zeros(4, 3)
LABELS = tg.tensor([0, 2, 1, 1])


def wrong(call, error, message):
    return pytest.param(call, error, message, id=message[:40])


def float64(*shape):
    return tg.zeros(*shape, dtype="float64")


def integers(*shape):
    return tg.zeros(*shape, dtype="int64")


SHAPES = [
    wrong(lambda: nn.Dense(4, 2)(tg.zeros(5, 3)), ValueError,
          r"linear: input of shape \(5, 3\) does not fit weight of shape \(2, 4\)"),
    wrong(lambda: nn.Dense(192, 2)(IMAGES), ValueError,
          r"\(2, 3, 8, 8\).*Images must be flattened first: flatten\(x, 1\)"),
    wrong(lambda: nn.Dense(1, 2)(tg.tensor(1.0)), ValueError, r"linear: input of shape \(\)"),
    wrong(lambda: nn.Conv2d(1, 2, 3)(IMAGES), ValueError,
          r"conv2d: input \(2, 3, 8, 8\) has 3 channels, but weight \(2, 1, 3, 3\).*wants 1"),
    wrong(lambda: nn.Conv2d(3, 2, 3)(IMAGES[0]), ValueError,
          r"conv2d: .*4 dimensions, got input \(3, 8, 8\).*unsqueeze\(0\)"),
    wrong(lambda: nn.Conv2d(3, 2, 9)(IMAGES), ValueError,
          r"conv2d: a kernel of \(9, 9\).*does not fit into images of \(8, 8\)"),
    wrong(lambda: F.conv2d(IMAGES, tg.zeros(4, 3, 3, 3), tg.zeros(3)), ValueError,
          r"conv2d: bias of shape \(3,\), wanted \(4,\)"),
    wrong(lambda: F.conv2d(IMAGES, tg.zeros(4, 3, 3, 3), groups=2), ValueError,
          r"conv2d: 3 input and 4 output channels cannot be divided into groups=2"),
    wrong(lambda: nn.ConvTranspose2d(2, 2, 3)(IMAGES), ValueError,
          r"conv_transpose2d: input \(2, 3, 8, 8\) has 3 channels, but weight \(2, 2, 3, 3\)"),
    wrong(lambda: nn.ConvTranspose2d(3, 2, 2, padding=9)(IMAGES), ValueError,
          r"conv_transpose2d: input \(2, 3, 8, 8\) .*leaves an output of size \(-9, -9\)"),
    wrong(lambda: nn.MaxPool2d(9)(IMAGES), ValueError,
          r"max_pool2d: a kernel of \(9, 9\).*does not fit into images of \(8, 8\)"),
    wrong(lambda: nn.AvgPool2d(2)(IMAGES[0]), ValueError,
          r"avg_pool2d: images have shape \(N, C, H, W\), got \(3, 8, 8\)"),
    wrong(lambda: nn.AdaptiveAvgPool2d(0)(IMAGES), ValueError,
          r"adaptive_avg_pool2d: cannot make \(0, 0\) out of images of \(8, 8\)"),
    wrong(lambda: nn.Upsample(scale_factor=0.01)(IMAGES), ValueError,
          r"interpolate: cannot make \(0, 0\) out of images of \(8, 8\)"),
    wrong(lambda: nn.BatchNorm2d(4)(IMAGES), ValueError,
          r"BatchNorm2d\(4\): the input has shape \(2, 3, 8, 8\); wanted 4 dim.* and 4 channels"),
    wrong(lambda: nn.BatchNorm1d(3)(IMAGES), ValueError,
          r"BatchNorm1d\(3\): the input has shape \(2, 3, 8, 8\); wanted 2 or 3 dimensions"),
    wrong(lambda: F.batch_norm(IMAGES, tg.zeros(4), tg.ones(3)), ValueError,
          r"batch_norm: running_mean has shape \(4,\), but the input \(2, 3, 8, 8\) has 3"),
    wrong(lambda: nn.LayerNorm(5)(LOGITS), ValueError,
          r"layer_norm: the last dimensions of the input \(4, 3\) are not \(5,\)"),
    wrong(lambda: nn.LSTM(4, 5)(tg.zeros(6, 2, 3)), ValueError,
          r"LSTM: input has shape \(6, 2, 3\), wanted \(T, N, I\) or \(T, I\) with I = 4"),
    wrong(lambda: nn.GRU(4, 5, batch_first=True)(tg.zeros(4)), ValueError,
          r"GRU: input has shape \(4,\), wanted \(N, T, I\)"),
    wrong(lambda: nn.LSTM(4, 5)(tg.zeros(0, 2, 4)), ValueError,
          r"LSTM: the sequence is empty, input has shape \(0, 2, 4\)"),
    wrong(lambda: nn.LSTM(4, 5)(tg.zeros(6, 2, 4), (tg.zeros(1, 2, 5), tg.zeros(1, 3, 5))),
          ValueError, r"LSTM: c_0 has shape \(1, 3, 5\), wanted \(1, 2, 5\)"),
    wrong(lambda: nn.LSTM(4, 5)(tg.zeros(6, 2, 4), tg.zeros(1, 2, 5)), ValueError,
          r"LSTM: the state is a pair \(h_0, c_0\)"),
    wrong(lambda: nn.KerasLSTM(4, 5)(tg.zeros(6, 4)), ValueError,
          r"KerasLSTM: inputs are \(N, T, features\), got \(6, 4\)"),
    wrong(lambda: nn.Dropout2d()(LOGITS), ValueError,
          r"dropout2d: images are \(N, C, H, W\), got \(4, 3\)"),
    wrong(lambda: nn.Unflatten(1, (2, 2))(LOGITS), ValueError,
          r"unflatten: \(2, 2\) has 4 elements, dimension 1 has 3"),
    wrong(lambda: nn.Flatten(2, 1)(IMAGES), ValueError, "flatten: start_dim 2 comes after"),
    wrong(lambda: nn.Reparameterize()(tg.zeros(2), tg.zeros(3)), ValueError,
          r"reparameterize: mu \(2,\) and logvar \(3,\) differ in shape"),
    wrong(lambda: nn.Reparameterize()(tg.zeros(2), tg.zeros(2), tg.zeros(1)), ValueError,
          r"reparameterize: eps \(1,\) and mu \(2,\) differ"),
    wrong(lambda: nn.Softmax(2)(LOGITS), IndexError, r"Softmax: dim 2 is out of range.*\(4, 3\)"),
    wrong(lambda: F.pad(LOGITS, (1, 2, 3)), ValueError, r"pad: \(1, 2, 3\) must hold two widths"),
    wrong(lambda: F.pad(LOGITS, (-2, -2)), ValueError, r"pad: \(-2, -2\) cuts more off \(4, 3\)"),
]  # fmt: skip

LOSSES = [
    wrong(lambda: nn.MSELoss()(tg.zeros(4, 1), tg.zeros(4)), ValueError,
          r"mse_loss: input \(4, 1\) and target \(4,\) differ in shape; they would broadcast"),
    wrong(lambda: nn.L1Loss()(LOGITS, tg.zeros(3)), ValueError, r"l1_loss: input \(4, 3\)"),
    wrong(lambda: nn.HuberLoss()(LOGITS, tg.zeros(3)), ValueError, r"huber_loss: input \(4, 3\)"),
    wrong(lambda: nn.BCEWithLogitsLoss()(LOGITS, tg.zeros(4)), ValueError,
          r"binary_cross_entropy_with_logits: input \(4, 3\) and target \(4,\)"),
    wrong(lambda: nn.BCEWithLogitsLoss()(LOGITS, tg.full((4, 3), 255.0)), ValueError,
          r"target must lie in \[0, 1\], got \[255, 255\]; are these bytes not divided by 255"),
    wrong(lambda: nn.BCELoss()(LOGITS - 1, LOGITS), ValueError,
          r"binary_cross_entropy: input must lie in \[0, 1\], got \[-1, -1\]; are these logits"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, tg.tensor([0, 3, 1, 1])), IndexError,
          "cross_entropy: label 3 is out of range for 3"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, tg.tensor([0, -1, 1, 1])), IndexError,
          r"cross_entropy: label -1 is negative, classes are 0\.\.2"),
    wrong(lambda: nn.CrossEntropyLoss(ignore_index=0)(LOGITS, LABELS - 1), IndexError,
          "cross_entropy: label -1 is negative"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, tg.zeros(4)), ValueError,
          r"cross_entropy: input \(4, 3\) and target \(4,\) differ in shape"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, F.one_hot(LABELS)), ValueError,
          r"want labels of shape \(4,\), got \(4, 3\) \(one-hot targets must be floating"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, LABELS[:3]), ValueError,
          r"cross_entropy: logits \(4, 3\) want labels of shape \(4,\), got \(3,\)"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS[0], LABELS[:1]), ValueError,
          r"cross_entropy: logits have shape \(N, classes\), got \(3,\)"),
    wrong(lambda: nn.CrossEntropyLoss(tg.ones(4))(LOGITS, LABELS), ValueError,
          r"cross_entropy: weight of shape \(4,\) for 3 classes"),
    wrong(lambda: nn.CrossEntropyLoss(label_smoothing=1.1)(LOGITS, LABELS), ValueError,
          r"cross_entropy: label_smoothing must be in \[0, 1\], got 1.1"),
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS, np.array([0, 2, 1, 1])), TypeError,
          r"cross_entropy: labels are a ndarray: wrap them in tg.tensor"),
    wrong(lambda: nn.NLLLoss()(LOGITS, LOGITS), TypeError,
          r"nll_loss: labels must be integers, got float32: convert them with .long\(\)"),
    wrong(lambda: nn.GaussianNLLLoss()(LOGITS, LOGITS, LOGITS - 1), ValueError,
          "gaussian_nll_loss: a variance is negative: predict its logarithm"),
    wrong(lambda: nn.MSELoss(reduction="avg")(LOGITS, LOGITS), ValueError,
          "mse_loss: reduction must be 'none', 'mean' or 'sum', got 'avg'"),
]  # fmt: skip

DTYPES = [
    wrong(lambda: nn.Dense(3, 2)([[1.0, 2.0, 3.0]]), TypeError,
          r"linear: input must be a Tensor, got list: make one by tg.tensor"),
    wrong(lambda: nn.Conv2d(3, 2, 3)([[1.0]]), TypeError,
          "conv2d: input must be a Tensor, got list"),
    wrong(lambda: nn.MaxPool2d(2)([[1.0]]), TypeError,
          "max_pool2d: input must be a Tensor, got list"),
    wrong(lambda: F.cross_entropy(LOGITS, [0, 2, 1, 1]), TypeError,
          "cross_entropy: target must be a Tensor, got list"),
    wrong(lambda: F.mse_loss(LOGITS, 0.0), TypeError,
          "mse_loss: target must be a Tensor, got float"),
    wrong(lambda: nn.Dense(3, 2)(float64(4, 3)), TypeError,
          r"linear: input is float64 but the weight is float32: .*\.to\(dtype\)"),
    wrong(lambda: nn.Dense(3, 2)(integers(4, 3)), TypeError, "linear: input is int64"),
    wrong(lambda: nn.Conv2d(3, 2, 3)(IMAGES.double()), TypeError,
          "conv2d: input is float64 but the weight is float32"),
    wrong(lambda: nn.ConvTranspose2d(3, 2, 3)(IMAGES.to("uint8")), TypeError,
          r"conv_transpose2d: input is uint8 .*x.float\(\) / 255"),
    wrong(lambda: nn.LSTM(3, 2)(float64(4, 1, 3)), TypeError, "linear: input is float64"),
    wrong(lambda: nn.LSTM(3, 2)(np.zeros((4, 1, 3))), TypeError,
          r"LSTM: the input is a ndarray: make a tensor"),
    wrong(lambda: nn.Embedding(3, 2)(tg.zeros(4)), TypeError,
          "embedding: the input must be integers, got float32"),
    wrong(lambda: nn.AvgPool2d(2)(IMAGES.to("uint8")), TypeError,
          r"avg_pool2d: the mean of uint8 pixels has fractions.*\.float\(\)"),
    wrong(lambda: nn.AdaptiveAvgPool2d(2)(IMAGES.long()), TypeError, "adaptive_avg_pool2d: the"),
    wrong(lambda: F.interpolate(IMAGES.long(), 4, mode="bilinear"), TypeError, "interpolate: the"),
    wrong(lambda: F.one_hot(tg.zeros(3)), TypeError, "one_hot: labels must be integers"),
]  # fmt: skip

EMPTY = [
    wrong(lambda: nn.CrossEntropyLoss()(LOGITS[:0], LABELS[:0]), ValueError,
          r"cross_entropy: the mean over an empty batch \(shape \(0,\)\)"),
    wrong(lambda: nn.MSELoss()(LOGITS[:0], LOGITS[:0]), ValueError,
          r"mse_loss: the mean over an empty batch \(shape \(0, 3\)\)"),
    wrong(lambda: nn.BCELoss()(LOGITS[:0], LOGITS[:0]), ValueError,
          r"binary_cross_entropy: the mean over an empty batch"),
    wrong(lambda: nn.BatchNorm2d(3)(IMAGES[:0]), ValueError,
          r"batch_norm: one value per channel \(input \(0, 3, 8, 8\)\).*drop_last=True"),
    wrong(lambda: nn.GlobalAvgPool2d()(tg.zeros(2, 3, 0, 4)), ValueError, "mean of no elements"),
    wrong(lambda: nn.Softmax(1)(tg.zeros(2, 0)), ValueError,
          r"softmax over a dimension without elements: shape \(2, 0\)"),
]  # fmt: skip

SETTINGS = [
    wrong(lambda: nn.Dense(0, 2), ValueError, "Dense: in_features must be .* integer, got 0"),
    wrong(lambda: nn.Dense(3, 2.0), ValueError, "Dense: out_features must be a positive integer"),
    wrong(lambda: nn.Conv2d(3, 2, 0), ValueError, "Conv2d: kernel_size must be a positive"),
    wrong(lambda: nn.Conv2d(3, 2, 3, stride=0), ValueError, "Conv2d: stride must be a positive"),
    wrong(lambda: nn.Conv2d(3, 2, 3, dilation=(1, 0)), ValueError, "Conv2d: dilation must be"),
    wrong(lambda: nn.Conv2d(3, 2, 3.0), TypeError, r"expected an integer, or a pair .*got 3.0"),
    wrong(lambda: nn.Conv2d(3, 2, (3, 3, 3)), TypeError, r"a pair .*got \(3, 3, 3\)"),
    wrong(lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError,
          "Conv2d: 3 and 4 channels do not divide by groups=2"),
    wrong(lambda: nn.Conv2d(3, 2, 3, padding="SAME")(IMAGES), ValueError,
          "conv2d: padding must be numbers, 'same' or 'valid', got 'SAME'"),
    wrong(lambda: nn.Conv2d(3, 2, 3, padding=-1)(IMAGES), ValueError,
          "conv2d: padding must not be negative, got"),
    wrong(lambda: nn.ConvTranspose2d(3, 2, 3, stride=2, output_padding=2)(IMAGES), ValueError,
          r"conv_transpose2d: output_padding \(2, 2\) must be less than the stride \(2, 2\)"),
    wrong(lambda: nn.MaxPool2d(2, padding=2)(IMAGES), ValueError,
          r"max_pool2d: padding 2 is more than half of the kernel \(2, 2\)"),
    wrong(lambda: nn.Upsample()(IMAGES), ValueError, "interpolate: give either size or scale"),
    wrong(lambda: nn.Upsample(4, mode="cubic")(IMAGES), ValueError,
          "interpolate: mode must be 'nearest', 'bilinear' or 'bicubic', got 'cubic'"),
    wrong(lambda: nn.Dropout(1.5), ValueError, "Dropout: p is a probability, got 1.5"),
    wrong(lambda: nn.LSTM(3, 2, dropout=-0.1), ValueError, "LSTM: dropout is a probability"),
    wrong(lambda: nn.GRU(3, 0), ValueError, "GRU: hidden_size must be a positive integer, got 0"),
    wrong(lambda: nn.RNN(3, 2, nonlinearity="elu"), ValueError, "RNN: nonlinearity must be 'tanh'"),
    wrong(lambda: nn.BatchNorm2d(-1), ValueError, "BatchNorm2d: num_features must be a positive"),
    wrong(lambda: nn.Embedding(3, 2, padding_idx=3), IndexError, "Embedding: padding_idx 3 is not"),
    wrong(lambda: nn.GELU("fast")(LOGITS), ValueError, "gelu: approximate must be 'none' or"),
]  # fmt: skip

INDICES = [
    wrong(lambda: nn.Embedding(3, 2)(tg.tensor([0, 3])), IndexError,
          "embedding: index 3 is out of range for 3"),
    wrong(lambda: nn.Embedding(3, 2)(tg.tensor([0, -1])), IndexError, "embedding: index -1 is"),
    wrong(lambda: F.one_hot(tg.tensor([0, 3]), 3), IndexError, "one_hot: label 3 is out of range"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "error", "message"), SHAPES + LOSSES + DTYPES + EMPTY + SETTINGS + INDICES
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error


MIXED = {
    "Dense": lambda there: nn.Dense(3, 2).to(there)(tg.zeros(1, 3)),
    "Conv2d": lambda there: nn.Conv2d(3, 2, 3).to(there)(IMAGES),
    "BatchNorm2d": lambda there: nn.BatchNorm2d(3).to(there)(IMAGES),
    "LSTM": lambda there: nn.LSTM(3, 2).to(there)(tg.zeros(4, 1, 3)),
    "Embedding": lambda there: nn.Embedding(3, 2).to(there)(tg.tensor([0, 1])),
    "MSELoss": lambda there: nn.MSELoss()(LOGITS, LOGITS.to(there)),
    "CrossEntropyLoss": lambda there: nn.CrossEntropyLoss()(LOGITS.to(there), LABELS),
    "BCEWithLogitsLoss": lambda there: nn.BCEWithLogitsLoss()(LOGITS.to(there), LOGITS),
}


@other_backends
@pytest.mark.parametrize("name", MIXED)
def test_inputs_on_another_device_are_refused_and_not_copied(backend, name):
    with pytest.raises(TypeError, match=r"different devices \(.*cpu.*\): .*\.to\(device\)"):
        MIXED[name](backend.device)


def test_a_label_out_of_range_is_found_on_every_device(backend):
    there = {"device": backend.device}

    # Without anomaly mode a GPU does not wait to ask: its loss is nan then.
    with tg.anomaly_mode(), pytest.raises(IndexError, match="label 3 is out of range for 3"):
        F.cross_entropy(tg.zeros(2, 3, **there), tg.tensor([0, 3], **there))
    with pytest.raises(IndexError, match="index 5 is out of range for 4"):
        nn.Embedding(4, 2).to(backend.device)(tg.tensor([5], **there))


def test_a_refused_input_leaves_a_layer_usable():
    layer = nn.Dense(3, 2)
    with pytest.raises(ValueError, match="linear"):
        layer(tg.zeros(5))

    assert np.isfinite(values(layer(LOGITS))).all()
