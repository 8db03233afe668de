"""What a set of labelled pictures consists of, wherever it comes from, and how it can fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["DataError", "DataNotFoundError", "ImageSet"]

TEN_DIGITS = tuple("0123456789")


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
    train_labels, test_labels : int64 array of shape (N,)
        The number of each picture's class.
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
            if images.ndim not in (3, 4) or labels.shape != images.shape[:1]:
                raise ValueError(
                    f"{self.name}: {part}_images must be of shape (N, H, W) or (N, C, H, W) and "
                    f"{part}_labels of shape (N,), got {images.shape} and {labels.shape}"
                )
            if labels.size and not 0 <= labels.min() <= labels.max() < len(self.classes):
                raise ValueError(
                    f"{self.name}: {part}_labels must be between 0 and {len(self.classes) - 1}, "
                    f"one for each of the {len(self.classes)} classes, and are between "
                    f"{labels.min()} and {labels.max()}"
                )

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
