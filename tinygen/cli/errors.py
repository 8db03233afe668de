"""How a command ends."""

from __future__ import annotations

__all__ = ["FAILED", "INTERRUPTED", "WRONG_USAGE", "RefusedError", "UsageError"]

FAILED = 1

WRONG_USAGE = 2

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended: 128 plus the signal's number."""


class UsageError(Exception):
    """The command must be given in another way; the message says in which."""


class RefusedError(Exception):
    """A task cannot be done with what was given; the message says why, and what would work."""
