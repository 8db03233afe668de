"""What is shown in a terminal, and how a line is asked for."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, TextIO

from tinygen.teach.classroom import print_whatever_comes
from tinygen.teach.showing.markdown import parsed

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Terminal", "can_ask", "code", "heading", "say", "words"]

COLOURS = "ansi_dark"
"""Code in the sixteen colours that each terminal has, so that its own theme decides."""


def can_ask() -> bool:
    """Whether somebody sits at a terminal who can answer.

    Returns
    -------
    bool
    """
    is_switched_off = os.environ.get("CI") or os.environ.get("TTY_INTERACTIVE") == "0"
    return not is_switched_off and sys.stdin.isatty() and sys.stdout.isatty()


def say(what: RenderableType) -> None:
    """Print something, wrapped to the width of the terminal; nothing in it is markup.

    Parameters
    ----------
    what : str or what rich can print
    """
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(what)


def words(source: str) -> None:
    """Print Markdown.

    Parameters
    ----------
    source : str
    """
    from rich.markdown import Markdown

    shown = Markdown(source, code_theme=COLOURS)
    shown.parsed = parsed(source)
    say(shown)


def code(source: str) -> None:
    """Print Python in colours.

    Parameters
    ----------
    source : str
    """
    from rich.padding import Padding
    from rich.syntax import Syntax

    coloured = Syntax(source, "python", theme=COLOURS, word_wrap=True, background_color="default")
    say(Padding(coloured, (1, 0, 1, 2)))


def heading(source: str) -> None:
    """Print a line across the terminal, with words in it, below an empty one.

    Parameters
    ----------
    source : str
    """
    from rich.rule import Rule
    from rich.text import Text

    say("")
    say(Rule(Text(source), align="left", style="dim"))


class Terminal:
    """Where the learner sits; made while ``sys.stdout`` is the terminal itself."""

    def __init__(self) -> None:
        print_whatever_comes()
        self._out = sys.stdout

    def ask(self, prompt: str) -> str:
        """A whole line, without blanks around it.

        Parameters
        ----------
        prompt : str

        Returns
        -------
        str

        Raises
        ------
        EOFError
            If there are no more lines.
        """
        self.tell(prompt, end="")
        line = sys.stdin.readline()
        if not line:
            self.tell("")
            raise EOFError
        return line.strip()

    def tell(self, what: str, end: str = "\n") -> None:
        """Print past :meth:`heard`: what is said here does not belong to a cell's output.

        Parameters
        ----------
        what : str
        end : str
        """
        self._out.write(what + end)
        self._out.flush()

    @contextmanager
    def heard(self, silently: bool = False) -> Iterator[io.StringIO]:
        """What is printed inside is kept; and seen, unless ``silently``.

        Parameters
        ----------
        silently : bool

        Returns
        -------
        io.StringIO
        """
        kept = io.StringIO()
        with redirect_stdout(kept if silently else _Both(self._out, kept)):
            yield kept


class _Both(io.TextIOBase):
    """A terminal, and what was written to it."""

    def __init__(self, terminal: TextIO, kept: io.StringIO) -> None:
        self._terminal, self._kept = terminal, kept

    def write(self, what: str) -> int:
        self._kept.write(what)
        return self._terminal.write(what)

    def flush(self) -> None:
        self._terminal.flush()

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def fileno(self) -> int:
        return self._terminal.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._terminal.encoding
