"""Files: written whole or not at all, and checkpoints."""

from __future__ import annotations

from tinygen.io.files import whole_file

__all__ = ["whole_file"]
