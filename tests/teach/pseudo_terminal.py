"""A program at a terminal that is none, and somebody who types."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Session"]

PATIENCE = 60
"""Seconds until what is waited for is given up."""

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")


class Session:
    """``python -m tinygen ...`` at a terminal of its own; a context manager."""

    def __init__(
        self, *words: str, folder: Path, environment: Mapping[str, str], columns: int = 100
    ) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.said = ""
        self.raw = b""
        self._seen = 0
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        without = ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if name not in without}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tinygen", *words], cwd=folder, start_new_session=True,
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={**kept, "TERM": "xterm-256color", **environment},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)

    def until(self, words: str) -> str:
        """Wait until something is said; what has been said since the last time, up to it."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.said[self._seen :]:
            more = self._read(deadline)
            assert more, f"it ended without saying {words!r}:\n{self.said[self._seen :]}"
        end = self.said.index(words, self._seen) + len(words)
        new, self._seen = self.said[self._seen : end], end
        return new

    def type(self, words: str) -> None:
        """Type a line and press Enter."""
        self.press(words.encode() + b"\n")

    def press(self, keys: bytes) -> None:
        """Press keys, as somebody does who has read the question first."""
        self._let_it_wait()
        os.write(self._ours, keys)

    def _let_it_wait(self, seconds: float = 2.0) -> None:
        """Wait until it sleeps in its reading, or is busy for long.

        Of a Ctrl-C in the instant between the question and the reading Python takes note, but does
        not act until a line has come.
        """
        state = Path(f"/proc/{self._process.pid}/stat")
        deadline = time.monotonic() + seconds
        while state.exists() and time.monotonic() < deadline:
            if state.read_text().rpartition(")")[2].split()[0] == "S":
                return
            time.sleep(0.01)

    def end(self) -> int:
        """Wait until it ends: its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self._process.wait(PATIENCE)

    def _read(self, deadline: float) -> bool:
        """Read on; whether there was more."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"it says no more than:\n{self.said[self._seen :]}"
        try:
            more = os.read(self._ours, 1 << 16)
        except OSError:  # on Linux, the other side is closed
            return False
        self.raw += more
        self.said = ESCAPES.sub("", self.raw.decode(errors="replace")).replace("\r\n", "\n")
        return bool(more)
