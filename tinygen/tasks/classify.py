"""Saying what pictures show: the guesses of a classifier, and classes learned from few labels.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> guesses = classify(create("cnn"), tg.rand(5, 1, 28, 28), k=3)
>>> guesses.labels.shape, guesses.probabilities.shape
((5, 3), (5, 3))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygen.autograd import enable_grad, no_grad
from tinygen.metrics.checks import labels_of
from tinygen.models import Classifier
from tinygen.nn import Dense, Module, init
from tinygen.nn import functional as F
from tinygen.ops.extremes import topk
from tinygen.optim import SGD
from tinygen.tensors import Tensor, as_tensor, tensor

__all__ = [
    "Guesses", "LinearProbe", "accuracies_with_few_labels", "balanced_draw", "classify",
    "linear_probe",
]  # fmt: skip


class Guesses(NamedTuple):
    """What a classifier takes for likely, the most probable first.

    Attributes
    ----------
    labels : int64 Tensor of shape (N, k)
    probabilities : Tensor of shape (N, k)
    """

    labels: Tensor
    probabilities: Tensor


def classify(model: Classifier, pictures: Tensor, k: int = 3) -> Guesses:
    """The k most probable classes of each picture.

    Parameters
    ----------
    model : Classifier
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    k : int
        At most as many as the model has classes.

    Returns
    -------
    Guesses

    Raises
    ------
    ValueError, TypeError
        If there are not so many classes, or these are not the model's pictures.
    """
    probabilities = model.predict_proba(pictures)
    classes = probabilities.shape[1]
    if not 1 <= k <= classes:
        raise ValueError(f"the model knows {classes} classes: k is from 1 to {classes}, got {k}")
    values, labels = topk(probabilities, k)
    return Guesses(labels, values)


# ---- a linear classifier on any vectors --------------------------------------------------------


class LinearProbe(Module):
    """Logistic regression: logits that are linear in a vector.

    Vectors are first moved and scaled, all by the same numbers, so that those it has learned from
    have mean 0 and a mean squared length of 1: then one penalty suits vectors of any kind.

    Parameters
    ----------
    centre : Tensor of shape (D,)
        What is subtracted.
    scale : float
        By what is divided.
    classes : int
    """

    def __init__(self, centre: Tensor, scale: float, classes: int) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.scale = scale
        self.output = Dense(len(centre), classes)
        with no_grad():
            init.zeros_(self.output.weight)
            init.zeros_(self.output.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Logits of vectors (N, D), of shape (N, classes)."""
        return self.output((vectors - self.centre) / self.scale)


def linear_probe(
    vectors: Tensor, labels: Any, classes: int, penalty: float = 1e-3, steps: int = 300
) -> LinearProbe:
    """Fit a linear classifier: what can be read off vectors without another network.

    It minimizes the mean cross-entropy plus ``penalty / 2`` times the squared weights (not the
    biases), by gradients of all vectors at once with Nesterov's momentum. The loss is convex, so
    where this begins does not matter. Its curvature is 1/2 at most where vectors have a mean
    squared length of 1 (D. Böhning, "Multinomial logistic regression algorithm", 1992), so that
    steps of 1 do not overshoot.

    Parameters
    ----------
    vectors : float Tensor of shape (N, D)
    labels : N integers from 0 on
    classes : int
        How many there are, also if some are not among the labels.
    penalty : float
    steps : int

    Returns
    -------
    LinearProbe
        In evaluation mode, on the device of the vectors.

    Raises
    ------
    ValueError
        If there is not one label for each vector, or one is out of range.
    """
    known = labels_of(labels, "labels")
    if vectors.ndim != 2 or len(known) != len(vectors):
        raise ValueError(
            f"a linear probe takes vectors (N, D) and N labels, got {tuple(vectors.shape)} and "
            f"{len(known)} labels"
        )
    if known.min() < 0 or known.max() >= classes:
        raise ValueError(
            f"labels go from 0 to {classes - 1}, got {known.min()} to {known.max()}: give classes="
        )
    vectors = vectors.detach()
    centre = vectors.mean(0)
    moved = vectors - centre
    scale = moved.square().sum(1).mean().sqrt().item() or 1.0
    moved = moved / scale
    probe = LinearProbe(centre, scale, classes).to(vectors.device)
    targets = tensor(known, device=vectors.device)
    groups: list[dict[str, Any]] = [
        {"params": [probe.output.weight], "weight_decay": penalty},
        {"params": [probe.output.bias]},
    ]
    optimizer = SGD(groups, lr=1.0, momentum=0.95, nesterov=True)
    with enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            F.cross_entropy(probe.output(moved), targets).backward()
            optimizer.step()
    probe.eval()
    return probe


