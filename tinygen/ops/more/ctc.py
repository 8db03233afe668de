"""Connectionist temporal classification: a loss for texts whose letters have no known places.

A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
labelling unsegmented sequence data with recurrent neural networks" (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tinygen import backend
from tinygen.autograd import Function
from tinygen.autograd.modes import thread
from tinygen.backend import MODULES, Array
from tinygen.ops.elementwise import clamp, exp, log, maximum, to, where
from tinygen.ops.indexing import Gather, ScatterAdd
from tinygen.ops.loss import _reduced
from tinygen.ops.reduction import logsumexp, require_tensors
from tinygen.ops.shape import cat, squeeze, stack, unbind, unsqueeze

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["ctc_loss"]

Ctx = Any
Lengths = Any  # a Tensor of integers, a sequence of int, or an int

NEVER = -1e30
"""The logarithm of a probability of 0: finite, so that differences of two are no NaN."""


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int] | int,
    target_lengths: Tensor | Sequence[int] | int,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log-probability of a text, over all ways to spread it over the steps.

    At each step a network says a letter or nothing (the blank). A path, one choice for each step,
    is read by leaving out repetitions first and blanks then: ``--aa-ab--`` says ``aab``. The
    probability of a text is the sum over all paths that say it, each the product of its steps
    (Graves et al., 2006, equation 3). The sum is found step by step, and its derivative from both
    ends, in logarithms (section 4.1, equations 5 to 10 and 15).

    Parameters
    ----------
    log_probs : float Tensor of shape (T, N, C), or (T, C) for a single text
        The logarithms of the probabilities of C letters, the blank among them, at each of T steps:
        the output of ``log_softmax``.
    targets : integer Tensor of shape (N, S), or (sum of target_lengths,)
        The letters of the texts, without blanks: a row for each, of which what is behind its
        length does not matter, or all joined.
    input_lengths, target_lengths : integer Tensor of shape (N,), sequence of int, or int
        How many steps, and how many letters, count; at least 1 step.
    blank : int
        The letter that stands for none.
    reduction : {"mean", "sum", "none"}
        "mean" divides each loss by the length of its text (at least 1) and takes the mean.
    zero_infinity : bool
        A text that no path says, as it needs more steps than there are, has a loss of infinity and
        a gradient of NaN; with True it has 0 of both.

    Returns
    -------
    Tensor of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If shapes or lengths do not fit each other, or a letter is the blank or not among the C.
        Values are not looked at on a GPU, where asking would have to wait, except in
        ``anomaly_mode()``.
    TypeError
        If letters or lengths are not integers.
    """
    require_tensors("ctc_loss", log_probs=log_probs, targets=targets)
    is_single = log_probs.ndim == 2
    if is_single:
        log_probs = unsqueeze(log_probs, 1)
    if log_probs.ndim != 3 or 0 in log_probs.shape:
        raise ValueError(
            "ctc_loss: log_probs have shape (T, N, C), steps, texts and letters, got "
            f"{tuple(log_probs.shape)}"
        )
    if log_probs.dtype.kind != "f":
        raise TypeError(f"ctc_loss: log_probs are floats, got {log_probs.dtype}: take log_softmax")
    if not 0 <= blank < log_probs.shape[2]:
        raise ValueError(
            f"ctc_loss: blank is one of the {log_probs.shape[2]} letters that log_probs know, got "
            f"{blank}"
        )
    of_input = _lengths("input_lengths", input_lengths, log_probs)
    of_target = _lengths("target_lengths", target_lengths, log_probs)
    rows = _letters(targets, of_target)
    if backend.of(rows).name == "numpy" or thread.modes.anomaly:
        _check_values(of_input, of_target, rows, log_probs, blank)
    states = _with_blanks(rows, of_target, blank)
    loss = CTC.apply(log_probs, states, of_input, of_target, zero_infinity)
    if reduction == "mean":
        loss = loss / to(of_target.clip(1, None), loss.dtype)
    return _reduced(squeeze(loss, 0) if is_single else loss, reduction, "ctc_loss")


