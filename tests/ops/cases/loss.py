"""Cases of tinygen/ops/loss.py, against their closed forms, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import (
    Call,
    Values,
    arrays,
    call,
    case,
    positive,
    real,
    shapes,
    unit,
)

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


def reduced(loss: Any, reduction: str) -> np.ndarray:
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](loss)


def elementwise(formula: Any) -> Any:
    """A loss of an element's input and target in plain Python, over arrays and reduced."""

    def oracle(
        input: np.ndarray, target: np.ndarray, *more: np.ndarray, reduction: str, **options: Any
    ) -> np.ndarray:
        loss = np.vectorize(lambda *values: formula(*values, **options), otypes=[float])
        return reduced(loss(input, target, *more), reduction)

    return oracle


@st.composite
def pairs(draw: Any, first: Values = real, second: Values = real, **options: Any) -> Call:
    """An input and a target of one shape, and options."""
    shape = draw(shapes(min_side=1))
    args = draw(arrays(shape, first)), draw(arrays(shape, second))
    return Call(args, {"reduction": draw(REDUCTIONS), **{k: draw(v) for k, v in options.items()}})


def huber(x: float, t: float, delta: float) -> float:
    d = abs(x - t)
    return 0.5 * d * d if d <= delta else delta * (d - 0.5 * delta)


def smooth_l1(x: float, t: float, beta: float) -> float:
    d = abs(x - t)
    return 0.5 * d * d / beta if d < beta else d - 0.5 * beta


def bce(p: float, t: float) -> float:
    return -(t * math.log(p) + (1 - t) * math.log(1 - p))


def bce_with_logits(x: float, t: float) -> float:
    return bce(1 / (1 + math.exp(-x)), t)


case("loss.mse_loss", pairs(), elementwise(lambda x, t: (x - t) ** 2))
case("loss.l1_loss", pairs(), elementwise(lambda x, t: abs(x - t)))
case("loss.huber_loss", pairs(delta=st.floats(0.3, 2)), elementwise(huber))
case(
    "loss.smooth_l1_loss",
    pairs(beta=st.sampled_from([0, 0.5, 1.0, 2.0])),
    elementwise(smooth_l1),
)
case("loss.binary_cross_entropy", pairs(unit, unit), elementwise(bce), rtol=1e-4)
case("loss.binary_cross_entropy_with_logits", pairs(real, unit), elementwise(bce_with_logits))


def weighted(formula: Any) -> Any:
    return lambda x, t, weight, reduction: reduced(
        elementwise(formula)(x, t, reduction="none") * weight, reduction
    )


for name, values, formula in (
    ("binary_cross_entropy", unit, bce),
    ("binary_cross_entropy_with_logits", real, bce_with_logits),
):
    case(
        f"loss.{name}",
        call(
            arrays((2, 3), values), arrays((2, 3), unit),
            weight=arrays((3,), positive), reduction=REDUCTIONS,
        ),
        weighted(formula),
        rtol=1e-4,
    )  # fmt: skip


def bce_pos_weight(
    x: np.ndarray, t: np.ndarray, pos_weight: np.ndarray, reduction: str
) -> np.ndarray:
    p = 1 / (1 + np.exp(-x))
    return reduced(-(pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p)), reduction)


case(
    "loss.binary_cross_entropy_with_logits",
    call(
        arrays((2, 3)), arrays((2, 3), unit),
        pos_weight=arrays((3,), positive), reduction=REDUCTIONS,
    ),
    bce_pos_weight,
)  # fmt: skip


# ---- classes: one sample after the other -----------------------------------------------------


