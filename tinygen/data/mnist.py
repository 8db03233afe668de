"""MNIST and Fashion-MNIST: four IDX files each, and how they are checked.

Checked are the *uncompressed* bytes, since two honest copies may be compressed differently.
(Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE, 1998; H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a
novel image dataset for benchmarking machine learning algorithms", arXiv:1708.07747, 2017.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinygen.data import cache
from tinygen.data.idx import parse_idx, read_bytes
from tinygen.data.sets import TEN_DIGITS, DataError, ImageSet

__all__ = [
    "FASHION_MNIST", "MNIST", "IdxSet", "find_mnist", "load_fashion_mnist", "load_mnist",
]  # fmt: skip

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class IdxSet(cache.FileSet):
    """Grey pictures and their labels in the four files of MNIST.

    Attributes
    ----------
    md5 : mapping of str to str
        The sums of the published files, uncompressed. Without them a file is checked by its shape
        and its labels.
    balanced : bool
        Whether each class has equally many pictures.
    foreign : frozenset of str
        The sums of files with the same names that belong to another set.
    """

    md5: Mapping[str, str] = field(default_factory=dict)
    balanced: bool = False
    foreign: frozenset[str] = frozenset()

    def paths(self, folder: Path) -> list[Path]:
        """Its files in a folder; none if they are those of another set."""
        found = [path for name in NAMES if (path := _path_of(folder, name))]
        return [] if found and self._is_foreign(folder) else found

    def read(self, folder: Path) -> ImageSet:
        """All four files."""
        arrays = [self._read(self._path(folder, name), name) for name in NAMES]
        train_images, train_labels, test_images, test_labels = arrays
        return ImageSet(
            train_images,
            train_labels.astype(np.int64),
            test_images,
            test_labels.astype(np.int64),
            name=self.title,
            is_real=True,
            classes=self.classes,
        )

    def check(self, path: Path, name: str) -> None:
        """Whether a file is the published one, as far as that is known."""
        self._read(path, name.removesuffix(".gz"))

    def _path(self, folder: Path, name: str) -> Path:
        path = _path_of(folder, name)
        if path is None:
            raise DataError(
                f"{folder} has files of {self.title}, but neither {name} nor {name}.gz: fetch it "
                f"from {' or '.join(self.mirrors)}"
            )
        return path

    def _read(self, path: Path, name: str) -> np.ndarray:
        raw = read_bytes(path)
        array = parse_idx(raw, str(path))  # first, because it can say what is wrong
        digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
        if name in self.md5 and digest != self.md5[name]:
            raise DataError(
                f"{path} is a sound IDX file of shape {array.shape}, but not the published one: "
                f"its uncompressed bytes have the MD5 sum {digest} instead of {self.md5[name]}. "
                "It may be of another data set with the same file names (Fashion-MNIST), or "
                "altered"
            )
        self._check_structure(path, name, array, digest)
        return array

    def _check_structure(self, path: Path, name: str, array: np.ndarray, digest: str) -> None:
        """Number, size and labels of the pictures."""
        n = self.counts[name.startswith("t10k")]
        is_labels = "labels" in name
        wanted = (n,) if is_labels else (n, *self.picture_shape[1:])
        if array.dtype != np.uint8 or array.shape != wanted or digest in self.foreign:
            raise DataError(
                f"{path} holds {array.dtype} of shape {array.shape}, {name} of {self.title} is "
                f"uint8 of shape {wanted}: it is of another data set with the same file names"
            )
        found = np.bincount(array) if is_labels else np.zeros(0, np.int64)
        each = n // len(self.classes)
        if len(found) > len(self.classes) or (self.balanced and (found != each).any()):
            raise DataError(
                f"{path} is altered or of another data set: it has {found.tolist()} pictures of "
                f"the classes from 0 on, {self.title} has {each:,} of each of its "
                f"{len(self.classes)}"
            )

    def _is_foreign(self, folder: Path) -> bool:
        """Whether the labels, small enough to be read each time, are those of another set."""
        path = _path_of(folder, NAMES[3]) if self.foreign else None
        if path is None:
            return False
        try:
            raw = read_bytes(path)
        except (DataError, OSError):
            return False  # reading it again will tell
        return hashlib.md5(raw, usedforsecurity=False).hexdigest() in self.foreign


MNIST = IdxSet(
    name="mnist",
    title="MNIST",
    classes=TEN_DIGITS,
    counts=(60_000, 10_000),
    picture_shape=(1, 28, 28),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://dataset.bj.bcebos.com/mnist/",
    ),
    sizes=dict(zip((f"{n}.gz" for n in NAMES), (9_912_422, 28_881, 1_648_877, 4_542), strict=True)),
    folders=("MNIST/raw",),
    md5={
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
)

FASHION_MNIST = IdxSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ),
    counts=(60_000, 10_000),
    picture_shape=(1, 28, 28),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://dataset.bj.bcebos.com/fashion_mnist/",
    ),
    sizes=dict(
        zip((f"{n}.gz" for n in NAMES), (26_421_880, 29_515, 4_422_102, 5_148), strict=True)
    ),
    folders=("fashion_mnist", "FashionMNIST/raw"),
    balanced=True,
    foreign=frozenset(MNIST.md5.values()),
)  # fmt: skip


def load_mnist(root: str | Path | None = None) -> ImageSet:
    """The whole of MNIST: 60,000 digits to learn from and 10,000 to be tested on.

    Only this machine is looked at; ``tinygen.data.load("mnist")`` asks the network as well.

    Parameters
    ----------
    root : str or Path, optional
        The folder with the four IDX files, compressed by gzip or not. Without it they are looked
        for in ``$TINYGEN_DATA``, in ``$TINYGEN_DATA/mnist`` and in the user's cache.

    Returns
    -------
    ImageSet

    Raises
    ------
    DataNotFoundError
        If the files are in none of these places; the message says how to get them.
    DataError
        If a file is missing among the others, is damaged, or is not the published one.
    """
    return cache.load_files(MNIST, root, offline=True)


def load_fashion_mnist(root: str | Path | None = None) -> ImageSet:
    """The whole of Fashion-MNIST: 60,000 pieces of clothing to learn from, 10,000 to be tested on.

    Parameters, result and errors are those of :func:`load_mnist`.
    """
    return cache.load_files(FASHION_MNIST, root, offline=True)


def find_mnist(root: str | Path | None = None) -> Path:
    """The first folder that holds a file of MNIST; see :func:`load_mnist`."""
    return cache.find(MNIST, root)


def _path_of(folder: Path, name: str) -> Path | None:
    """The file of a name, compressed or not."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)
