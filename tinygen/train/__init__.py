"""Training: one readable loop, what people expect around it, and a recipe for each model."""

from __future__ import annotations

from tinygen.train.callbacks import Callback, CallbackError, EarlyStopping
from tinygen.train.diagnosis import Finding, NonFiniteLossError, TrainingWarning
from tinygen.train.evaluation import accuracy
from tinygen.train.history import History
from tinygen.train.progress import Progress
from tinygen.train.recipe import RECIPES, Recipe
from tinygen.train.trainer import Trainer

__all__ = [
    "RECIPES", "Callback", "CallbackError", "EarlyStopping", "Finding", "History",
    "NonFiniteLossError", "Progress", "Recipe", "Trainer", "TrainingWarning", "accuracy",
]  # fmt: skip
