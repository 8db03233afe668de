"""Sets of pictures to learn from, as arrays on the host."""

from __future__ import annotations

from tinygen.data.dataset import (
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from tinygen.data.digits import draw_digits, synthetic_digits
from tinygen.data.idx import DataError, read_idx
from tinygen.data.loader import DataLoader
from tinygen.data.mnist import DataNotFoundError, load_mnist
from tinygen.data.sets import Digits
from tinygen.data.transforms import (
    Binarize,
    Compose,
    GaussianNoise,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomShift,
    Resize,
    ToFloat,
    Transform,
)

__all__ = [
    "Binarize", "Compose", "DataLoader", "Dataset", "GaussianNoise", "Normalize", "RandomAffine",
    "RandomCrop", "RandomHorizontalFlip", "RandomShift", "Resize", "Subset", "TensorDataset",
    "ToFloat", "Transform", "default_collate", "random_split",
    "DataError", "DataNotFoundError", "Digits", "draw_digits", "load_mnist", "read_idx",
    "synthetic_digits",
]  # fmt: skip
