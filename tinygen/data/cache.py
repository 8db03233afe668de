"""Data sets that are files: the places where they are looked for, and how they get there.

The order is: the folder that is named; else ``$TINYGEN_DATA``, the user's cache, and the mirrors
on the network, from which a set goes into the cache. What is damaged in the cache is removed and
fetched again; what is damaged in a folder of the user's is left alone and reported.
"""

from __future__ import annotations

import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tinygen.data.download import DownloadError, Progress, download
from tinygen.data.sets import DataError, DataNotFoundError, ImageSet

__all__ = ["FileSet", "fetch", "find", "load_files", "user_cache"]


@dataclass(frozen=True)
class FileSet(ABC):
    """A data set that consists of files.

    Attributes
    ----------
    name : str
        For the command line, and the name of its folder.
    title : str
        For people.
    classes : tuple of str
    counts : tuple of two int
        How many pictures the whole set has to learn from and to be tested on.
    picture_shape : tuple of int
        Channels, height and width.
    mirrors : tuple of str
        Addresses of folders that have all of its files, ending with a slash.
    sizes : mapping of str to int
        The names of the files at the mirrors, and their lengths there.
    folders : tuple of str
        Other names that its folder may have: those that other programs give it.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    counts: tuple[int, int]
    picture_shape: tuple[int, int, int]
    mirrors: tuple[str, ...]
    sizes: Mapping[str, int]
    folders: tuple[str, ...] = ()

    @abstractmethod
    def paths(self, folder: Path) -> list[Path]:
        """Those of its files that are in a folder."""

    @abstractmethod
    def read(self, folder: Path) -> ImageSet:
        """The pictures in a folder; DataError if a file is missing or damaged."""

    @abstractmethod
    def check(self, path: Path, name: str) -> None:
        """DataError if a file has not the contents that belong to this name."""


def user_cache() -> Path:
    """Where the system wants a program to keep what it could fetch again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        # A relative path is to be ignored: XDG Base Directory Specification 0.8.
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = named if os.path.isabs(named) else Path.home() / ".cache"
    return Path(base) / "tinygen"


def load_files(
    files: FileSet,
    root: str | Path | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    budget: float | None = None,
) -> ImageSet:
    """The pictures of a set, from the first place that has it.

    Parameters
    ----------
    files : FileSet
    root : str or Path, optional
        The folder with its files, or the one above. No other place is looked into then.
    offline : bool
        Never ask the network.
    progress : callable, optional
        Called while a file is being fetched: see :data:`tinygen.data.download.Progress`.
    budget : float, optional
        For how many seconds the network may be used at most.

    Returns
    -------
    ImageSet

    Raises
    ------
    DataNotFoundError
        If it is in none of the places and cannot be fetched; the message says what to do.
    DataError
        If a file in a folder of the user's is missing among others, or damaged.
    """
    notes = []
    try:
        folder = find(files, root)
    except DataNotFoundError as error:
        notes.append(str(error))
    else:
        try:
            return files.read(folder)
        except DataError as error:
            if folder != _own_folder(files):
                raise
            _remove_damaged(files, folder)
            notes.append(f"What was damaged in {folder} has been removed ({error})")
    if not offline and root is None:
        try:
            return files.read(fetch(files, progress=progress, budget=budget))
        except (DownloadError, DataError) as error:
            notes.append(str(error))
        except OSError as error:
            notes.append(f"It cannot be kept in {_own_folder(files)} ({error.strerror or error})")
    raise DataNotFoundError(". ".join(notes), remedy=_how_to_get(files))


def find(files: FileSet, root: str | Path | None = None) -> Path:
    """The first folder on this machine that holds a file of the set; see :func:`load_files`.

    Raises
    ------
    DataNotFoundError
    """
    places = _places(files, root)
    for folder in places:
        if files.paths(folder):
            return folder
    looked_in = ", ".join(dict.fromkeys(str(folder) for folder in places))
    raise DataNotFoundError(f"{files.title} is not in {looked_in}")


def fetch(
    files: FileSet,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    budget: float | None = None,
) -> Path:
    """Bring all files of a set into a folder; those that are there and sound stay.

    Parameters
    ----------
    files : FileSet
    folder : str or Path, optional
        Without it, the set's own folder in the user's cache.
    progress, budget
        As for :func:`load_files`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DownloadError
        If no mirror has one of the files, or not in time. The others stay.
    OSError
        If the folder cannot be written to.
    """
    folder = _own_folder(files) if folder is None else Path(folder).expanduser()
    deadline = None if budget is None else time.monotonic() + budget
    mirrors = list(files.mirrors)
    for name, size in files.sizes.items():
        path = folder / name
        if _is_sound(files, path, name):
            continue
        worked = download(
            [mirror + name for mirror in mirrors],
            path,
            partial(files.check, name=name),
            size=size,
            progress=progress,
            deadline=deadline,
        )
        mirrors.sort(key=lambda mirror: not worked.startswith(mirror))  # it is asked first now
    return folder


def _own_folder(files: FileSet) -> Path:
    """Where a set is kept in the user's cache."""
    return user_cache() / files.name


def _places(files: FileSet, root: str | Path | None) -> list[Path]:
    """The folders to look in, in this order."""
    named = root if root is not None else os.environ.get("TINYGEN_DATA")
    places = []
    if named:
        above = Path(named).expanduser()
        places = [above, *(above / folder for folder in (files.name, *files.folders))]
    return places if root is not None else [*places, _own_folder(files)]


def _is_sound(files: FileSet, path: Path, name: str) -> bool:
    try:
        files.check(path, name)
    except (DataError, OSError):
        return False
    return True


def _remove_damaged(files: FileSet, folder: Path) -> None:
    """Of the set's files in the cache, remove those that are not what they should be."""
    for path in files.paths(folder):
        if not _is_sound(files, path, path.name):
            path.unlink(missing_ok=True)


def _how_to_get(files: FileSet) -> str:
    """What to do where it was not found."""
    return (
        f"Fetch {', '.join(files.sizes)} from {' or '.join(files.mirrors)} into "
        f"{_own_folder(files)}, or into any folder that you name in TINYGEN_DATA"
    )
