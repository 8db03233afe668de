"""States exchanged both ways unconverted, initial weights, and second derivatives of networks."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygen as tg  # noqa: E402
from tests.pytorch.helpers import host  # noqa: E402


def cnn(nn):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=3), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 4, 3, padding="same", dilation=2, bias=False),
        nn.BatchNorm2d(4, momentum=None), nn.LeakyReLU(0.2), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16, 5), nn.LayerNorm(5),
    )  # fmt: skip


def generator(nn):
    return nn.Sequential(
        nn.Linear(7, 12), nn.Unflatten(1, (3, 2, 2)), nn.ELU(),
        nn.ConvTranspose2d(3, 6, 3, stride=2, padding=1, output_padding=1, groups=3),
        nn.BatchNorm2d(6), nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.ConvTranspose2d(6, 2, 4, 2, 1, bias=False), nn.Sigmoid(),
    )  # fmt: skip


class Reader:
    """Characters through an embedding, a recurrent layer and a head; in either library."""

    def __new__(cls, nn):
        class Module(nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = nn.Embedding(11, 4, padding_idx=0)
                self.lstm = nn.LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True)
                self.head = nn.Linear(6, 11)

            def forward(self, x):
                return self.head(self.lstm(self.embedding(x))[0])

        return Module()


def images(rng):
    return rng.normal(size=(4, 3, 8, 8)).astype(np.float32)


def codes(rng):
    return rng.normal(size=(4, 7)).astype(np.float32)


def text(rng):
    return rng.integers(0, 11, (4, 6))


NETWORKS = {"CNN": (cnn, images), "generator": (generator, codes), "LSTM": (Reader, text)}
each_network = pytest.mark.parametrize(
    ("build", "data"), list(NETWORKS.values()), ids=list(NETWORKS)
)


def equal_outputs(ours, theirs, x):
    for training in (False, True):
        y = ours.train(training)(tg.tensor(x))
        expected = theirs.train(training)(torch.tensor(x))
        np.testing.assert_allclose(host(y), host(expected), rtol=1e-4, atol=1e-5)
    return True


@each_network
def test_a_state_of_pytorch_is_loaded_as_it_is(build, data):
    rng = np.random.default_rng(0)
    theirs, ours = build(torch.nn), build(tg.nn)
    for _ in range(3):
        theirs(torch.tensor(data(rng)))  # moves the running statistics

    ours.load_state_dict(theirs.state_dict())

    assert equal_outputs(ours, theirs, data(rng))


@each_network
def test_pytorch_loads_our_state_as_it_is(build, data):
    rng = np.random.default_rng(0)
    theirs, ours = build(torch.nn), build(tg.nn)
    for _ in range(3):
        ours(tg.tensor(data(rng)))

    state = {name: torch.from_numpy(array) for name, array in ours.state_dict().items()}
    theirs.load_state_dict(state, strict=True)

    assert equal_outputs(ours, theirs, data(rng))


@each_network
def test_states_have_equal_names_shapes_and_dtypes_in_equal_order(build, data):
    ours, theirs = build(tg.nn).state_dict(), build(torch.nn).state_dict()

    assert [(name, a.shape, str(a.dtype)) for name, a in ours.items()] == [
        (name, tuple(t.shape), str(t.dtype)[6:]) for name, t in theirs.items()
    ]


# ---- initial weights -------------------------------------------------------------------------

LAYERS = {
    "Linear": lambda nn: nn.Linear(300, 40),
    "Conv2d": lambda nn: nn.Conv2d(12, 30, 5, groups=3),
    "ConvTranspose2d": lambda nn: nn.ConvTranspose2d(12, 30, 5, groups=3),
    "LSTM": lambda nn: nn.LSTM(20, 30, num_layers=2),
    "GRU": lambda nn: nn.GRU(20, 30, bidirectional=True),
    "RNN": lambda nn: nn.RNN(20, 30),
    "BatchNorm2d": lambda nn: nn.BatchNorm2d(7),
    "LayerNorm": lambda nn: nn.LayerNorm((3, 4)),
    "Embedding": lambda nn: nn.Embedding(200, 30),
}


@pytest.mark.parametrize("name", LAYERS)
def test_default_weights_have_the_same_bounds_and_spread(name):
    tg.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = LAYERS[name](tg.nn), LAYERS[name](torch.nn)

    for (parameter, a), (their_parameter, b) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        assert parameter == their_parameter
        a, b = host(a).astype(np.float64), host(b).astype(np.float64)
        assert a.std() == pytest.approx(b.std(), rel=5 / math.sqrt(a.size))
        if name != "Embedding":  # all others are uniform, or constant
            assert abs(a).max() == pytest.approx(abs(b).max(), rel=20 / a.size)


@pytest.mark.parametrize("shape", [(40, 30), (20, 10, 3, 3)], ids=str)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uniform_", {"a": -0.3, "b": 0.2}),
        ("normal_", {"mean": 0.1, "std": 0.2}),
        ("trunc_normal_", {"std": 0.7, "a": -1.0, "b": 0.5}),
        ("xavier_uniform_", {"gain": 2.0}),
        ("xavier_normal_", {}),
        ("kaiming_uniform_", {"a": math.sqrt(5)}),
        ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
        ("kaiming_normal_", {"nonlinearity": "tanh"}),
        ("orthogonal_", {"gain": 0.5}),
    ],
)
def test_initializers_draw_from_the_same_distributions(name, options, shape):
    tg.manual_seed(1)
    torch.manual_seed(1)
    drawn = getattr(tg.nn.init, name)(tg.zeros(*shape), **options)
    expected = getattr(torch.nn.init, name)(torch.zeros(*shape), **options)
    a, b = np.sort(host(drawn).ravel()), np.sort(host(expected).ravel())

    # Kolmogorov and Smirnov's distance of two samples of n: 1.95 sqrt(2 / n) at the level 0.001
    places = np.searchsorted(b, a, side="right") / len(b)
    distance = abs(places - np.arange(1, len(a) + 1) / len(a)).max()
    assert distance < 1.95 * math.sqrt(2 / len(a))


@pytest.mark.parametrize(
    "name", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv2d"]
)
def test_gains_are_equal(name):
    assert tg.nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))


# ---- second derivatives ----------------------------------------------------------------------


def critic(nn):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.SiLU(),
        nn.Conv2d(4, 4, 2, groups=2), nn.LayerNorm((4, 3, 3)), nn.Softplus(),
        nn.ConvTranspose2d(4, 3, 3, stride=2), nn.AvgPool2d(2), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3, 1),
    )  # fmt: skip


def test_second_derivatives_of_a_network_are_equal():
    ours, theirs = critic(tg.nn).double(), critic(torch.nn).double()
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).normal(size=(5, 2, 8, 8))

    def penalty(model, make, grad):
        leaf = make(x, requires_grad=True)
        (gradient,) = grad(model(leaf).sum(), leaf, create_graph=True)
        ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean().backward()
        return [leaf.grad, *(p.grad for p in model.parameters())]

    found = penalty(ours, tg.tensor, tg.grad)
    expected = penalty(theirs, torch.tensor, torch.autograd.grad)

    for gradient, their_gradient in zip(found, expected, strict=True):
        if their_gradient is None:
            assert gradient is None or not host(gradient).any()
        else:
            np.testing.assert_allclose(host(gradient), host(their_gradient), rtol=1e-8, atol=1e-12)


# ---- "same" padding with a stride, by TensorFlow's definition ----------------------------------


def padded_as_tensorflow_does(x, kernel, stride, dilation, value=0.0):
    """``out = ceil(n / s)``, ``total = max((out - 1) s + d (k - 1) + 1 - n, 0)``, more at the end.

    TensorFlow, "Neural network ops: notes on padding" (tf.nn, guide).
    """
    widths = [(0, 0), (0, 0)]
    for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
        out = math.ceil(n / s)
        total = max((out - 1) * s + d * (k - 1) + 1 - n, 0)
        widths.append((total // 2, total - total // 2))
    return np.pad(x, widths, constant_values=value)


GEOMETRIES = [
    ((h, w), kernel, stride, dilation)
    for h, w in [(7, 6), (8, 8), (5, 9)]
    for kernel in [(3, 3), (2, 4), (1, 5)]
    for stride in [(1, 1), (2, 2), (3, 1), (4, 4)]
    for dilation in [(1, 1), (2, 1)]
]


@pytest.mark.parametrize(("size", "kernel", "stride", "dilation"), GEOMETRIES)
def test_same_padding_is_tensorflows_for_convolutions_and_pools(size, kernel, stride, dilation):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, *size)), rng.normal(size=(4, 3, *kernel))
    F, their_f = tg.nn.functional, torch.nn.functional  # noqa: N806

    def padded(value):
        return torch.tensor(padded_as_tensorflow_does(x, kernel, stride, dilation, value))

    convolved = F.conv2d(tg.tensor(x), tg.tensor(w), None, stride, "same", dilation)
    pooled = F.max_pool2d(tg.tensor(x), kernel, stride, "same", dilation)

    expected = their_f.conv2d(padded(0.0), torch.tensor(w), None, stride, 0, dilation)
    np.testing.assert_allclose(host(convolved), host(expected), rtol=1e-10, atol=1e-12)
    expected = their_f.max_pool2d(padded(-np.inf), kernel, stride, 0, dilation)
    np.testing.assert_array_equal(host(pooled), host(expected))
    assert convolved.shape[2:] == tuple(math.ceil(n / s) for n, s in zip(size, stride, strict=True))
    if dilation == (1, 1):  # the mean of those pixels that there are
        averaged = F.avg_pool2d(tg.tensor(x), kernel, stride, "same")
        inside = padded_as_tensorflow_does(np.ones_like(x), kernel, stride, dilation)
        sums, counts = (
            host(their_f.avg_pool2d(t, kernel, stride)) for t in (padded(0.0), torch.tensor(inside))
        )
        np.testing.assert_allclose(host(averaged), sums / counts, rtol=1e-10, atol=1e-12)
