"""What is said of the task: assess."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model pixelcnn": "draws pixel by pixel, convolutional",
}
