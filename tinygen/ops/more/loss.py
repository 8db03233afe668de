"""Losses that are content once a margin is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygen.ops.elementwise import clamp, where
from tinygen.ops.loss import _check_same_shape, _reduced

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = ["hinge_embedding_loss", "margin_ranking_loss"]


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Of distances: ``x`` where the target is 1 (alike), ``max(0, margin - x)`` where it is -1.

    R. Hadsell, S. Chopra and Y. LeCun, "Dimensionality reduction by learning an invariant
    mapping" (2006), with distances that are not squared.

    Parameters
    ----------
    input : Tensor
        Distances, any shape.
    target : Tensor of the same shape
        1 for pairs that belong together, -1 for pairs to be driven apart.
    margin : float
        How far apart is far enough.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ, or a target is neither 1 nor -1.
    """
    _check_same_shape("hinge_embedding_loss", input, target)
    _check_signs("hinge_embedding_loss", target)
    loss = where(target == 1, input, clamp(margin - input, min=0))
    return _reduced(loss, reduction, "hinge_embedding_loss")


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``max(0, margin - target * (input1 - input2))``: is the right one larger, by the margin?

    Parameters
    ----------
    input1, input2 : Tensor
        Scores, of the same shape.
    target : Tensor of that shape
        1 where the first should be larger, -1 where the second should.
    margin : float
        By how much.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ, or a target is neither 1 nor -1.
    """
    _check_same_shape("margin_ranking_loss", input1, input2)
    _check_same_shape("margin_ranking_loss", input1, target)
    _check_signs("margin_ranking_loss", target)
    loss = clamp(margin - target * (input1 - input2), min=0)
    return _reduced(loss, reduction, "margin_ranking_loss")


def _check_signs(op: str, target: Any) -> None:
    wrong = (target != 1) & (target != -1)
    if bool(wrong.any()):
        raise ValueError(
            f"{op}: a target is 1 or -1, but {int(wrong.sum())} of {target.numel()} are neither. "
            "If yours are 1 and 0, pass 2 * target - 1"
        )
