"""Losses. Those that take logits are exact and finite for every finite input: prefer them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen import backend
from tinygen.autograd import Function, Variable
from tinygen.autograd.modes import thread
from tinygen.backend import MODULES, Array
from tinygen.ops import reduction as reduce
from tinygen.ops.activation import log_softmax, softmax, softplus
from tinygen.ops.elementwise import abs as absolute
from tinygen.ops.elementwise import clamp, exp, log, sigmoid, where
from tinygen.ops.indexing import Gather, ScatterAdd, check_range, gather
from tinygen.ops.reduction import require_tensors
from tinygen.ops.shape import unsqueeze

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
    "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss", "nll_loss",
    "smooth_l1_loss",
]  # fmt: skip

Ctx = Any


def _reduced(loss: Tensor, reduction: str, op: str) -> Tensor:
    if reduction == "none":
        return loss
    if reduction == "sum":
        return reduce.sum(loss)
    if reduction != "mean":
        raise ValueError(f"{op}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}")
    if loss.data.size == 0:
        raise ValueError(f"{op}: the mean over an empty batch (shape {tuple(loss.shape)})")
    return reduce.mean(loss)


def _check_same_shape(op: str, input: Any, target: Any) -> None:
    require_tensors(op, input=input, target=target)
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(
            f"{op}: input {tuple(input.shape)} and target {tuple(target.shape)} differ in shape; "
            "they would broadcast to a loss you did not mean"
        )


# ---- classes ---------------------------------------------------------------------------------


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Minus the log-probability of the right class, from logits.

    Parameters
    ----------
    input : Tensor of shape (N, K) or (N, K, ...)
        Logits: no softmax before.
    target : Tensor of shape (N,) or (N, ...) of integers, or of input's shape
        Class numbers, or a probability for each class. One that is out of range is an error, but
        on a GPU, where asking would have to wait, its loss and its gradient are nan; there it is
        an error inside ``anomaly_mode()``, and with ``weight`` or ``label_smoothing``.
    weight : Tensor of shape (K,), optional
        The weight of each class; the mean is divided by the weights' sum.
    ignore_index : int
        Targets of this number are left out.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        How much of each target is spread evenly over all classes (C. Szegedy et al.,
        "Rethinking the Inception architecture", 2016, section 7).

    Raises
    ------
    ValueError, TypeError, IndexError
        If shapes or dtypes do not fit, or a label is out of range.
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must be in [0, 1], got {label_smoothing}")
    require_tensors("cross_entropy", input=input, target=target)
    if input.ndim < 2 or not input.shape[1]:
        raise ValueError(f"cross_entropy: logits have shape (N, classes), got {tuple(input.shape)}")
    if target.dtype.kind != "f" and weight is None and not label_smoothing:
        return _hard_cross_entropy(input, target, ignore_index, reduction)
    logs = log_softmax(input, 1)
    if target.dtype.kind == "f":
        return _soft_cross_entropy(logs, target, weight, reduction, label_smoothing)
    loss, weights = _picked("cross_entropy", logs, target, weight, ignore_index)
    if label_smoothing:
        classes = input.shape[1]
        by_class = logs if weight is None else logs * _by_channel(weight, logs.ndim)
        spread = -reduce.sum(by_class, 1) * (target != ignore_index)
        loss = loss * (1 - label_smoothing) + spread * (label_smoothing / classes)
    return _weighted_mean(loss, weights, reduction, "cross_entropy")


def _hard_cross_entropy(
    logits: Tensor, target: Tensor, ignore_index: int, reduction: str
) -> Tensor:
    """Cross entropy against class numbers, all classes alike."""
    _check_labels("cross_entropy", logits, target, None)
    if backend.of(target.data).name == "numpy" or thread.modes.anomaly:
        _check_label_values("cross_entropy", target, logits.shape[1], ignore_index)
    loss, counts = CrossEntropy.apply(logits, target, ignore_index)
    return _weighted_mean(loss, counts.detach(), reduction, "cross_entropy")


class CrossEntropy(Function):
    """Minus the logarithm of the softmax at each label, and a number for each: does it count?

    It is 1, or 0 for a label to ignore, or nan for one that does not exist. The gradient of a loss
    is the softmax, less 1 at the label.
    """

    needs_floats = True
    fills_missing = False

    @staticmethod
    def forward(ctx: Ctx, logits: Array, labels: Array, ignored: int) -> tuple[Array, Array]:
        ctx.labels = labels = labels.astype("int64", copy=False)
        ctx.logs = ctx.slope = None
        ctx.save_for_backward(logits)
        fast = ctx.kernel("cross_entropy")
        if fast is not None:
            loss, ctx.counts, ctx.slope = fast(logits, labels, ignored)
            return loss, ctx.counts
        xp, ignore = ctx.xp, labels == ignored
        place = xp.clip(labels, 0, logits.shape[1] - 1)
        counts = xp.where(ignore, 0.0, xp.where(place == labels, 1.0, xp.nan))
        ctx.counts = counts.astype(logits.dtype)
        ctx.logs = log_softmax(logits, 1)
        loss = -Gather.apply(ctx.logs, 1, place[:, None])[:, 0]
        return xp.where(ignore, 0.0, loss * ctx.counts), ctx.counts

    @staticmethod
    def backward(ctx: Ctx, grad: Any, _: Any) -> Any:
        (logits,) = ctx.saved_tensors
        recorded = type(grad) not in MODULES  # then what forward computed must be computed again
        grad = unsqueeze(grad, 1)
        if ctx.slope is not None and not recorded:
            return grad * ctx.slope, None, None
        grad = grad * ctx.counts[:, None]
        place = ctx.xp.clip(ctx.labels, 0, logits.shape[1] - 1)[:, None]
        at_label = ScatterAdd.apply(grad, 1, place, logits.shape)
        probability = softmax(logits, 1) if recorded else exp(ctx.logs)
        return grad * probability - at_label, None, None


def _soft_cross_entropy(
    logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    """Cross entropy against a distribution over the classes."""
    _check_same_shape("cross_entropy", logs, target)
    _check_class_weight("cross_entropy", weight, logs.shape[1])
    target = target * (1 - smoothing) + smoothing / logs.shape[1]
    if weight is not None:
        target = target * _by_channel(weight, logs.ndim)
    loss = -reduce.sum(logs * target, 1)
    if reduction == "mean" and loss.data.size:
        return reduce.sum(loss) * (1 / loss.data.size)
    return _reduced(loss, reduction, "cross_entropy")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability of the right class, from log-probabilities.

    Parameters
    ----------
    input : Tensor of shape (N, K) or (N, K, ...)
        The output of ``log_softmax``.
    target, weight, ignore_index, reduction
        As in :func:`cross_entropy`; integers only.
    """
    loss, weights = _picked("nll_loss", input, target, weight, ignore_index)
    return _weighted_mean(loss, weights, reduction, "nll_loss")


