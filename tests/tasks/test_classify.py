"""The most probable classes come first, and a linear probe is at the minimum of its loss."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.tasks import classify as module
from tinygen.tasks.classify import (
    accuracies_with_few_labels,
    balanced_draw,
    classify,
    linear_probe,
)


def groups(each=20, classes=3, size=5, seed=0, apart=1.0):
    """Vectors of some classes, each around a place of its own, and their labels."""
    chance = np.random.default_rng(seed)
    places = apart * np.random.default_rng(9).standard_normal((classes, size))
    labels = np.repeat(np.arange(classes), each)
    vectors = places[labels] + chance.standard_normal((len(labels), size))
    return vectors.astype(np.float32), labels


# ---- guesses -------------------------------------------------------------------------------------


def test_the_most_probable_classes_come_first(backend):
    tg.manual_seed(0)
    model = create("cnn").to(backend.device)
    pictures = tg.rand(6, 1, 28, 28).to(backend.device)

    guesses = classify(model, pictures, k=4)

    probabilities = model.predict_proba(pictures).numpy()
    order = np.argsort(-probabilities, axis=1)[:, :4]
    assert guesses.labels.device == backend.device
    np.testing.assert_array_equal(guesses.labels.numpy(), order)
    np.testing.assert_array_equal(
        guesses.probabilities.numpy(), np.take_along_axis(probabilities, order, 1)
    )


@pytest.mark.parametrize("k", [0, 11])
def test_there_are_no_more_guesses_than_classes(k):
    with pytest.raises(ValueError, match="knows 10 classes: k is from 1 to 10"):
        classify(create("cnn"), tg.rand(1, 1, 28, 28), k)


# ---- the linear probe ----------------------------------------------------------------------------


def penalized_loss(weights, bias, vectors, labels, penalty):
    """In NumPy: mean cross-entropy plus half the penalty of the weights' squares."""
    logits = vectors @ weights.T + bias
    logits -= logits.max(1, keepdims=True)
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return -log[np.arange(len(labels)), labels].mean() + penalty / 2 * (weights**2).sum()


def slopes(weights, bias, vectors, labels, penalty):
    """Its gradient: (softmax - one-hot)' X / N + penalty W."""
    logits = vectors @ weights.T + bias
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    errors = (shares - np.eye(len(bias))[labels]) / len(labels)
    return errors.T @ vectors + penalty * weights, errors.sum(0)


@pytest.mark.parametrize("penalty", [1e-1, 1e-2, 1e-3])
def test_a_probe_is_at_the_minimum_of_its_convex_loss(backend, penalty):
    vectors, labels = groups(apart=0.7)

    probe = linear_probe(tg.tensor(vectors, device=backend.device), labels, 3, penalty)

    weights, bias = (p.detach().numpy().astype(np.float64) for p in probe.output.parameters())
    moved = (vectors - vectors.mean(0)).astype(np.float64)
    moved /= np.sqrt((moved**2).sum(1).mean())
    for slope in slopes(weights, bias, moved, labels, penalty):
        assert np.abs(slope).max() < 1e-4
    chance = np.random.default_rng(0)
    least = penalized_loss(weights, bias, moved, labels, penalty)
    for _ in range(10):
        nudge = 0.1 * chance.standard_normal(weights.shape)
        assert penalized_loss(weights + nudge, bias, moved, labels, penalty) > least


def test_it_does_not_matter_where_vectors_lie_and_how_long_they_are():
    vectors, labels = groups()

    def logits(x):
        return linear_probe(tg.tensor(x), labels, 3)(tg.tensor(x)).detach().numpy()

    np.testing.assert_allclose(logits(100 * vectors + 7), logits(vectors), rtol=1e-2, atol=1e-2)


def test_classes_that_a_line_parts_are_parted():
    vectors, labels = groups(apart=20.0)
    probe = linear_probe(tg.tensor(vectors), labels, 3)
    assert not probe.training
    assert (probe(tg.tensor(vectors)).argmax(1).numpy() == labels).all()


