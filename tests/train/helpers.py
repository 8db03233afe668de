"""What the tests train: small nets, on data drawn from a seed."""

from __future__ import annotations

import numpy as np

import tinygen as tg
from tinygen import nn
from tinygen.data import DataLoader, TensorDataset
from tinygen.train import Callback

CLASSES, FEATURES = 3, 8


def drawn(samples, seed=0):
    """Points around one centre for each class, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, samples)
    centres = np.random.default_rng(99).normal(size=(CLASSES, FEATURES))
    points = centres[labels] + rng.normal(size=(samples, FEATURES))
    return points.astype(np.float32), labels


def loader(samples=40, batch_size=8, data_seed=0, **options):
    return DataLoader(TensorDataset(*drawn(samples, data_seed)), batch_size, **options)


def net(seed=0):
    """A net with all that has a state or draws noise."""
    tg.manual_seed(seed)
    return nn.Sequential(
        nn.Dense(FEATURES, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3),
        nn.Dense(12, CLASSES),
    )  # fmt: skip


class Line(nn.Module):
    """One weight, and the loss is that weight: its gradient is 1."""

    def __init__(self, start=0.0):
        super().__init__()
        self.weight = nn.Parameter(tg.tensor([start]))

    def forward(self):
        return self.weight.sum()


def slide(model, batch):
    """The step for a Line."""
    return model()


class At(Callback):
    """Does something at the end of a batch."""

    def __init__(self, step, action):
        self.step, self.action = step, action

    def on_batch_end(self, trainer):
        if trainer.steps == self.step:
            self.action()


def assert_same(first, second):
    """Two states of modules or optimizers are equal to the last bit."""
    assert type(first) is type(second)
    if isinstance(first, dict):
        assert list(first) == list(second)
        for name in first:
            assert_same(first[name], second[name])
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(first, second)


def untimed(rows):
    """The rows of a history without how long they took."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
