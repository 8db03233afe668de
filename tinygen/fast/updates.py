"""An optimizer's step on NumPy: a strip of a parameter at a time, shared among threads.

The plain update goes through a whole parameter a dozen times, and each time it comes from memory
anew. A strip, its gradient and its moments stay in the cache from the first pass to the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen.fast.choices import UPDATE_STRIP
from tinygen.fast.threads import in_parts

if TYPE_CHECKING:
    from tinygen.optim.optimizer import Move, Optimizer

__all__ = ["move_all"]

PASSES = 12  # how often an update like Adam's touches an element


def move_all(optimizer: Optimizer, moves: list[Move]) -> None:
    """Apply the optimizer's own update to all parameters.

    Parameters
    ----------
    optimizer : Optimizer
        Parameters are cut into strips only if it treats each element by itself (``by_element``).
    moves : list of Move
    """
    cut = [_strips(move) if optimizer.by_element else [move] for move in moves]
    strips = [strip for pieces in cut for strip in pieces]

    def move_some(some: slice) -> None:
        for strip in strips[some]:
            optimizer.move(strip)

    in_parts(move_some, len(strips), PASSES * sum(move.theta.size for move in moves))
    for move, pieces in zip(moves, cut, strict=True):
        if pieces[0] is not move:
            move.state.update(_numbers(pieces[0].state))


def _strips(move: Move) -> list[Move]:
    """A parameter in strips of rows; each has a state of its own with its part of the arrays."""
    theta, gradient, state, _ = move
    rows = max(1, UPDATE_STRIP * len(theta) // theta.size) if theta.ndim and theta.size else 1
    if theta.ndim == 0 or rows >= len(theta) or any(value is None for value in state.values()):
        return [move]
    return [
        move._replace(
            theta=theta[start : start + rows],
            gradient=gradient[start : start + rows],
            state={
                name: value[start : start + rows] if isinstance(value, np.ndarray) else value
                for name, value in state.items()
            },
        )
        for start in range(0, len(theta), rows)
    ]


def _numbers(state: dict[str, Any]) -> dict[str, Any]:
    """What an update counts, such as its steps."""
    return {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