def test_vectors_that_are_all_alike_leave_the_shares_of_the_classes():
    labels = np.array([0, 0, 0, 1])
    probe = linear_probe(tg.ones(4, 2), labels, 2)
    shares = tg.softmax(probe(tg.ones(1, 2)), 1).detach().numpy()
    np.testing.assert_allclose(shares, [[0.75, 0.25]], atol=1e-3)


def test_a_class_without_examples_is_never_guessed():
    vectors, labels = groups()
    probe = linear_probe(tg.tensor(vectors), labels, 7)
    assert probe(tg.tensor(vectors)).argmax(1).max().item() < 3


@pytest.mark.parametrize(
    ("vectors", "labels", "reason"),
    [
        ((4, 2), [0, 1], r"got \(4, 2\) and 2 labels"),
        ((4, 2, 1), [0, 1, 0, 1], r"takes vectors \(N, D\)"),
        ((4, 2), [0, 1, 2, 3], "labels go from 0 to 2, got 0 to 3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(vectors, labels, reason):
    with pytest.raises(ValueError, match=reason):
        linear_probe(tg.rand(*vectors), labels, 3)


# ---- few labels ----------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """Fewer steps than the minimum needs: who wins is clear before."""
    monkeypatch.setattr(module, "linear_probe", functools.partial(linear_probe, steps=40))


def test_a_draw_has_as_many_of_each_class_and_none_twice():
    labels = np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 0])

    chosen = balanced_draw(labels, 3, seed=0)

    np.testing.assert_array_equal(np.sort(labels[chosen]), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert len(set(chosen.tolist())) == 9
    np.testing.assert_array_equal(chosen, balanced_draw(labels, 3, seed=0))


def test_draws_differ_and_each_example_is_drawn_sometimes():
    labels = np.repeat([0, 1], 5)
    draws = [frozenset(balanced_draw(labels, 2, seed).tolist()) for seed in range(60)]
    assert len(set(draws)) > 30
    assert frozenset().union(*draws) == set(range(10))


@pytest.mark.parametrize("each", [0, 4])
def test_a_class_cannot_give_more_than_it_has(each):
    with pytest.raises(ValueError, match="class 1 has 3 examples"):
        balanced_draw([0, 0, 0, 0, 1, 1, 1], each, 0)


@pytest.mark.usefixtures("quick")
def test_all_kinds_of_vectors_get_the_same_draws():
    (train, labels), (test, wanted) = groups(seed=1), groups(seed=2)
    found = accuracies_with_few_labels(
        {"one": tg.tensor(train), "same": tg.tensor(train)}, labels,
        {"one": tg.tensor(test), "same": tg.tensor(test)}, wanted, each=3, draws=3,
    )  # fmt: skip
    assert found["one"].shape == (3,)
    np.testing.assert_array_equal(found["one"], found["same"])
    assert len(set(found["one"].tolist())) > 1


@pytest.mark.usefixtures("quick")
def test_vectors_that_know_the_class_beat_those_that_do_not(backend):
    (train, labels), (test, wanted) = groups(50, apart=4.0, seed=1), groups(50, apart=4.0, seed=2)
    noise = np.random.default_rng(3).standard_normal((2, *train.shape)).astype(np.float32)
    found = accuracies_with_few_labels(
        {"good": tg.tensor(train, device=backend.device), "noise": tg.tensor(noise[0])}, labels,
        {"good": tg.tensor(test, device=backend.device), "noise": tg.tensor(noise[1])}, wanted,
        each=5, draws=2,
    )  # fmt: skip
    assert found["good"].min() > 0.9
    assert found["noise"].mean() == pytest.approx(1 / 3, abs=0.15)


def test_each_kind_needs_vectors_of_both_parts():
    with pytest.raises(ValueError, match="give both for each kind"):
        accuracies_with_few_labels({"a": tg.rand(2, 2)}, [0, 1], {"b": tg.rand(2, 2)}, [0, 1])
