"""What a set of labelled pictures consists of, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Digits"]


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures of the ten digits: light ink on a dark ground, as MNIST has them.

    Attributes
    ----------
    train_images, test_images : uint8 array of shape (N, 28, 28)
    train_labels, test_labels : int64 array of shape (N,)
    name : str
    is_real : bool
        False for pictures that were drawn by a program.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    name: str
    is_real: bool
