"""Fetching a file from the first of several mirrors that has it, whole.

A mirror may be gone, may refuse (403, 404), may send a web page, may stop half-way, may never
answer. Each of these costs seconds and leads to the next mirror. What was received of a file is
kept beside its place under a hidden name, so that the next attempt asks for the rest alone
("Range", R. Fielding et al., "HTTP Semantics", RFC 9110, section 14). The file appears under its
own name once its contents have been checked.
"""

from __future__ import annotations

import hashlib
import math
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tinygen.data.sets import DataError

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["DownloadError", "Progress", "download"]

Progress = Callable[[str, int, "int | None"], None]
"""Called with the address, the bytes that are there, and how many they will be, if that is known.

The first call for an address comes before it has answered.
"""

ANSWER_SECONDS = 4.0
"""For finding the mirror's address, connecting, and the first line of its answer."""

SILENCE_SECONDS = 10.0
"""A mirror that sends nothing for so long has hung up."""

TRIES = 5
"""How often one mirror may stop half-way; each time it must have sent something."""

CHUNK = 1 << 16

SLACK = 1 << 20


class DownloadError(OSError):
    """No mirror had the file.

    Attributes
    ----------
    failures : list of (str, str)
        The addresses that were asked, and what was wrong with each.
    """

    def __init__(self, name: str, failures: list[tuple[str, str]]) -> None:
        self.failures = failures
        told = "; ".join(f"{urlsplit(url).netloc} {fault}" for url, fault in failures)
        super().__init__(f"{name} could not be fetched: {told or 'there was no time left'}")


class MirrorError(Exception):
    """One mirror failed; another may not."""


class RangeError(MirrorError):
    """The file has no bytes where the rest of it was asked for."""


class Head(NamedTuple):
    """The beginning of an answer: where in the file it starts, and how long the file is."""

    start: int
    total: int | None


