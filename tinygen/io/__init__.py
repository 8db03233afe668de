"""Files: written whole or not at all, and checkpoints that plain NumPy reads."""

from __future__ import annotations

from tinygen.io.archive import CheckpointError, load, save
from tinygen.io.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tinygen.io.files import whole_file
from tinygen.io.info import describe

__all__ = [
    "Checkpoint", "CheckpointError", "describe", "load", "load_checkpoint", "save",
    "save_checkpoint", "whole_file",
]  # fmt: skip
