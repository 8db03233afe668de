"""Sets of pictures to learn from, as arrays on the host."""

from __future__ import annotations

from tinygen.data.canvases import (
    Canvases,
    Strips,
    boxes_in,
    draw_canvases,
    draw_strips,
    make_canvases,
    make_strips,
    place_on_canvases,
    write_in_strips,
)
from tinygen.data.cifar import load_cifar10
from tinygen.data.dataset import (
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from tinygen.data.download import DownloadError
from tinygen.data.folder import load_folder
from tinygen.data.glyphs import CHARACTERS, DIGITS, draw_glyphs, make_glyphs, synthetic_digits
from tinygen.data.idx import read_idx
from tinygen.data.loader import DataLoader
from tinygen.data.mnist import load_fashion_mnist, load_mnist
from tinygen.data.own import OwnPictures, read_mask, read_pictures
from tinygen.data.registry import Available, available, fetch, load
from tinygen.data.ring import Ring, draw_ring
from tinygen.data.sets import DataError, DataNotFoundError, ImageSet
from tinygen.data.shapes import SHAPES, draw_shapes, make_shapes
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
    "Available", "DataError", "DataNotFoundError", "DownloadError", "ImageSet", "OwnPictures",
    "available", "boxes_in", "fetch", "load", "load_cifar10", "load_fashion_mnist", "load_folder",
    "load_mnist", "read_idx", "read_mask", "read_pictures",
    "CHARACTERS", "Canvases", "DIGITS", "Ring", "SHAPES", "Strips", "draw_canvases", "draw_glyphs",
    "draw_ring", "draw_shapes", "draw_strips", "make_canvases", "make_glyphs", "make_shapes",
    "make_strips", "place_on_canvases", "synthetic_digits", "write_in_strips",
]  # fmt: skip