@st.composite
def labelled(draw: Any, smoothing: bool = False) -> Call:
    """Logits, labels (some to be ignored), and perhaps weights of the classes."""
    batch, classes = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    places = draw(st.sampled_from([(), (2,), (2, 1)]))
    ignored = draw(st.sampled_from([-100, 0, -1]))

    def labels(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        drawn = rng.integers(0, classes, shape)
        skipped = rng.random(shape) < 0.3
        skipped.flat[0] = False  # somebody must be left
        drawn.flat[0] = classes - 1
        return np.where(skipped, ignored, drawn)

    ignored = -100 if ignored == 0 and classes == 1 else ignored
    kwargs: dict[str, Any] = {"ignore_index": ignored, "reduction": draw(REDUCTIONS)}
    if draw(st.booleans()):
        kwargs["weight"] = draw(arrays((classes,), positive))
    if smoothing:
        kwargs["label_smoothing"] = draw(st.sampled_from([0.0, 0.1, 1.0]))
    logits = draw(arrays((batch, classes, *places)))
    return Call((logits, draw(arrays((batch, *places), labels))), kwargs)


def nll(
    logs: np.ndarray,
    target: np.ndarray,
    ignore_index: int,
    reduction: str,
    weight: np.ndarray | None = None,
    label_smoothing: float = 0.0,
) -> np.ndarray:
    classes = logs.shape[1]
    weights = np.ones(classes) if weight is None else weight
    losses, total = np.zeros(target.shape), 0.0
    for place in np.ndindex(*target.shape):
        label = target[place]
        if label == ignore_index:
            continue
        log = logs[(place[0], slice(None), *place[1:])]
        right = -weights[label] * log[label]
        even = -sum(weights[k] * log[k] for k in range(classes)) / classes
        losses[place] = (1 - label_smoothing) * right + label_smoothing * even
        total += weights[label]
    return losses.sum() / total if reduction == "mean" else reduced(losses, reduction)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def cross_entropy(logits: np.ndarray, target: np.ndarray, **options: Any) -> np.ndarray:
    return nll(log_softmax(logits), target, **options)


def distributions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    drawn = rng.random(shape)
    return drawn / drawn.sum(1, keepdims=True)


def soft_cross_entropy(
    logits: np.ndarray,
    target: np.ndarray,
    reduction: str,
    label_smoothing: float,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    weights = np.ones(logits.shape[1]) if weight is None else weight
    mixed = (1 - label_smoothing) * target + label_smoothing / logits.shape[1]
    by_class = np.moveaxis(log_softmax(logits) * mixed, 1, -1) * weights
    losses = -by_class.sum(-1)
    return losses.sum() / losses.size if reduction == "mean" else reduced(losses, reduction)


case("loss.nll_loss", labelled(), nll)
case("loss.cross_entropy", labelled(smoothing=True), cross_entropy)
for options in ({}, {"weight": arrays((3,), positive)}):
    for shape in ((2, 3), (2, 3, 2)):
        case(
            "loss.cross_entropy",
            call(
                arrays(shape), arrays(shape, distributions),
                reduction=REDUCTIONS, label_smoothing=st.sampled_from([0.0, 0.2]), **options,
            ),
            soft_cross_entropy,
        )  # fmt: skip


# ---- distributions ---------------------------------------------------------------------------


def kl_div(x: np.ndarray, t: np.ndarray, reduction: str, log_target: bool) -> np.ndarray:
    p = np.exp(t) if log_target else t
    loss = p * (np.log(p) - x)
    return loss.sum() / len(x) if reduction == "batchmean" else reduced(loss, reduction)


KL_REDUCTIONS = st.sampled_from(["mean", "batchmean", "sum", "none"])
for values, log_target in ((unit, False), (real, True)):
    case(
        "loss.kl_div",
        call(
            arrays((2, 3)), arrays((2, 3), values), reduction=KL_REDUCTIONS, log_target=log_target
        ),
        kl_div,
        rtol=1e-4,
    )


def gaussian_nll(
    mean: np.ndarray, x: np.ndarray, var: np.ndarray, reduction: str, full: bool
) -> np.ndarray:
    loss = 0.5 * np.log(var) + (x - mean) ** 2 / (2 * var)
    return reduced(loss + (0.5 * math.log(2 * math.pi) if full else 0.0), reduction)


case(
    "loss.gaussian_nll_loss",
    call(
        arrays((2, 3)), arrays((2, 3)), st.sampled_from([(2, 3), (2, 1)]).flatmap(
            lambda shape: arrays(shape, positive)
        ),
        reduction=REDUCTIONS, full=st.booleans(),
    ),
    gaussian_nll,
)  # fmt: skip
