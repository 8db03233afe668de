"""A folder of pictures, a sub-folder for each class, as ImageNet is laid out.

    pictures/train/cat/one.jpg
    pictures/train/dog/two.png
    pictures/val/cat/three.jpg

The pictures to be tested on are in ``val``, or in ``test``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinygen.data.decoding import ENOUGH, decode
from tinygen.data.sets import DataError, DataNotFoundError, ImageSet

__all__ = ["load_folder"]

ENDINGS = {".jpg", ".jpeg", ".png"}

TEST_NAMES = ("test", "val", "validation")


def load_folder(root: str | Path, size: int = 64, grey: bool = False) -> ImageSet:
    """Read all pictures of a folder into memory, each cut to a square and brought to one size.

    Parameters
    ----------
    root : str or Path
        The folder with ``train/CLASS/*.jpg`` (or png), and ``test/CLASS`` or ``val/CLASS``; without
        these two the set has no pictures to be tested on.
    size : int
        Pixels of a side. A picture's middle square is what is kept of it.
    grey : bool
        One channel instead of red, green and blue.

    Returns
    -------
    ImageSet
        Pictures of shape (N, 3, size, size), or (N, size, size) if grey. The classes are the names
        of the folders in train, sorted.

    Raises
    ------
    DataNotFoundError
        If there is no such folder, or no train in it.
    DataError
        If a class has no picture, a picture cannot be read, or a class is new in the test.
    ValueError
        If the size is less than 1.
    """
    if size < 1:
        raise ValueError(f"load_folder: size must be at least 1, got {size}")
    root = Path(root).expanduser()
    train = root / "train"
    if not train.is_dir():
        raise DataNotFoundError(
            f"{root} has no folder 'train': a folder of pictures is laid out as "
            "train/CLASS/picture.jpg and test/CLASS/picture.jpg"
        )
    classes = tuple(_classes(train))
    if not classes:
        raise DataError(f"{train} has no folders: there must be one for each class, with pictures")
    test = next((root / name for name in TEST_NAMES if (root / name).is_dir()), None)
    train_images, train_labels = _read(train, classes, size, grey)
    test_images, test_labels = _read(test, classes, size, grey)
    return ImageSet(
        train_images,
        train_labels,
        test_images,
        test_labels,
        name=root.resolve().name,
        is_real=True,
        classes=classes,
    )


def _classes(folder: Path) -> list[str]:
    """The names of the visible folders in a folder."""
    return sorted(
        path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def _read(
    folder: Path | None, classes: tuple[str, ...], size: int, grey: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels of one of the two parts; none of a part that is not there."""
    files = [] if folder is None else _files(folder, classes)
    images = np.empty((len(files), size, size) if grey else (len(files), 3, size, size), np.uint8)
    for image, (path, _) in zip(images, files, strict=True):
        image[...] = _read_picture(path, size, grey)
    return images, np.array([label for _, label in files], np.int64)


def _files(folder: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    """All pictures with the numbers of their classes, in the order of their names."""
    unknown = set(_classes(folder)) - set(classes)
    if unknown:
        raise DataError(
            f"{folder} has classes that train has not: {', '.join(sorted(unknown))}. A network "
            "cannot know what it was never shown"
        )
    files = []
    for label, name in enumerate(classes):
        found = [path for path in sorted((folder / name).glob("*")) if _is_picture(path)]
        if not found and folder.name == "train":
            raise DataError(f"{folder / name} has no pictures ({', '.join(sorted(ENDINGS))})")
        files += [(path, label) for path in found]
    return files


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


def _read_picture(path: Path, size: int, grey: bool) -> np.ndarray:
    """The middle square of a picture, (3, size, size) or (size, size)."""
    from PIL import Image, ImageOps

    picture = decode(path, enough=max(ENOUGH, size)).picture.convert("L" if grey else "RGB")
    square = np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC))
    return square if grey else np.moveaxis(square, 2, 0)