def _picked(
    op: str, logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int
) -> tuple[Tensor, Tensor | None]:
    """Minus the log-probability of each target, weighted, and the weights (None: all one)."""
    _check_labels(op, logs, target, weight)
    _check_label_values(op, target, logs.shape[1], ignore_index)
    counted = target != ignore_index
    all_counted = bool(counted.all())
    labels = target if all_counted else where(counted, target, 0)
    loss = -gather(logs, 1, labels.unsqueeze(1)).squeeze(1)
    if weight is None and all_counted:
        return loss, None
    weights = counted.to(logs.dtype)
    if weight is not None:
        weights = weights * weight[labels]
    return loss * weights, weights


def _check_labels(op: str, logs: Tensor, target: Tensor, weight: Tensor | None) -> None:
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"{op}: labels must be integers, got {target.dtype}: convert them with .long()"
        )
    if not isinstance(target, Variable):
        raise TypeError(f"{op}: labels are a {type(target).__name__}: wrap them in tg.tensor(...)")
    wanted = (logs.shape[0], *logs.shape[2:])
    if tuple(target.shape) != wanted:
        hint = " (one-hot targets must be floating point)" if target.ndim == logs.ndim else ""
        raise ValueError(
            f"{op}: logits {tuple(logs.shape)} want labels of shape {wanted}, got "
            f"{tuple(target.shape)}{hint}"
        )
    _check_class_weight(op, weight, logs.shape[1])


