"""MNIST from files on this machine: where they are looked for and how they are checked.

Checked are the *uncompressed* bytes, since two honest copies may be compressed differently.
(Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE, 1998.)
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from tinygen.data.idx import DataError, parse_idx, read_bytes
from tinygen.data.sets import Digits

__all__ = ["DataNotFoundError", "find_mnist", "load_mnist", "user_cache"]

MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The four files and the sums of their uncompressed bytes."""

SOURCES = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


class DataNotFoundError(FileNotFoundError):
    """A data set is in none of the places where it is looked for."""


def load_mnist(root: str | Path | None = None) -> Digits:
    """The whole of MNIST: 60,000 digits to learn from and 10,000 to be tested on.

    Parameters
    ----------
    root : str or Path, optional
        The folder with the four IDX files, compressed by gzip or not. Without it they are looked
        for in ``$TINYGEN_DATA``, in ``$TINYGEN_DATA/mnist`` and in the user's cache.

    Returns
    -------
    Digits

    Raises
    ------
    DataNotFoundError
        If the files are in none of these places; the message says how to get them.
    DataError
        If a file is missing among the others, is damaged, or is not the published one.
    """
    folder = find_mnist(root)
    train_images, train_labels, test_images, test_labels = (_read(folder, name) for name in MD5)
    return Digits(
        train_images,
        train_labels.astype(np.int64),
        test_images,
        test_labels.astype(np.int64),
        name="MNIST",
        is_real=True,
    )


def find_mnist(root: str | Path | None = None) -> Path:
    """The first folder that holds a file of MNIST; see :func:`load_mnist`."""
    places = _places(root)
    for folder in places:
        if any(_path_of(folder, name) for name in MD5):
            return folder
    looked_in = ", ".join(str(folder) for folder in places)
    raise DataNotFoundError(f"MNIST is not in {looked_in}. {_how_to_get_it()}")


def _how_to_get_it() -> str:
    """What to do where it was not found."""
    return (
        f"Fetch {', '.join(f'{name}.gz' for name in MD5)} from {' or '.join(SOURCES)} into "
        f"{user_cache() / 'mnist'}, or into any folder that you name in TINYGEN_DATA"
    )


def user_cache() -> Path:
    """Where the system wants a program to keep what it could fetch again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinygen"


def _places(root: str | Path | None) -> list[Path]:
    """The folders to look in, in this order; only ``root`` where one is given."""
    if root is not None:
        return [Path(root).expanduser()]
    places = [user_cache() / "mnist"]
    named = os.environ.get("TINYGEN_DATA")
    if named:
        folder = Path(named).expanduser()
        places = [folder, folder / "mnist", *places]
    return places


def _path_of(folder: Path, name: str) -> Path | None:
    """The file of a name, compressed or not."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _read(folder: Path, name: str) -> np.ndarray:
    path = _path_of(folder, name)
    if path is None:
        raise DataError(
            f"{folder} has files of MNIST, but neither {name} nor {name}.gz: fetch it from "
            f"{SOURCES[0]}{name}.gz"
        )
    raw = read_bytes(path)
    array = parse_idx(raw, str(path))  # first, because it can say what is wrong
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if digest != MD5[name]:
        raise DataError(
            f"{path} is a sound IDX file of shape {array.shape}, but not the published one: its "
            f"uncompressed bytes have the MD5 sum {digest} instead of {MD5[name]}. It may be of "
            "another data set with the same file names (Fashion-MNIST), or altered"
        )
    return array
