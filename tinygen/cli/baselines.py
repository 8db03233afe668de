"""What can be had without a network: every accuracy is printed beside these."""

from __future__ import annotations

import numpy as np

__all__ = ["constant_accuracy", "independent_pixels", "linear_accuracy"]

AT_ONCE = 4096
"""Pictures whose products are taken together, to save memory."""

RIDGE = 1.0
"""How strongly weights are held at zero, in pictures: it keeps the equations solvable."""


def constant_accuracy(train_labels: np.ndarray, test_labels: np.ndarray) -> float:
    """The accuracy of always saying the most frequent answer.

    Parameters
    ----------
    train_labels, test_labels : int64 array of shape (N,)

    Returns
    -------
    float
    """
    return float((test_labels == np.bincount(train_labels).argmax()).mean())


def linear_accuracy(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
) -> float:
    """The accuracy of a linear classifier, fitted by least squares to one-hot labels.

    The weights W solve (X'X + r I) W = X'Y, with a row of X for each picture, its pixels and a 1.

    Parameters
    ----------
    train_images, test_images : uint8 array of shape (N, ...)
    train_labels, test_labels : int64 array of shape (N,)

    Returns
    -------
    float
    """
    classes = int(train_labels.max()) + 1
    size = train_images[0].size + 1
    products = RIDGE * np.eye(size)
    sums = np.zeros((size, classes))
    for begin in range(0, len(train_images), AT_ONCE):
        rows = _rows(train_images[begin : begin + AT_ONCE])
        answers = np.eye(classes, dtype=np.float32)[train_labels[begin : begin + AT_ONCE]]
        products += rows.T @ rows
        sums += rows.T @ answers
    weights = np.linalg.solve(products, sums).astype(np.float32)
    right = [
        (_rows(test_images[begin : begin + AT_ONCE]) @ weights).argmax(axis=1)
        == test_labels[begin : begin + AT_ONCE]
        for begin in range(0, len(test_images), AT_ONCE)
    ]
    return float(np.concatenate(right).mean())


def independent_pixels(train_images: np.ndarray, test_pixels: np.ndarray) -> float:
    """The negative log-likelihood of black and white pictures whose pixels know nothing of another.

    Of greys it is the cross-entropy, as in the reconstruction of a VAE.

    ``-sum_j x_j log p_j + (1 - x_j) log(1 - p_j)`` with the share p_j of white at each place, for
    which one picture more of either kind is counted (Laplace), so that none is 0 or 1.

    Parameters
    ----------
    train_images : uint8 array of shape (N, ...)
        A grey counts as that much of a white.
    test_pixels : array of shape (M, ...)
        From 0 to 1.

    Returns
    -------
    float
        In nats, the mean over the pictures.
    """
    whites = train_images.reshape(len(train_images), -1).sum(axis=0, dtype=np.float64) / 255
    share = (whites + 1) / (len(train_images) + 2)
    pixels = test_pixels.reshape(len(test_pixels), -1)
    return float(-(pixels @ np.log(share) + (1 - pixels) @ np.log(1 - share)).mean())


def _rows(images: np.ndarray) -> np.ndarray:
    """Pixels from 0 to 1, and a 1 that stands for the bias."""
    pixels = images.reshape(len(images), -1).astype(np.float32) / 255
    return np.concatenate([pixels, np.ones((len(images), 1), np.float32)], axis=1)
