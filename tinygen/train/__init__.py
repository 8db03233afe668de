"""Training: one readable loop, and what people expect around it."""

from __future__ import annotations

from tinygen.train.callbacks import Callback, CallbackError, EarlyStopping
from tinygen.train.diagnosis import Finding, NonFiniteLossError, TrainingWarning
from tinygen.train.evaluation import accuracy
from tinygen.train.history import History
from tinygen.train.progress import Progress
from tinygen.train.trainer import Trainer

__all__ = [
    "Callback", "CallbackError", "EarlyStopping", "Finding", "History", "NonFiniteLossError",
    "Progress", "Trainer", "TrainingWarning", "accuracy",
]  # fmt: skip