def download(
    urls: Sequence[str],
    path: Path,
    check: Callable[[Path], object],
    *,
    size: int | None = None,
    progress: Progress | None = None,
    deadline: float | None = None,
) -> str:
    """Fetch a file from the first address that gives it whole and sound.

    Parameters
    ----------
    urls : sequence of str
        http or https, all of the same file.
    path : Path
        Where to put it; the folder is made if need be.
    check : callable
        Is given the path of the complete but not yet renamed file, and raises DataError if its
        contents are not the right ones.
    size : int, optional
        About how many bytes are expected. Much more than that is not received.
    progress : callable, optional
        See ``Progress``.
    deadline : float, optional
        On the clock of ``time.monotonic``; what is unfinished then is given up.

    Returns
    -------
    str
        The address that had it.

    Raises
    ------
    DownloadError
        If none of them had it, or not in time. What was received is kept for the next attempt.
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    failures: list[tuple[str, str]] = []
    for url in urls:
        if deadline is not None and time.monotonic() >= deadline:
            break
        transfer = _Transfer(url, path, size, progress, deadline)
        try:
            transfer.finish(check)
        except (MirrorError, DataError) as error:
            transfer.discard_nothing()
            failures.append((url, str(error)))
        else:
            return url
    raise DownloadError(path.name, failures)


class _Transfer:
    """One file from one mirror, in as many pieces as it takes."""

    def __init__(
        self,
        url: str,
        path: Path,
        size: int | None,
        progress: Progress | None,
        deadline: float | None,
    ) -> None:
        self.url, self.path, self.deadline = url, path, deadline
        self.most = None if size is None else 2 * size + SLACK
        self.progress = progress or (lambda url, done, total: None)
        # By address, because two mirrors may have compressed the same contents differently.
        tag = hashlib.sha256(url.encode()).hexdigest()[:8]
        self.part = path.with_name(f".{path.name}.{tag}.part")

    def finish(self, check: Callable[[Path], object]) -> None:
        """Receive all of it, resuming where it was cut off, check it and give it its name."""
        for attempt in range(1, TRIES + 1):
            had = self.received()
            try:
                begun_at = self.receive()
            except RangeError:
                if had == 0 or attempt == TRIES:
                    raise
                self.part.unlink()  # it is longer than the file: left from another one
                continue
            except MirrorError:
                if self.received() <= had or attempt == TRIES:
                    raise
                continue
            try:
                check(self.part)
            except DataError:
                self.part.unlink()
                if begun_at == 0 or attempt == TRIES:
                    raise
                continue  # the old beginning and the new end were of different files
            os.replace(self.part, self.path)
            return

    def received(self) -> int:
        """How many bytes are there."""
        return self.part.stat().st_size if self.part.exists() else 0

    def discard_nothing(self) -> None:
        """An empty part is not worth keeping."""
        if self.received() == 0:
            self.part.unlink(missing_ok=True)

    def receive(self) -> int:
        """Receive what is missing; returns where in the file that began."""
        had = self.received()
        self.progress(self.url, had, None)
        with _answer(self.url, had, self.deadline) as (head, chunks):
            if head.start != had:
                # Removed, not overwritten: another process may be about to give it its name.
                self.part.unlink(missing_ok=True)
                if head.start != 0:
                    raise MirrorError(f"sent bytes from {head.start:,} on instead of {had:,}")
            self.refuse_if_too_long(head.total or 0)
            done = head.start
            with open(self.part, "ab") as file:
                for chunk in chunks:
                    file.write(chunk)
                    done += len(chunk)
                    self.refuse_if_too_long(done)
                    self.progress(self.url, done, head.total)
                file.flush()
                os.fsync(file.fileno())
        if head.total is not None and done != head.total:
            raise MirrorError(f"was cut off after {done:,} of {head.total:,} bytes")
        return head.start

    def refuse_if_too_long(self, length: int) -> None:
        """Some other file, or one that never ends."""
        if self.most is not None and length > self.most:
            self.part.unlink(missing_ok=True)
            raise MirrorError(f"sends {length:,} bytes or more: that is another file")


# ---- one request -------------------------------------------------------------------------------


@contextmanager
def _answer(url: str, start: int, deadline: float | None) -> Iterator[tuple[Head, Iterator[bytes]]]:
    """What a mirror answers when asked for a file from ``start`` on.

    A thread of its own talks to the mirror, because not every wait there can be limited: the
    system's look-up of a name can take half a minute where there is no network.
    """
    if not url.startswith(("http://", "https://")):
        raise MirrorError("is no address of http or https")
    headers = {"User-Agent": "tinygen", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    pipe: queue.Queue[Head | bytes | MirrorError] = queue.Queue(maxsize=16)
    given_up = threading.Event()
    threading.Thread(target=_talk, args=(url, headers, pipe, given_up), daemon=True).start()

    def item(limit: float, fault: str) -> Head | bytes:
        left = math.inf if deadline is None else deadline - time.monotonic()
        try:
            if left <= 0:
                raise queue.Empty
            received = pipe.get(timeout=min(left, limit))
        except queue.Empty:
            raise MirrorError(fault if limit < left else "the time for it was up") from None
        if isinstance(received, MirrorError):
            raise received
        return received

    def chunks() -> Iterator[bytes]:
        fault = f"sent nothing for {SILENCE_SECONDS:.0f} s"
        while chunk := item(SILENCE_SECONDS, fault):
            assert isinstance(chunk, bytes)
            yield chunk

    try:
        head = item(ANSWER_SECONDS, f"did not answer within {ANSWER_SECONDS:.0f} s")
        assert isinstance(head, Head)
        yield head, chunks()
    finally:
        given_up.set()


def _talk(
    url: str,
    headers: dict[str, str],
    pipe: queue.Queue[Head | bytes | MirrorError],
    given_up: threading.Event,
) -> None:
    """Put the answer into the pipe: its head, its bytes, nothing at the end; or what went wrong."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    def put(item: Head | bytes | MirrorError) -> None:
        while not given_up.is_set():
            try:
                return pipe.put(item, timeout=0.1)
            except queue.Full:
                pass
        return None

    try:
        patience = SILENCE_SECONDS + 1  # the caller's ends first
        with urlopen(Request(url, headers=headers), timeout=patience) as response:
            put(_head(response))
            while not given_up.is_set():
                chunk = response.read1(CHUNK)
                put(chunk)
                if not chunk:
                    break
    except HTTPError as error:
        error.close()
        has_less = error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        put((RangeError if has_less else MirrorError)(f"answered {error.code} {error.reason}"))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        put(MirrorError(f"failed ({reason or type(reason).__name__})"))
    except MirrorError as error:
        put(error)


def _head(response: HTTPResponse) -> Head:
    """Where the answer starts in the file; a mirror may send all though asked for a part."""
    length = response.headers.get("Content-Length", "")
    if response.status == HTTPStatus.OK:
        return Head(0, int(length) if length.isdecimal() else None)
    given = response.headers.get("Content-Range", "")
    span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", given)
    if response.status != HTTPStatus.PARTIAL_CONTENT or span is None:
        raise MirrorError(f"answered {response.status} {response.reason} with the range '{given}'")
    return Head(int(span[1]), int(span[3]))
