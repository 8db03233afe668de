"""What is said of the task: recognize."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model embedder": "puts pictures of one kind near each other",
}
