"""Writing a file whole or not at all, whatever interrupts it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal, overload

__all__ = ["remove_leftovers", "whole_file"]

ABANDONED = 3600
"""Seconds after which a file that nobody finished is taken for the remains of a killed process."""


@overload
def whole_file(
    path: str | os.PathLike[str], mode: Literal["wb"] = "wb"
) -> AbstractContextManager[IO[bytes]]: ...
@overload
def whole_file(
    path: str | os.PathLike[str], mode: Literal["w"]
) -> AbstractContextManager[IO[str]]: ...
@contextmanager
def whole_file(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file for writing that takes its name only when it is complete.

    It is written under another name in the same folder, brought to the disk and renamed when the
    block ends. Whatever happens before, an exception, a full disk, a killed process, leaves the
    file that was there, or none.

    Parameters
    ----------
    path : str or path
        Where the file shall be. Missing folders are made; a link is followed.
    mode : {"wb", "w"}
        Bytes, or text, which is written in UTF-8 with its line ends as they are.

    Yields
    ------
    file object
        Open for writing; code that goes back and reads what it wrote finds it.

    Raises
    ------
    ValueError
        If the mode is another one: a file written whole is neither read nor appended to.
    OSError
        If the path is a folder or a device, or cannot be written.
    """
    if mode not in ("wb", "w"):
        raise ValueError(f"whole_file writes bytes ('wb') or text ('w'), got the mode {mode!r}")
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        kind = "a folder" if target.is_dir() else "no ordinary file"
        raise OSError(f"cannot write {str(path)!r}: it is {kind}; give the name of a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".tinygen-{secrets.token_hex(8)}.unfinished")
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    new = mode.replace("w", "x") + "+"
    try:
        with open(unfinished, new, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        _keep_permissions(target, unfinished)
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _sync_folder(target.parent)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove unfinished files beside a file that were left behind by killed processes.

    Parameters
    ----------
    path : str or path
        A file; its folder is looked through. Files of the last hour stay: they may be growing.
    """
    for leftover in Path(os.path.realpath(path)).parent.glob(".tinygen-*.unfinished"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                leftover.unlink()


def _keep_permissions(old: Path, new: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(OSError):  # there is none, or the file system knows no permissions
        os.chmod(new, old.stat().st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Bring the renaming itself to the disk, where the system lets a folder be synced."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
