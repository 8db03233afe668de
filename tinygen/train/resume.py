"""Saving a run so that it can be resumed as if it had never been stopped.

The checkpoint holds what moves: weights, optimizer, schedule, moving average, the loader's place,
the random generators; and the trainer's own books, of which this module takes care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.io.checkpoint import load_checkpoint, save_checkpoint
from tinygen.train.callbacks import Callback

if TYPE_CHECKING:
    from tinygen.train.trainer import Trainer

__all__ = ["by_name", "go_on_from", "has_state", "save"]


def save(trainer: Trainer, path: Path, loader: Iterable[Any]) -> None:
    """Write the state of a run to a file, whole or not at all."""
    books = {
        "batch": trainer.batch,
        "seconds": trainer.seconds,
        "sums": trainer.averages.sums,
        "items": trainer.averages.items,
        "best": vars(trainer.best),
        "history": trainer.history.state_dict(),
        "callbacks": {n: c.state_dict() for n, c in _numbered(trainer.callbacks).items()},
    }
    save_checkpoint(
        path,
        **_parts(trainer, loader),
        epoch=trainer.epoch,
        step=trainer.steps,
        metadata={"trainer": books},
    )


def go_on_from(trainer: Trainer, path: Path, loader: Iterable[Any]) -> None:
    """Bring a trainer and its loader to a saved state."""
    saved = load_checkpoint(path, **_parts(trainer, loader))
    if not (isinstance(saved.metadata, Mapping) and "trainer" in saved.metadata):
        raise ValueError(
            f"{path} has weights but not the books of a Trainer (epochs, history): load it with "
            "tinygen.io.load_checkpoint(path, model=model) and fit() without resume="
        )
    books = saved.metadata["trainer"]
    trainer.epoch, trainer.steps = saved.epoch or 0, saved.step or 0
    trainer.batch, trainer.seconds = books["batch"], books["seconds"]
    trainer.averages.sums, trainer.averages.items = dict(books["sums"]), dict(books["items"])
    vars(trainer.best).update(books["best"])
    trainer.history.load_state_dict(books["history"])
    for name, callback in _numbered(trainer.callbacks).items():
        if name in books["callbacks"]:
            callback.load_state_dict(books["callbacks"][name])
    for optimizer in by_name(trainer.optimizer).values():
        optimizer.steps_taken = trainer.steps  # or a schedule would think that it comes too early


def has_state(loader: Iterable[Any]) -> bool:
    """Whether a loader can be told to go on in the middle of an epoch."""
    return hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")


def by_name(parts: Any) -> dict[str, Any]:
    """Several of a kind by their names; one alone has none."""
    if isinstance(parts, Mapping):
        return dict(parts)
    return {} if parts is None else {"": parts}


def _parts(trainer: Trainer, loader: Iterable[Any]) -> dict[str, Any]:
    """Everything that has a state of its own."""
    return {
        "model": trainer.model,
        "optimizer": trainer.optimizer,
        "scheduler": trainer.scheduler,
        "ema": trainer.ema,
        "loader": loader if has_state(loader) else None,
    }


def _numbered(callbacks: Iterable[Callback]) -> dict[str, Callback]:
    """Callbacks by their class, and a number where there are several of one."""
    names: dict[str, Callback] = {}
    for callback in callbacks:
        kind = type(callback).__name__
        names[f"{kind} {1 + sum(name.startswith(kind + ' ') for name in names)}"] = callback
    return names