def _check_label_values(op: str, target: Tensor, classes: int, ignore_index: int) -> None:
    labels = target.data
    labels = labels[labels != ignore_index] if ignore_index < 0 else labels
    if labels.size and int(labels.min()) < 0:
        raise IndexError(
            f"{op}: label {int(labels.min())} is negative, classes are 0..{classes - 1}"
        )
    if not 0 <= ignore_index < classes:
        labels = labels[labels != ignore_index]
    check_range(op, labels, classes, "label")


def _check_class_weight(op: str, weight: Tensor | None, classes: int) -> None:
    if weight is not None and tuple(weight.shape) != (classes,):
        raise ValueError(f"{op}: weight of shape {tuple(weight.shape)} for {classes} classes")


def _weighted_mean(loss: Tensor, weights: Tensor | None, reduction: str, op: str) -> Tensor:
    if reduction == "mean" and weights is not None and loss.data.size:
        return reduce.sum(loss) / reduce.sum(weights)
    return _reduced(loss, reduction, op)


def _by_channel(weight: Tensor, ndim: int) -> Tensor:
    return weight.reshape(1, -1, *(1,) * (ndim - 2))


# ---- two classes -----------------------------------------------------------------------------


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """``softplus(x) - x * t``: minus the log-likelihood of targets under sigmoid(x).

    Parameters
    ----------
    input : Tensor
        Logits: no sigmoid before. Exact for every size of logit.
    target : Tensor of the same shape
        In [0, 1].
    weight : Tensor, optional
        Multiplies the loss of each element.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        Multiplies the loss of the positive part of each target.
    """
    op = "binary_cross_entropy_with_logits"
    _check_same_shape(op, input, target)
    _check_unit_interval(op, target, "target")
    if pos_weight is None:
        loss = BCEWithLogits.apply(input, target)
    else:
        positives = 1 + (pos_weight - 1) * target
        loss = (1 - target) * input + positives * softplus(-input)
    return _reduced(loss if weight is None else loss * weight, reduction, op)


class BCEWithLogits(Function):
    """``softplus(x) - x * t`` for each element."""

    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, x: Array, target: Array) -> Array:
        ctx.slope = None
        ctx.save_for_backward(x, target)
        fast = ctx.kernel("bce_with_logits")
        if fast is None or x.dtype != target.dtype or x.dtype.kind != "f":
            return softplus(x) - x * target
        loss, ctx.slope = fast(x, target)
        return loss

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        x, target = ctx.saved_tensors
        needs_x, needs_target = ctx.needs_input_grad
        to_x = None
        if needs_x:
            known = ctx.slope is not None and type(grad) in MODULES
            to_x = grad * (ctx.slope if known else sigmoid(x) - target)
        return to_x, -grad * x if needs_target else None


class BinaryCrossEntropy(Function):
    """From probabilities. Logarithms are cut at -100, the gradient is not."""

    @staticmethod
    def forward(ctx: Ctx, p: Array, target: Array) -> Array:
        ctx.save_for_backward(p, target)
        xp = ctx.xp
        smallest = math.exp(-100) if p.dtype.itemsize == 8 else 1e-44  # log(0) warns on the CPU
        log_p = xp.maximum(xp.log(xp.maximum(p, smallest)), -100)
        log_q = xp.maximum(xp.log(xp.maximum(1 - p, smallest)), -100)
        log_p = xp.where(p == 0, -100.0, log_p)
        log_q = xp.where(p == 1, -100.0, log_q)
        return -(target * log_p + (1 - target) * log_q)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        p, target = ctx.saved_tensors
        _, needs_target = ctx.needs_input_grad
        to_p = grad * (p - target) / clamp(p * (1 - p), min=1e-12)
        if not needs_target:
            return to_p, None
        inside = clamp(p, 1e-12, 1 - 1e-12)
        return to_p, grad * (log(1 - inside) - log(inside))


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """``-(t log p + (1 - t) log(1 - p))`` from probabilities.

    Safe at 0 and 1: a confidently wrong probability has a loss of 100 and a large, finite
    gradient. :func:`binary_cross_entropy_with_logits` is exact there; prefer it.

    Parameters
    ----------
    input : Tensor
        Probabilities.
    target : Tensor of the same shape
        In [0, 1].
    weight : Tensor, optional
    reduction : {"mean", "sum", "none"}
    """
    op = "binary_cross_entropy"
    _check_same_shape(op, input, target)
    _check_unit_interval(op, input, "input")
    _check_unit_interval(op, target, "target")
    loss = BinaryCrossEntropy.apply(input, target)
    return _reduced(loss if weight is None else loss * weight, reduction, op)


