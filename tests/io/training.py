"""A small training with everything that has a state: ``python -m tests.io.training FROM TO STEPS``.

It goes on from a checkpoint in objects of its own and writes another one.
"""

from __future__ import annotations

import sys

import numpy as np

import tinygen as tg
from tinygen.io import load_checkpoint, save_checkpoint
from tinygen.optim.swa_utils import AveragedModel, get_ema_avg_fn

nn, F = tg.nn, tg.nn.functional


class Order:
    """The part of a loader that has a state: where it is in an order drawn from a seed."""

    def __init__(self):
        self.position = 0

    def __iter__(self):
        while True:
            rng = np.random.default_rng(self.position)
            self.position += 1
            yield rng.normal(size=(8, 6)).astype(np.float32), rng.integers(0, 3, 8)

    def state_dict(self):
        return {"position": self.position}

    def load_state_dict(self, state):
        self.position = state["position"]


class Training:
    """A model with dropout and batch norm, Adam with a schedule, an average, data in an order."""

    def __init__(self, device="cpu"):
        self.model = nn.Sequential(
            nn.Dense(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Dense(16, 3)
        ).to(device)
        self.ema = AveragedModel(self.model, avg_fn=get_ema_avg_fn(0.9))
        self.optimizer = tg.optim.Adam(self.model.parameters(), lr=0.05, amsgrad=True)
        self.scheduler = tg.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.1, total_steps=50)
        self.loader = Order()
        self.device = device
        self.steps = 0

    @property
    def parts(self):
        names = ("model", "ema", "optimizer", "scheduler", "loader")
        return {name: getattr(self, name) for name in names}

    def run(self, steps):
        for _, (x, y) in zip(range(steps), self.loader, strict=False):
            x, y = tg.tensor(x, device=self.device), tg.tensor(y, device=self.device)
            loss = F.cross_entropy(self.model(x + 0.1 * tg.randn_like(x)), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.scheduler.step()
            self.ema.update_parameters(self.model)
            self.steps += 1
        return self

    def save(self, path):
        save_checkpoint(path, **self.parts, step=self.steps)

    def load(self, path):
        self.steps = load_checkpoint(path, **self.parts).step
        return self


def main(source, target, steps):
    tg.manual_seed(12345)  # not the seed of the training that goes on
    Training().load(source).run(int(steps)).save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