class CTC(Function):
    """Minus the log-probability of each text, over all of its paths.

    A text of S letters with blanks before, between and behind them has L = 2 S + 1 states, of
    which a path visits one at each step: it stays, moves on by one, or skips the blank between two
    different letters.
    """

    @staticmethod
    def forward(
        ctx: Ctx, log_probs: Array, labels: Array, inputs: Array, targets: Array, zero: bool
    ) -> Array:
        xp, dtype = ctx.xp, log_probs.dtype
        steps, count, _ = log_probs.shape
        size = labels.shape[1]
        state = xp.arange(size)
        ctx.index = xp.broadcast_to(labels, (steps, count, size))
        ctx.skips = xp.zeros(labels.shape, bool)  # may a path arrive from two states before?
        ctx.skips[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
        ctx.runs = xp.arange(steps)[:, None, None] < inputs[:, None]
        is_last = (state <= 2 * targets[:, None]) & (state >= 2 * targets[:, None] - 1)
        ctx.first = xp.where(state < 2, 0.0, NEVER).astype(dtype)
        ctx.last = xp.where(is_last, 0.0, NEVER).astype(dtype)
        ctx.zero = zero

        ctx.alphas = _forward_variables(ctx, _emissions(ctx, log_probs))
        total = logsumexp(ctx.alphas[-1] + ctx.last, 1)
        ctx.save_for_backward(log_probs)
        return xp.where(total > NEVER / 2, -total, 0.0 if zero else xp.inf)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (log_probs,) = ctx.saved_tensors
        recorded = type(grad) not in MODULES  # then what forward computed must be computed again
        emissions = _emissions(ctx, log_probs)
        alphas = _forward_variables(ctx, emissions) if recorded else ctx.alphas
        betas = _backward_variables(ctx, emissions)
        through = stack(alphas) + stack(betas)  # all paths that are in a state at a step
        total = logsumexp(through, 2, keepdim=True)  # the same at each, but for rounding
        is_possible = total > NEVER / 2
        share = exp(where(is_possible, through - total, NEVER))
        share = where(is_possible, where(ctx.runs, share, 0.0), 0.0 if ctx.zero else ctx.xp.nan)
        to_emissions = -unsqueeze(grad, 1) * share
        to_log_probs = ScatterAdd.apply(to_emissions, 2, ctx.index, log_probs.shape)
        return to_log_probs, None, None, None, None


def _emissions(ctx: Ctx, log_probs: Any) -> tuple[Any, ...]:
    """For each step the log-probabilities of the states' letters, (N, L)."""
    return unbind(clamp(Gather.apply(log_probs, 2, ctx.index), min=NEVER))


def _forward_variables(ctx: Ctx, emissions: Sequence[Any]) -> list[Any]:
    """For each step and state, the log-probability of all paths that are there then, (N, L).

    That of its own step included. After the last step of a text they stay as they are.
    """
    alphas = [emissions[0] + ctx.first]
    for step in range(1, len(emissions)):
        stay = alphas[-1]
        move, skip = _shifted(ctx, stay, 1), where(ctx.skips, _shifted(ctx, stay, 2), NEVER)
        arrived = _log_sum(stay, move, skip) + emissions[step]
        alphas.append(where(ctx.runs[step], arrived, stay))
    return alphas


def _backward_variables(ctx: Ctx, emissions: Sequence[Any]) -> list[Any]:
    """For each step and state, the log-probability of all that can follow to the end, (N, L)."""
    betas = [ctx.last]
    for step in reversed(range(1, len(emissions))):
        stay = betas[-1] + emissions[step]
        move, skip = _shifted(ctx, stay, -1), _shifted(ctx, where(ctx.skips, stay, NEVER), -2)
        betas.append(where(ctx.runs[step], _log_sum(stay, move, skip), ctx.last))
    return betas[::-1]


def _shifted(ctx: Ctx, variables: Any, by: int) -> Any:
    """What was in the states before (or, if ``by`` is negative, behind); nothing at the border."""
    border = ctx.xp.full((len(ctx.skips), abs(by)), NEVER, ctx.last.dtype)
    if by > 0:
        return cat([border, variables[:, :-by]], 1)
    return cat([variables[:, -by:], border], 1)


def _log_sum(first: Any, *others: Any) -> Any:
    """``log(exp(a) + exp(b) + ...)``, for arrays and Tensors alike."""
    largest = first
    for other in others:
        largest = maximum(largest, other)
    total = exp(first - largest)
    for other in others:
        total = total + exp(other - largest)
    return largest + log(total)


# ---- what is given ---------------------------------------------------------------------------


def _lengths(name: str, given: Lengths, log_probs: Tensor) -> Array:
    """Lengths as int64 of shape (N,), beside the log-probabilities; they may come from the host."""
    values: Any = getattr(given, "data", given)
    if type(values) is not type(log_probs.data):
        values = backend.of(log_probs.data).asarray(values)
    if values.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: {name} are integers, got {values.dtype}")
    values = values.reshape(-1).astype("int64")
    if len(values) != log_probs.shape[1]:
        raise ValueError(
            f"ctc_loss: {name} has {len(values)} entries for {log_probs.shape[1]} texts: log_probs "
            f"of shape {tuple(log_probs.shape)} are (steps, texts, letters)"
        )
    return values


def _letters(targets: Tensor, lengths: Array) -> Array:
    """The letters as int64 of shape (N, S), a row for each text; anything behind its end."""
    if targets.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: targets are integers, got {targets.dtype}: targets.long()")
    letters, count = targets.data.astype("int64"), len(lengths)
    if letters.ndim == 1:
        if len(letters) != int(lengths.sum()):
            raise ValueError(
                f"ctc_loss: {len(letters)} letters are joined in targets, and target_lengths add "
                f"up to {int(lengths.sum())}"
            )
        xp = MODULES[type(letters)]
        letters = xp.append(letters, 0)  # for texts that are empty
        places = (xp.cumsum(lengths) - lengths)[:, None] + xp.arange(int(lengths.max()))
        return letters[xp.minimum(places, len(letters) - 1)]
    if letters.ndim != 2 or len(letters) != count:
        raise ValueError(
            f"ctc_loss: targets have shape ({count}, S), a row for each text, or hold all letters "
            f"joined; got {tuple(targets.shape)}"
        )
    return letters


def _check_values(
    of_input: Array, of_target: Array, letters: Array, log_probs: Tensor, blank: int
) -> None:
    steps, _, kinds = log_probs.shape
    for name, lengths, least, most in (
        ("input_lengths", of_input, 1, steps),
        ("target_lengths", of_target, 0, letters.shape[1]),
    ):
        low, high = int(lengths.min()), int(lengths.max())
        if low < least or high > most:
            wrong = low if low < least else high
            raise ValueError(f"ctc_loss: {name} lie between {least} and {most}, got {wrong}")
    counted = letters[MODULES[type(letters)].arange(letters.shape[1]) < of_target[:, None]]
    strange = counted[(counted < 0) | (counted >= kinds) | (counted == blank)]
    if strange.size:
        letter = int(strange[0])
        why = "the blank, which no text holds" if letter == blank else "none of them"
        raise ValueError(
            f"ctc_loss: log_probs know the letters 0 to {kinds - 1}, and a target holds {letter}, "
            f"{why}"
        )


def _with_blanks(letters: Array, lengths: Array, blank: int) -> Array:
    """The letters of the states: blanks before, between and behind those of each text, (N, L).

    L is 3 at least, so that all shifts are within.
    """
    xp, (count, most) = MODULES[type(letters)], letters.shape
    states = xp.full((count, 2 * max(most, 1) + 1), blank, "int64")
    is_letter = xp.arange(most) < lengths[:, None]
    states[:, 1 : 2 * most : 2] = xp.where(is_letter, letters, blank)
    return states
