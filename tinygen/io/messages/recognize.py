"""What is said of the task: recognize."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model strip-reader": "reads lines of digits, column by column",
    "about model strip-cnn": "reads lines of digits, all at once",
    "about model embedder": "puts pictures of one kind near each other",
}
