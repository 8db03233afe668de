"""Losses as modules, against their formulas written out in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import gradients_are_right, normal, values
from tinygen import nn

N, K = 6, 4


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


@pytest.fixture
def logits(rng):
    return rng.normal(size=(N, K))


@pytest.fixture
def labels(rng):
    return rng.integers(0, K, N)


def reduced(each, reduction):
    return {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]


each_reduction = pytest.mark.parametrize("reduction", ["none", "sum", "mean"])


# ---- distances and densities -------------------------------------------------------------------

DISTANCES = {
    "MSELoss": (nn.MSELoss, {}, lambda d: d**2),
    "L1Loss": (nn.L1Loss, {}, abs),
    "HuberLoss": (nn.HuberLoss, {"delta": 0.7}, lambda d: np.where(
        abs(d) < 0.7, d**2 / 2, 0.7 * (abs(d) - 0.35))),
    "SmoothL1Loss": (nn.SmoothL1Loss, {"beta": 0.7}, lambda d: np.where(
        abs(d) < 0.7, d**2 / 1.4, abs(d) - 0.35)),
    "SmoothL1Loss, beta 0": (nn.SmoothL1Loss, {"beta": 0.0}, abs),
}  # fmt: skip


@each_reduction
@pytest.mark.parametrize("name", DISTANCES)
def test_distances(rng, name, reduction):
    loss, options, formula = DISTANCES[name]
    a, b = rng.normal(size=(2, 3, 5))

    found = loss(**options, reduction=reduction)(tg.tensor(a), tg.tensor(b))

    np.testing.assert_allclose(values(found), reduced(formula(a - b), reduction), rtol=1e-12)


@each_reduction
@pytest.mark.parametrize("full", [False, True])
def test_gaussian_likelihood(rng, reduction, full):
    mean, target = rng.normal(size=(2, 3, 5))
    var = rng.uniform(0.1, 3, size=(3, 5))

    loss = nn.GaussianNLLLoss(full=full, reduction=reduction)
    found = loss(tg.tensor(mean), tg.tensor(target), tg.tensor(var))

    each = 0.5 * (np.log(var) + (mean - target) ** 2 / var)
    each += 0.5 * math.log(2 * math.pi) if full else 0
    np.testing.assert_allclose(values(found), reduced(each, reduction), rtol=1e-12)


def test_divergence_of_distributions(rng):
    p, q = rng.dirichlet(np.ones(K), size=(2, N))
    expected = (p * np.log(p / q)).sum(1)

    def divergence(**options):
        target = np.log(p) if options.get("log_target") else p
        return values(nn.KLDivLoss(**options)(tg.tensor(np.log(q)), tg.tensor(target)))

    np.testing.assert_allclose(divergence(reduction="none").sum(1), expected, rtol=1e-12)
    np.testing.assert_allclose(divergence(reduction="batchmean"), expected.mean(), rtol=1e-12)
    np.testing.assert_allclose(divergence(reduction="sum"), expected.sum(), rtol=1e-12)
    np.testing.assert_allclose(divergence(), expected.sum() / (N * K), rtol=1e-12)
    np.testing.assert_allclose(
        divergence(reduction="batchmean", log_target=True), expected.mean(), rtol=1e-12
    )


def test_a_target_of_probability_zero_adds_nothing_to_the_divergence():
    p, q = tg.tensor([[0.0, 1.0]]), tg.tensor([[0.5, 0.5]], requires_grad=True)

    loss = nn.KLDivLoss(reduction="sum")(q.log(), p)
    loss.backward()

    assert loss.item() == pytest.approx(math.log(2), rel=1e-6)
    np.testing.assert_allclose(values(q.grad), [[0.0, -2.0]], rtol=1e-6)


# ---- two classes -------------------------------------------------------------------------------


@each_reduction
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy_from_logits_and_from_probabilities(rng, reduction, weighted):
    x, t = rng.normal(size=(N, 3)), rng.uniform(size=(N, 3))
    w = rng.uniform(0.5, 2, size=3) if weighted else np.ones(3)
    weight = tg.tensor(w) if weighted else None
    p = 1 / (1 + np.exp(-x))
    each = -w * (t * np.log(p) + (1 - t) * np.log(1 - p))

    from_logits = nn.BCEWithLogitsLoss(weight, reduction)(tg.tensor(x), tg.tensor(t))
    from_probabilities = nn.BCELoss(weight, reduction)(tg.tensor(p), tg.tensor(t))

    expected = reduced(each, reduction)
    np.testing.assert_allclose(values(from_logits), expected, rtol=1e-10)
    np.testing.assert_allclose(values(from_probabilities), expected, rtol=1e-10)


def test_pos_weight_counts_positives_more(rng):
    x, t = rng.normal(size=(N, 3)), rng.integers(0, 2, (N, 3)).astype(float)
    pos = np.array([1.0, 2.5, 10.0])
    p = 1 / (1 + np.exp(-x))

    found = nn.BCEWithLogitsLoss(pos_weight=tg.tensor(pos))(tg.tensor(x), tg.tensor(t))

    expected = -(pos * t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    np.testing.assert_allclose(values(found), expected, rtol=1e-10)


@pytest.mark.parametrize("size", [50.0, 1e4, 1e30])
def test_logits_of_any_size_have_finite_losses_and_gradients(size):
    x = tg.tensor([[size, -size]], requires_grad=True)
    t = tg.tensor([[0.0, 1.0]])  # wrong twice

    binary = nn.BCEWithLogitsLoss(reduction="sum")(x, t)
    categorical = nn.CrossEntropyLoss()(x, tg.tensor([1]))
    (binary * 0.25 + categorical).backward()

    assert binary.item() == pytest.approx(2 * size, rel=1e-6)
    assert categorical.item() == pytest.approx(2 * size, rel=1e-6)
    np.testing.assert_allclose(values(x.grad), [[1.25, -1.25]], rtol=1e-6)


def test_wrong_certain_probabilities_have_a_finite_loss_and_gradient():
    p = tg.tensor([0.0, 1.0], requires_grad=True)

    loss = nn.BCELoss()(p, tg.tensor([1.0, 0.0]))
    loss.backward()

    assert loss.item() == 100
    assert np.isfinite(values(p.grad)).all()
    assert (values(p.grad) * [-1, 1] > 0).all()


# ---- several classes ---------------------------------------------------------------------------


@each_reduction
def test_cross_entropy(logits, labels, reduction):
    found = nn.CrossEntropyLoss(reduction=reduction)(tg.tensor(logits), tg.tensor(labels))
    nll = nn.NLLLoss(reduction=reduction)(tg.tensor(log_softmax(logits)), tg.tensor(labels))

    expected = reduced(-log_softmax(logits)[np.arange(N), labels], reduction)
    np.testing.assert_allclose(values(found), expected, rtol=1e-12)
    np.testing.assert_allclose(values(nll), expected, rtol=1e-12)


@each_reduction
def test_weights_and_ignored_labels(logits, labels, reduction):
    weight = np.array([0.5, 1.0, 2.0, 3.0])
    labels[[1, 4]] = -1
    options = {"weight": tg.tensor(weight), "ignore_index": -1, "reduction": reduction}

    found = nn.CrossEntropyLoss(**options)(tg.tensor(logits), tg.tensor(labels))

    w = np.where(labels == -1, 0, weight[labels])
    each = -w * log_softmax(logits)[np.arange(N), labels]
    expected = {"none": each, "sum": each.sum(), "mean": each.sum() / w.sum()}[reduction]
    np.testing.assert_allclose(values(found), expected, rtol=1e-12, atol=1e-14)


def test_label_smoothing_is_a_mixture_with_the_uniform_distribution(logits, labels):
    smooth = nn.CrossEntropyLoss(label_smoothing=0.1)(tg.tensor(logits), tg.tensor(labels))

    target = 0.9 * np.eye(K)[labels] + 0.1 / K
    expected = -(target * log_softmax(logits)).sum(1).mean()
    np.testing.assert_allclose(values(smooth), expected, rtol=1e-12)


def test_soft_targets_are_distributions_over_the_classes(rng, logits):
    target = rng.dirichlet(np.ones(K), size=N)

    found = nn.CrossEntropyLoss()(tg.tensor(logits), tg.tensor(target))

    expected = -(target * log_softmax(logits)).sum(1).mean()
    np.testing.assert_allclose(values(found), expected, rtol=1e-12)


def test_one_loss_for_each_pixel(rng):
    logits, labels = rng.normal(size=(2, K, 3, 5)), rng.integers(0, K, (2, 3, 5))

    found = nn.CrossEntropyLoss(reduction="none")(tg.tensor(logits), tg.tensor(labels))

    logs = log_softmax(logits)
    expected = -np.take_along_axis(logs, labels[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(values(found), expected, rtol=1e-12)


def test_the_gradient_of_cross_entropy_is_the_softmax_less_the_labels(logits, labels):
    x = tg.tensor(logits, requires_grad=True)

    nn.CrossEntropyLoss(reduction="sum")(x, tg.tensor(labels)).backward()

    expected = np.exp(log_softmax(logits)) - np.eye(K)[labels]
    np.testing.assert_allclose(values(x.grad), expected, rtol=1e-10, atol=1e-14)


# ---- as modules --------------------------------------------------------------------------------


def test_a_weight_moves_with_its_loss_and_is_not_trained(backend):
    loss = nn.CrossEntropyLoss(weight=tg.tensor([1.0, 2.0])).to(backend.device)

    assert loss.weight.device == backend.device
    assert list(loss.parameters()) == []
    assert list(loss.state_dict()) == ["weight"]
    there = {"device": backend.device}
    found = loss(tg.zeros(2, 2, **there), tg.tensor([0, 1], **there))
    assert found.item() == pytest.approx(math.log(2), rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "takes"),
    [
        (nn.MSELoss(), "values"),
        (nn.SmoothL1Loss(), "values"),
        (nn.HuberLoss(reduction="sum"), "values"),
        (nn.BCEWithLogitsLoss(pos_weight=tg.tensor(2.0)), "probabilities"),
        (nn.CrossEntropyLoss(label_smoothing=0.2, ignore_index=0), "labels"),
        (nn.CrossEntropyLoss(), "probabilities"),
        (nn.KLDivLoss(reduction="batchmean"), "probabilities"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else value,
)
def test_gradients_are_right(rng, loss, takes):
    x = normal(rng, N, K, requires_grad=True)
    target = {
        "values": normal(rng, N, K),
        "probabilities": tg.tensor(rng.dirichlet(np.ones(K), size=N)),
        "labels": tg.tensor(rng.integers(0, K, N)),
    }[takes]

    assert gradients_are_right(lambda: loss.double()(x, target), x)
