"""What the lessons, the stepper and the checker say to learners and teachers."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- in a lesson -----------------------------------------------------------------------------
    "lesson picture": "picture: {path}\n         {alt}",
    "lesson predict": "\nPredict {number}: {question}",
    "lesson reveal": "Answer {number}: {answer}) {why}",
}
