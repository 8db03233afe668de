"""What goes wrong in training, found while it happens.

Two things are watched, both off the hot path. At the first batch of each epoch, a :class:`Watch`
listens in on that batch's own forward pass and step: units that are dead or saturated, and how far
the weights move. And when a loss is no number any more, :func:`explain` runs that one batch again
with every op checked, and says which one made the first NaN.
"""

from __future__ import annotations

import functools
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from tinygen import backend, nn
from tinygen.autograd import AnomalyError, anomaly_mode
from tinygen.backend import Array
from tinygen.io.messages import text
from tinygen.nn import functional as F
from tinygen.ops.activation import Softmax
from tinygen.ops.elementwise import Sigmoid
from tinygen.tensors import Tensor
from tinygen.train.batches import tensors_in

__all__ = [
    "Finding",
    "NonFiniteLossError",
    "TrainingWarning",
    "Watch",
    "check_start",
    "explain",
    "warn",
]

START_TOLERANCE = 0.5
"""By which share of the expected first loss the true one may differ."""

TOO_MANY = 0.5
"""The share of a layer's units from which on being dead or saturated is worth a warning."""

FLAT = 0.05
"""A sigmoid or tanh is saturated where its slope is below this share of its steepest."""

RATIO_LOW, RATIO_HIGH = 1e-5, 1e-1
"""Where the length of a step, over that of the weights, should lie; 1e-3 is usual."""


class TrainingWarning(UserWarning):
    """The training runs, but something in it is probably wrong."""


class NonFiniteLossError(RuntimeError):
    """The loss, or the gradient's norm, became NaN or infinite; the message says where."""


class Finding(NamedTuple):
    """Something that is probably wrong: a word for its kind, and a message for people."""

    kind: str
    message: str