# ---- few labels --------------------------------------------------------------------------------


def balanced_draw(labels: Any, each: int, seed: int) -> np.ndarray:
    """Choose as many examples of each class, at random.

    Parameters
    ----------
    labels : N integers
    each : int
        How many of each class.
    seed : int

    Returns
    -------
    int64 array of shape (classes * each,)
        Places among the labels, those of the first class first.

    Raises
    ------
    ValueError
        If a class has fewer.
    """
    known = labels_of(labels, "labels")
    classes, counts = np.unique(known, return_counts=True)
    if not 1 <= each <= counts.min():
        raise ValueError(
            f"class {classes[counts.argmin()]} has {counts.min()} examples: each class can give "
            f"from 1 to {counts.min()}, got each={each}"
        )
    chance = np.random.default_rng(seed)
    return np.concatenate(
        [chance.choice(np.flatnonzero(known == label), each, replace=False) for label in classes]
    )


def accuracies_with_few_labels(
    train_vectors: Mapping[str, Tensor],
    train_labels: Any,
    test_vectors: Mapping[str, Tensor],
    test_labels: Any,
    each: int = 10,
    draws: int = 10,
    penalty: float = 1e-3,
) -> dict[str, np.ndarray]:
    """How well classes can be told by several kinds of vectors from a few labels.

    In each draw as many pictures of each class are labelled, the same for all kinds of vectors;
    a :func:`linear_probe` of these says what the test pictures show.

    Parameters
    ----------
    train_vectors, test_vectors : mapping of str to float Tensor of shape (N, D)
        By the names of the kinds: vectors of the pictures that may be labelled, and of those to be
        tested on.
    train_labels, test_labels : N integers
    each : int
        Labels of each class.
    draws : int
        The seeds are 0, 1, 2, ...
    penalty : float
        As for :func:`linear_probe`.

    Returns
    -------
    dict of str to float64 array of shape (draws,)
        The share of the test pictures that were told right.

    Raises
    ------
    ValueError
        If the kinds are not the same, a class has not so many examples, or labels do not fit.
    """
    if set(train_vectors) != set(test_vectors):
        raise ValueError(
            f"vectors to learn from are of kinds {sorted(train_vectors)}, those to be tested on of "
            f"{sorted(test_vectors)}: give both for each kind"
        )
    known, wanted = labels_of(train_labels, "train_labels"), labels_of(test_labels, "test_labels")
    classes = int(known.max()) + 1
    chosen = [balanced_draw(known, each, seed) for seed in range(draws)]
    found = {}
    for kind, vectors in train_vectors.items():
        probes = (
            linear_probe(vectors[as_tensor(some, device=vectors.device)], known[some], classes,
                         penalty)
            for some in chosen
        )  # fmt: skip
        found[kind] = np.array([_accuracy(probe, test_vectors[kind], wanted) for probe in probes])
    return found


def _accuracy(probe: LinearProbe, vectors: Tensor, labels: np.ndarray) -> float:
    with no_grad():
        return float((probe(vectors).argmax(1).numpy() == labels).mean())
