"""What a set of labelled pictures consists of, wherever it comes from, and how it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["DataError", "DataNotFoundError", "ImageSet", "LabelKind", "classes_in"]

TEN_DIGITS = tuple("0123456789")

LabelKind = Literal["class", "text", "boxes"]
"""What the labels of a set are, told apart by their shapes.

========  =========  ==========================================================================
kind      shape      a picture's label
========  =========  ==========================================================================
"class"   (N,)       the number of its class
"text"    (N, L)     the classes of its letters from left to right, then -1 where there is none
"boxes"   (N, K, 5)  x1, y1, x2, y2 in pixels and the class of each thing in it, then rows of 0
                     with the class -1 where there is none
========  =========  ==========================================================================
"""

KINDS: dict[int, LabelKind] = {1: "class", 2: "text", 3: "boxes"}
"""By the number of their axes."""


class DataError(ValueError):
    """A file of data is damaged or is not what its name says."""


class DataNotFoundError(FileNotFoundError):
    """A data set is in none of the places where it is looked for.

    Attributes
    ----------
    reason : str
        Where it was looked for, and what went wrong; without what to do about it.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}. {remedy}" if remedy else reason)


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Labelled pictures to learn from, and others to be tested on.

    Attributes
    ----------
    train_images, test_images : uint8 array of shape (N, H, W) or (N, C, H, W)
        Grey pictures, or colour ones with the channels first.
    train_labels, test_labels : int64 array of shape (N,), (N, L) or (N, K, 5)
        The number of each picture's class, the letters in it, or boxes: see :data:`LabelKind`.
    name : str
        For people: "MNIST", "CIFAR-10 (a part of it)".
    is_real : bool
        False for pictures that were drawn by a program.
    classes : tuple of str
        What the labels mean; the ten digits where nothing else is said.

    Raises
    ------
    ValueError
        If pictures and labels do not fit each other, or a label is of no class.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    name: str
    is_real: bool
    classes: tuple[str, ...] = TEN_DIGITS

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if (
                images.ndim not in (3, 4)
                or labels.ndim not in KINDS
                or labels.ndim != self.train_labels.ndim
                or labels.shape[:1] != images.shape[:1]
                or (KINDS[labels.ndim] == "boxes" and labels.shape[2] != 5)
            ):
                raise ValueError(
                    f"{self.name}: {part}_images must be of shape (N, H, W) or (N, C, H, W) and "
                    f"{part}_labels of shape (N,), (N, L) or (N, K, 5), got {images.shape} and "
                    f"{labels.shape}"
                )
            kinds, lowest = classes_in(labels), 0 if labels.ndim == 1 else -1
            if kinds.size and not lowest <= kinds.min() <= kinds.max() < len(self.classes):
                nothing = "" if lowest == 0 else " (or -1 for nothing)"
                raise ValueError(
                    f"{self.name}: {part}_labels must be between 0 and {len(self.classes) - 1}, "
                    f"one for each of the {len(self.classes)} classes{nothing}, and are between "
                    f"{kinds.min()} and {kinds.max()}"
                )

    @property
    def label_kind(self) -> LabelKind:
        """What the labels are."""
        return KINDS[self.train_labels.ndim]

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one picture."""
        shape = self.train_images.shape[1:]
        channels, height, width = (1, *shape) if len(shape) == 2 else shape
        return channels, height, width

    def __repr__(self) -> str:
        channels, height, width = self.picture_shape
        return (
            f"ImageSet({self.name}: {len(self.train_images):,} + {len(self.test_images):,} "
            f"pictures of {channels} x {height} x {width}, {len(self.classes)} classes)"
        )


def classes_in(labels: np.ndarray) -> np.ndarray:
    """The numbers of the classes in labels of any kind: all of them, but of boxes the last column.

    Parameters
    ----------
    labels : int64 array of shape (N,), (N, L) or (N, K, 5)

    Returns
    -------
    int64 array of shape (N,), (N, L) or (N, K)
    """
    return labels[..., 4] if labels.ndim == 3 else labels