def _check_unit_interval(op: str, x: Tensor, name: str) -> None:
    """Refuse values outside [0, 1]; not asked on a GPU, which would have to wait."""
    values = x.data
    if backend.of(values).name != "numpy" or values.size == 0:
        return
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= 1):
        likely = "bytes not divided by 255" if high > 1.5 else "logits, or images in [-1, 1]"
        raise ValueError(
            f"{op}: {name} must lie in [0, 1], got [{low:g}, {high:g}]; are these {likely}?"
        )


# ---- distances -------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared difference."""
    _check_same_shape("mse_loss", input, target)
    difference = input - target
    return _reduced(difference * difference, reduction, "mse_loss")


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The absolute difference."""
    _check_same_shape("l1_loss", input, target)
    return _reduced(absolute(input - target), reduction, "l1_loss")


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """Half the squared difference up to ``delta``, linear beyond (P. J. Huber, 1964)."""
    _check_same_shape("huber_loss", input, target)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    difference = input - target
    near = clamp(difference, -delta, delta)  # not by abs(), whose kink is not the loss's
    return _reduced(near * (difference - near * 0.5), reduction, "huber_loss")


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """:func:`huber_loss` divided by its threshold; for ``beta=0`` the absolute difference."""
    _check_same_shape("smooth_l1_loss", input, target)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    return huber_loss(input, target, reduction, beta) / beta


# ---- distributions ---------------------------------------------------------------------------


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """``target * (log(target) - input)``, pointwise: the divergence of input from target.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor of the same shape
        Probabilities, or their logarithms with ``log_target``; 0 log 0 counts as 0.
    reduction : {"mean", "batchmean", "sum", "none"}
        "batchmean" divides the sum by the batch size: the divergence as it is defined.
    log_target : bool
    """
    _check_same_shape("kl_div", input, target)
    if log_target:
        loss = exp(target) * (target - input)
    else:
        positive = target > 0
        loss = target * (log(where(positive, target, 1.0)) - where(positive, input, 0.0))
    if reduction == "batchmean":
        if input.ndim == 0 or input.shape[0] == 0:
            raise ValueError(f"kl_div: no batch to average over in shape {tuple(input.shape)}")
        return reduce.sum(loss) * (1 / input.shape[0])
    return _reduced(loss, reduction, "kl_div")


class GaussianKL(Function):
    """``1/2 sum(mu**2 + exp(logvar) - 1 - logvar)`` over dimension 1.

    The divergence of N(mu, exp(logvar)) from N(0, I), see :func:`tinygen.models.vae.gaussian_kl`.
    """

    @staticmethod
    def forward(ctx: Ctx, mu: Array, logvar: Array) -> Array:
        ctx.save_for_backward(mu, logvar)
        fast = ctx.kernel("gaussian_kl")
        if fast is None or mu.dtype != logvar.dtype:
            return 0.5 * (mu * mu + ctx.xp.exp(logvar) - 1 - logvar).sum(1)
        return fast(mu, logvar)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        mu, logvar = ctx.saved_tensors
        grad = unsqueeze(grad, 1)
        fast = ctx.kernel("gaussian_kl_backward", grad)
        if fast is None or mu.dtype != logvar.dtype:
            return grad * mu, grad * 0.5 * (exp(logvar) - 1)
        return fast(grad, mu, logvar)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-density of targets under N(input, var).

    Parameters
    ----------
    input, target : Tensor of one shape
        Means and values.
    var : Tensor
        Variances, broadcast to that shape; not negative, and held at ``eps`` at least.
    full : bool
        Add the constant ``log(2 pi) / 2``.
    eps : float
    reduction : {"mean", "sum", "none"}
    """
    op = "gaussian_nll_loss"
    _check_same_shape(op, input, target)
    if bool((var < 0).any()):
        raise ValueError(
            f"{op}: a variance is negative: predict its logarithm, and pass exp() of it"
        )
    held = clamp(var, min=eps)
    difference = input - target
    loss = 0.5 * (log(held) + difference * difference / held)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction, op)
