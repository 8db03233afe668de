"""The frameworks that are compared, by the name they have on the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Framework:
    """Where a framework's training steps are found.

    Attributes
    ----------
    title : str
        Its name in the table.
    module : str
        The module in this package; it has ``about()``, ``LEFT_OUT`` (a reason for each workload
        the framework cannot express) and one or more dictionaries of steps.
    steps : str
        The dictionary: from the key of a task's builder to the function that makes its step.
    is_numpy_peer : bool
        Whether it is another library on NumPy, the fastest of which tinygen is measured against.
    """

    title: str
    module: str
    steps: str = "STEPS"
    is_numpy_peer: bool = False


REFERENCE = "pytorch"
BEST = ("pytorch", "pytorch-fused", "pytorch-channels-last")

FRAMEWORKS = {
    "tinygen": Framework("tinygen", "in_tinygen"),
    "pytorch": Framework("PyTorch eager", "in_pytorch"),
    "pytorch-fused": Framework("PyTorch, fused Adam", "in_pytorch", "FUSED_STEPS"),
    "pytorch-channels-last": Framework(
        "PyTorch, channels last, fused Adam", "in_pytorch", "CHANNELS_LAST_STEPS"
    ),
    "dezero": Framework("DeZero", "in_dezero", is_numpy_peer=True),
    "mygrad": Framework("MyGrad", "in_mygrad", is_numpy_peer=True),
    "autograd": Framework("HIPS autograd", "in_autograd", is_numpy_peer=True),
}
