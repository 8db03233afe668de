"""All sets of pictures by their names: one way to load them, one table of what there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinygen.data import cache
from tinygen.data.cache import FileSet
from tinygen.data.cifar import CIFAR10
from tinygen.data.download import Progress
from tinygen.data.folder import load_folder
from tinygen.data.mnist import FASHION_MNIST, MNIST
from tinygen.data.sets import DataNotFoundError, ImageSet
from tinygen.io.messages import text

__all__ = ["Available", "available", "fetch", "load"]

FILES = (MNIST, FASHION_MNIST, CIFAR10)

FOLDER = "folder"
"""The name of whatever set the user has as a folder of pictures."""


@dataclass(frozen=True)
class Drawn:
    """A set that a program draws or puts together, always the same."""

    name: str
    draw: Callable[[], ImageSet]
    counts: tuple[int, int]
    picture_shape: tuple[int, int, int]


def _draw_glyphs() -> ImageSet:
    from tinygen.data.glyphs import make_glyphs

    return make_glyphs()


def _draw_shapes() -> ImageSet:
    from tinygen.data.shapes import make_shapes

    return make_shapes()


def _make_canvases() -> ImageSet:
    from tinygen.data.canvases import make_canvases

    return make_canvases(_digits())


def _make_strips() -> ImageSet:
    from tinygen.data.canvases import make_strips

    try:
        return make_strips(cache.load_files(MNIST, offline=True))
    except DataNotFoundError:
        return make_strips()


def _digits() -> ImageSet:
    """MNIST if it is on this machine, drawn digits otherwise."""
    from tinygen.data.glyphs import DIGITS, make_glyphs

    try:
        return cache.load_files(MNIST, offline=True)
    except DataNotFoundError:
        return make_glyphs(characters=DIGITS)


DRAWN = (
    Drawn("glyphs", _draw_glyphs, (12_000, 2_000), (1, 28, 28)),
    Drawn("shapes", _draw_shapes, (12_000, 2_000), (3, 32, 32)),
    Drawn("canvases", _make_canvases, (10_000, 1_000), (1, 64, 64)),
    Drawn("strips", _make_strips, (20_000, 1_000), (1, 28, 168)),
)


@dataclass(frozen=True)
class Available:
    """A line of the table of :func:`available`.

    Attributes
    ----------
    name : str
        For :func:`load`.
    summary : str
        What the pictures show.
    counts : tuple of two int
        How many there are to learn from and to be tested on.
    picture_shape : tuple of int
        Channels, height and width.
    place : Path or None
        Where its files are on this machine, if they are.
    download_bytes : int
        How much has to be fetched if they are not; 0 for a set that is drawn.
    """

    name: str
    summary: str
    counts: tuple[int, int]
    picture_shape: tuple[int, int, int]
    place: Path | None
    download_bytes: int


def load(
    name: str,
    root: str | Path | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    budget: float | None = None,
) -> ImageSet:
    """A set of pictures, from wherever it is first found.

    The places are, in this order: ``root`` if it is given, and then no other; ``$TINYGEN_DATA``
    and its sub-folder of the set's name; the user's cache; mirrors on the network, from which the
    set goes into the cache.

    Parameters
    ----------
    name : str
        One of those that :func:`available` lists, or ``"folder"`` for pictures of your own, laid
        out as :func:`load_folder` wants them, in ``root``.
    root : str or Path, optional
        The folder with the set's files, or the one above.
    offline : bool
        Never ask the network.
    progress : callable, optional
        Called as ``progress(address, bytes_there, bytes_in_all_or_None)`` while something is
        fetched, first of all before an address has answered.
    budget : float, optional
        For how many seconds the network may be used; without it, as long as bytes come.

    Returns
    -------
    ImageSet

    Raises
    ------
    ValueError
        If there is no set of this name, or a folder is named for a set that has no files.
    DataNotFoundError
        If it is in none of the places; the message says what was tried and what to do.
    DataError
        If its files in a folder of the user's are damaged.
    """
    if _key(name) == FOLDER:
        if root is None:
            raise ValueError("load('folder') needs root, the folder with train/CLASS/picture.jpg")
        return load_folder(root)
    found = _by_name(name)
    if isinstance(found, FileSet):
        return cache.load_files(found, root, offline, progress, budget)
    if root is not None:
        raise ValueError(f"{found.name} is drawn by a program and has no files: leave out root")
    return found.draw()


def fetch(
    name: str,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    budget: float | None = None,
) -> Path:
    """Bring a set's files into a folder, without reading the pictures; what is there stays.

    Parameters
    ----------
    name : str
    folder : str or Path, optional
        Without it, the set's own folder in the user's cache, where :func:`load` finds it.
    progress, budget
        As for :func:`load`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If there is no set of this name, or it has no files.
    DownloadError
        If no mirror has one of the files, or not in time.
    OSError
        If the folder cannot be written to.
    """
    found = _by_name(name)
    if not isinstance(found, FileSet):
        raise ValueError(f"{found.name} is drawn by a program: there is nothing to fetch")
    return cache.fetch(found, folder, progress, budget)


def available() -> list[Available]:
    """What :func:`load` knows by name, and what of it is already here."""
    with_files = [
        Available(
            files.name,
            text(f"about {files.name}"),
            files.counts,
            files.picture_shape,
            _place_of(files),
            sum(files.sizes.values()),
        )
        for files in FILES
    ]
    without = [
        Available(one.name, text(f"about {one.name}"), one.counts, one.picture_shape, None, 0)
        for one in DRAWN
    ]
    return with_files + without


def _place_of(files: FileSet) -> Path | None:
    try:
        return cache.find(files)
    except DataNotFoundError:
        return None


def _key(name: str) -> str:
    """Fashion-MNIST, fashion_mnist and FashionMNIST are the same."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _by_name(name: str) -> FileSet | Drawn:
    known = {_key(one.name): one for one in (*FILES, *DRAWN)}
    if _key(name) in known:
        return known[_key(name)]
    import difflib

    near = difflib.get_close_matches(_key(name), known, n=1)
    meant = f"; did you mean {known[near[0]].name!r}?" if near else "."
    raise ValueError(
        f"there is no data set {name!r}{meant} There are "
        f"{', '.join(one.name for one in known.values())}"
    )
