"""What is measured: the training steps, the inference, and the sizes for which the time grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .workloads import TAPE_ROUNDS


@dataclass(frozen=True)
class Task:
    """A training step, or a call of a trained network, that is done again and again.

    Attributes
    ----------
    title : str
        What it is in a few words.
    builder : str
        The key, in a framework's dictionary of steps, of the function that builds it.
    arguments : mapping
        What that function is called with.
    operations : int
        0 where a whole step is timed, in ms; otherwise a step's time is divided by this number
        of operations and given in microseconds.
    without_chance : mapping
        More arguments, which take the randomness out of it, so that the results can be compared
        across frameworks. Timing never uses them.
    """

    title: str
    builder: str
    arguments: Mapping[str, float] = field(default_factory=dict)
    operations: int = 0
    without_chance: Mapping[str, float] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return "µs/op" if self.operations else "ms"

    def in_unit(self, seconds: float) -> float:
        """A step's seconds in the task's unit."""
        return seconds * 1e6 / self.operations if self.operations else seconds * 1e3


STEPS = {
    "W1": Task("W1 CNN, 28x28, batch 64", "W1"),
    "W2": Task("W2 VAE, 28x28, batch 128", "W2"),
    "W3": Task("W3 DCGAN, 28x28, batch 64", "W3"),
    "W4": Task("W4 LSTM over 28 rows, hidden 128, batch 128", "W4"),
    "W5": Task("W5 autograd's overhead: shape (8,)", "W5", operations=4 * TAPE_ROUNDS),
    "W6": Task("W6 VGG-like CNN, 3x32x32, batch 32", "W6", without_chance={"dropout": 0.0}),
}

INFERENCE = {
    "cnn-1": Task("the CNN of W1, batch 1", "classify", {"batch": 1}),
    "cnn-256": Task("the CNN of W1, batch 256", "classify", {"batch": 256}),
    "dcgan-64": Task("the generator of W3, batch 64", "sample"),
}

# The network of W1 pools twice, so that a side must be a multiple of 4.
BATCHES = {
    f"batch-{size}": Task(f"batch {size} of 28x28", "W1", {"batch": size})
    for size in (16, 32, 64, 128, 256, 512)
}
SIDES = {
    f"side-{side}": Task(f"batch 64 of {side}x{side}", "W1", {"side": side})
    for side in (16, 24, 32, 48, 64)
}

SMALL = {"small": Task("batch 16 of 16x16", "W1", {"batch": 16, "side": 16})}

TASKS = STEPS | INFERENCE | BATCHES | SIDES | SMALL