def warn(finding: Finding) -> None:
    """Emit a TrainingWarning at the caller's first line outside this package."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("tinygen."):
        frame, level = frame.f_back, level + 1
    warnings.warn(finding.message, TrainingWarning, stacklevel=level)


# ---- at the start ------------------------------------------------------------------------------


def check_start(loss_function: Any, outputs: Tensor, loss: float) -> list[Finding]:
    """Compare the first loss of a classifier with that of one that knows nothing yet.

    Equal probabilities for K classes have the cross-entropy ln K, whatever the labels are.

    Parameters
    ----------
    loss_function : callable
        Only losses that take logits have an expected value: ``cross_entropy`` and
        ``binary_cross_entropy_with_logits``, as functions or as modules.
    outputs : Tensor of shape (N, K, ...)
        What the model gave for the first batch.
    loss : float

    Returns
    -------
    list of Finding
    """
    if _is(loss_function, F.cross_entropy, nn.CrossEntropyLoss):
        classes = outputs.shape[1 if outputs.ndim > 1 else 0]
        expected, formula = math.log(classes), f"ln {classes}"
    elif _is(loss_function, F.binary_cross_entropy_with_logits, nn.BCEWithLogitsLoss):
        expected, formula = math.log(2), "ln 2"
    else:
        return []
    findings = [_about_start(loss, expected, formula)] if _far(loss, expected) else []
    return findings + _about_probabilities(outputs)


def _is(loss_function: Any, function: Callable[..., Any], module: type[nn.Module]) -> bool:
    """Whether it is this function, perhaps with options bound, or this module."""
    if isinstance(loss_function, functools.partial):
        loss_function = loss_function.func
    return loss_function is function or isinstance(loss_function, module)


def _far(loss: float, expected: float) -> bool:
    return abs(loss - expected) > START_TOLERANCE * expected


def _about_start(loss: float, expected: float, formula: str) -> Finding:
    causes = text("finding first loss high" if loss > expected else "finding first loss low")
    said = text("finding first loss", loss=loss, formula=formula, expected=expected, causes=causes)
    return Finding("first loss", said)


def _about_probabilities(outputs: Tensor) -> list[Finding]:
    """Whether what should be logits comes right out of a softmax or a sigmoid."""
    if not isinstance(outputs.grad_fn, Softmax | Sigmoid):
        return []
    name = type(outputs.grad_fn).__name__.lower()
    return [Finding("probabilities", text("finding probabilities", name=name))]


# ---- at the first batch of an epoch ------------------------------------------------------------


class Watch:
    """Listens in on one batch: hooks on the activations, a copy of the weights.

    A context manager around the forward pass, backward and the step.

    Parameters
    ----------
    model : Module

    Attributes
    ----------
    output : Tensor or None
        What the model gave, if it was called as a whole.
    dead : dict of str to float
        For each ReLU, the share of its units (channels of images) that are 0 for the whole batch.
    saturated : dict of str to float
        For each hidden sigmoid or tanh, the share of its outputs where its slope is nearly 0. The
        last module of its parent is taken for an output, where saturation is no fault.
    update_ratio : dict of str to float
        For each weight of two dimensions or more, the length of the step over that of the weight.
    unused : list of str
        The parameters that got no gradient.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.output: Tensor | None = None
        self.dead: dict[str, float] = {}
        self.saturated: dict[str, float] = {}
        self.update_ratio: dict[str, float] = {}
        self.unused: list[str] = []
        self._remove: list[Callable[[], None]] = []
        self._before: dict[str, Array] = {}

    def __enter__(self) -> Watch:
        self._remove.append(self.model.register_forward_hook(self._take_output))
        hidden = {id(child) for parent in self.model.modules() for child in _all_but_last(parent)}
        for name, module in self.model.named_modules():
            if isinstance(module, nn.ReLU):
                hook = functools.partial(self._measure, self.dead, name, _dead_share)
            elif isinstance(module, nn.Sigmoid) and id(module) in hidden:
                hook = functools.partial(self._measure, self.saturated, name, _flat_sigmoid_share)
            elif isinstance(module, nn.Tanh) and id(module) in hidden:
                hook = functools.partial(self._measure, self.saturated, name, _flat_tanh_share)
            else:
                continue
            self._remove.append(module.register_forward_hook(hook))
        self._before = {name: weight.data.copy() for name, weight in self._weights()}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for remove in self._remove:
            remove()
        if error is not None:
            return
        for name, weight in self._weights():
            length = _norm(self._before[name])
            if length > 0:
                self.update_ratio[name] = _norm(weight.data - self._before[name]) / length
        self.unused = [
            name
            for name, parameter in self.model.named_parameters()
            if parameter.requires_grad and parameter.grad is None
        ]

    def _weights(self) -> Iterator[tuple[str, Tensor]]:
        """Weights proper: biases start at 0, and a first step from there has no ratio."""
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad and parameter.ndim >= 2:
                yield name, parameter

    def _take_output(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        self.output = output if isinstance(output, Tensor) else None

    @staticmethod
    def _measure(
        shares: dict[str, float],
        name: str,
        share: Callable[[Array], float],
        module: nn.Module,
        args: tuple[Any, ...],
        output: Any,
    ) -> None:
        # One module may stand in several places: its worst counts.
        shares[name] = max(share(output.data), shares.get(name, 0.0))

    def measured(self) -> dict[str, dict[str, float]]:
        """Return the numbers by layer and by parameter."""
        return {
            "dead": self.dead, "saturated": self.saturated, "update_ratio": self.update_ratio
        }  # fmt: skip

    def findings(self) -> Iterator[Finding]:
        """What is worth a warning in any epoch."""
        dead = _listed(self.dead, lambda share: share >= TOO_MANY, "{:.0%}")
        if dead:
            yield Finding("dead units", text("finding dead units", layers=dead))
        saturated = _listed(self.saturated, lambda share: share >= TOO_MANY, "{:.0%}")
        if saturated:
            yield Finding("saturated units", text("finding saturated units", layers=saturated))
        fast = _listed(self.update_ratio, lambda ratio: ratio > RATIO_HIGH, "{:.1e}")
        if fast:
            yield Finding("large updates", text("finding large updates", weights=fast))

    def findings_at_start(
        self, loss_function: Any, loss: float, with_schedule: bool
    ) -> Iterator[Finding]:
        """What is worth a warning at the first batch of a run only.

        Later, and under a schedule that begins low, small steps are as they should be.
        """
        if self.output is not None:
            yield from check_start(loss_function, self.output, loss)
        if self.unused:
            names = _shortened(self.unused)
            yield Finding("unused parameters", text("finding unused parameters", names=names))
        # Exactly 0 is on purpose: not in the optimizer, or behind weights that start at 0.
        slow = _listed(self.update_ratio, lambda ratio: 0 < ratio < RATIO_LOW, "{:.1e}")
        if slow and not with_schedule:
            yield Finding("small updates", text("finding small updates", weights=slow))


def _all_but_last(parent: nn.Module) -> list[nn.Module]:
    return list(parent.children())[:-1]


def _dead_share(output: Array) -> float:
    """The share of units, the second dimension, that are 0 everywhere else."""
    axes = tuple(axis for axis in range(output.ndim) if axis != 1)
    return float((output <= 0).all(axis=axes).mean())


def _flat_sigmoid_share(output: Array) -> float:
    """The slope y (1 - y) is at most 1/4."""
    return float((4 * output * (1 - output) < FLAT).mean())


def _flat_tanh_share(output: Array) -> float:
    """The slope 1 - y^2 is at most 1."""
    return float((1 - output * output < FLAT).mean())


def _norm(array: Array) -> float:
    return math.sqrt(float((array * array).sum()))


def _listed(numbers: dict[str, float], is_bad: Callable[[float], bool], shown: str) -> str:
    """The bad ones with their names, as a list in words."""
    bad = [f"{name} {shown.format(value)}" for name, value in numbers.items() if is_bad(value)]
    return _shortened(bad)


def _shortened(items: list[str], most: int = 4) -> str:
    rest = [text("finding more", count=len(items) - most)] if len(items) > most else []
    return ", ".join(items[:most] + rest)


# ---- when a loss is no number any more ---------------------------------------------------------


def explain(run: Callable[[], Any], model: nn.Module, batch: Any) -> str:
    """Say where a NaN or an infinity came from.

    Parameters
    ----------
    run : callable
        Does the forward pass of the batch again, and backward if that was where it happened.
    model : Module
    batch : object
        The batch, for a look at its numbers.

    Returns
    -------
    str
    """
    bad_inputs = [
        f"tensor {position} of shape {tuple(tensor.shape)}"
        for position, tensor in enumerate(tensors_in(batch))
        if not _finite(tensor)
    ]
    if bad_inputs:
        return f"the batch itself holds a NaN or an infinity: {_shortened(bad_inputs)}"
    bad_weights = [name for name, tensor in model.named_parameters() if not _finite(tensor)]
    if bad_weights:
        return (
            f"the weights hold a NaN or an infinity: {_shortened(bad_weights)}. An earlier step "
            "had a gradient that was not finite, or was far too long: lower the learning rate, "
            "clip with clip_norm, or find the op with fit() inside tg.anomaly_mode()"
        )
    with _innermost(model) as path, anomaly_mode():
        try:
            run()
        except AnomalyError as error:
            return f"{error}{f' Layer: {path[-1]}.' if path else ''}"
    return "running the batch again gave finite numbers: is there randomness outside tinygen?"


@contextmanager
def _innermost(model: nn.Module) -> Iterator[list[str]]:
    """Follow which modules are running; after an exception the last is where it happened."""
    path: list[str] = []
    remove = []
    for name, module in model.named_modules():
        said = f"{name} ({type(module).__name__})" if name else type(module).__name__
        enter = functools.partial(_enter, path, said)
        remove += [module.register_forward_pre_hook(enter), module.register_forward_hook(
            functools.partial(_leave, path)
        )]  # fmt: skip
    try:
        yield path
    finally:
        for call in remove:
            call()


def _enter(path: list[str], name: str, module: nn.Module, args: tuple[Any, ...]) -> None:
    path.append(name)


def _leave(path: list[str], module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
    path.pop()


def _finite(tensor: Tensor) -> bool:
    array = tensor.data
    return array.dtype.kind != "f" or bool(backend.xp_of(array).isfinite(array).all())
