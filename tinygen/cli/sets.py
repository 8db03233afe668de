"""``tinygen data``, and how all commands get their pictures."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import numpy as np

from tinygen import data
from tinygen.cli.arguments import FETCH_SECONDS
from tinygen.cli.errors import UsageError
from tinygen.cli.output import prepare
from tinygen.cli.samples import SAMPLES
from tinygen.data import ImageSet
from tinygen.io.messages import text

__all__ = ["Fetching", "load", "mnist", "run"]

SHOWN = 60
"""Pictures in the grid of ``tinygen data show``, in rows of ten."""

UNITS = ("kB", "MB", "GB")


def run(options: Namespace) -> int:
    """List, fetch or show.

    Parameters
    ----------
    options : Namespace
        ``action``, and what belongs to it.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no set of this name, or there is nothing to fetch.
    DataError, OSError
        If it cannot be had, or the picture cannot be written.
    """
    if options.action == "list":
        _list()
    elif options.action == "get":
        _get(options.name, options.out)
    elif options.name in SAMPLES:
        _show_sample(options.name, options.out, options.seed)
    else:
        _show(load(options.name, options.offline), options.name, options.out, options.seed)
    return 0


def load(name: str, offline: bool, budget: float | None = None) -> ImageSet:
    """A data set, or a folder of pictures; says what is fetched.

    Parameters
    ----------
    name : str
        The name of a set, or the path of a folder with ``train/CLASS/*.jpg``.
    offline : bool
        Never ask the network.
    budget : float, optional
        For how many seconds the network may be used.

    Returns
    -------
    ImageSet

    Raises
    ------
    UsageError
        If there is neither a set of this name nor such a folder, or it is not for classifiers.
    DataError, OSError
        If it cannot be had, or is damaged.
    """
    is_known = name in [one.name for one in data.available()]
    if not is_known and Path(name).expanduser().is_dir():
        return data.load("folder", root=name)
    if name in SAMPLES and not is_known:
        raise UsageError(text("no classes", name=name))
    try:
        return data.load(name, offline=offline, progress=Fetching(), budget=budget)
    except data.DataError:
        raise
    except ValueError as error:
        raise UsageError(text("no such data", reason=error)) from error


def mnist(offline: bool, fetching: str) -> ImageSet:
    """MNIST as a command wants it that can do without: the network is asked for some seconds.

    Parameters
    ----------
    offline : bool
        Never ask the network.
    fetching : str
        What to say before it is asked.

    Returns
    -------
    ImageSet

    Raises
    ------
    DataNotFoundError
        If it is not on this machine and cannot be fetched in that time.
    DataError, OSError
        If its files are there but damaged.
    """
    try:
        return load("mnist", offline=True)
    except data.DataNotFoundError:
        if offline:
            raise
    print(fetching, flush=True)
    return load("mnist", offline=False, budget=FETCH_SECONDS)


class Fetching:
    """Says what is being fetched: a line for each address, and in a terminal how far it is."""

    def __init__(self) -> None:
        self._address = ""
        self._in_place = sys.stdout.isatty()

    def __call__(self, address: str, there: int, total: int | None) -> None:
        """Take note of so many bytes; see :data:`tinygen.data.download.Progress`."""
        if address != self._address:
            self._address = address
            parts = urlsplit(address)
            file = PurePosixPath(parts.path).name
            print(text("fetching", file=file, host=parts.netloc), flush=True)
        if self._in_place and total:
            done = text("fetched", done=there / total, size=size_of(total))
            print(done, end="\n" if there >= total else "\r", flush=True)


def size_of(count: int) -> str:
    """Bytes as people read them, in powers of 1000 as disks have them."""
    if count < 1000:
        return f"{count} B"
    power = min((len(str(count)) - 1) // 3, len(UNITS))
    return f"{count / 1000**power:.1f} {UNITS[power - 1]}"


# ---- list, get, show ---------------------------------------------------------------------------


def _list() -> None:
    head = ("name", "pictures", "size", "place", "summary")
    rows = [tuple(text(f"data head {column}") for column in head)]
    for one in data.available():
        counts = " + ".join(f"{count:,}" for count in one.counts)
        shape = " x ".join(map(str, one.picture_shape))
        if one.place is not None:
            place = str(one.place)
        elif one.download_bytes:
            place = text("data absent", size=size_of(one.download_bytes))
        else:
            place = text("data drawn")
        rows.append((one.name, counts, shape, place, one.summary))
    listed = [row[0] for row in rows]
    for name, sample in SAMPLES.items():
        if name in listed:
            continue
        shape = " x ".join(map(str, sample.shape))
        rows.append((name, text("data any"), shape, text("data drawn"), text(f"about {name}")))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _get(name: str, folder: Path | None) -> None:
    if name in SAMPLES:
        raise UsageError(text("nothing to fetch", name=name))
    if folder is not None:
        prepare(folder)
    try:
        place = data.fetch(name, folder, progress=Fetching())
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(text("data is in", name=name, folder=place))


def _show_sample(name: str, path: Path | None, seed: int) -> None:
    path = path or Path(f"{name}.png")
    sample = SAMPLES[name]
    sample.draw(seed, path)
    print(text("data sample", name=name, count=sample.amount, about=text(f"about {name}")))
    print(text("picture", path=path))


def _show(pictures: ImageSet, name: str, path: Path | None, seed: int) -> None:
    """Draw some training pictures, chosen by the seed, and say how many there are."""
    from tinygen.plots import image_grid

    path = path or Path(f"{Path(name).name}.png")
    count = min(SHOWN, len(pictures.train_images))
    chosen = np.random.default_rng(seed).permutation(len(pictures.train_images))[:count]
    image_grid(
        pictures.train_images[chosen],
        columns=10,
        titles=[pictures.classes[label] for label in pictures.train_labels[chosen]],
        title=text("data shown title", name=pictures.name),
        file=path,
    )
    channels, height, width = pictures.picture_shape
    print(
        text(
            "data shown", name=pictures.name, train=len(pictures.train_images),
            test=len(pictures.test_images), channels=channels, height=height, width=width,
            classes=len(pictures.classes), path=path,
        )
    )  # fmt: skip
