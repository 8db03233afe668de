"""Saving a run so that it can be resumed as if it had never been stopped.

The checkpoint holds what moves: weights, optimizer, schedule, moving average, the loader's place,
the random generators; and the trainer's own books, of which this module takes care.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.io.checkpoint import load_checkpoint, save_checkpoint
from tinygen.train.callbacks import Callback
from tinygen.train.history import History

if TYPE_CHECKING:
    from tinygen.train.trainer import Trainer

__all__ = ["Books", "by_name", "go_on_from", "has_state", "save"]


def save(trainer: Trainer, path: Path, loader: Iterable[Any]) -> None:
    """Write the state of a run to a file, whole or not at all."""
    save_checkpoint(
        path,
        **_parts(trainer, loader),
        epoch=trainer.epoch,
        step=trainer.steps,
        architecture=trainer.architecture,
        arguments=trainer.arguments,
        metadata=trainer.metadata,
    )


def go_on_from(trainer: Trainer, path: Path, loader: Iterable[Any]) -> None:
    """Bring a trainer and its loader to a saved state; if anything does not fit, nothing changes.

    Raises
    ------
    CheckpointError
    OSError
    """
    load_checkpoint(path, **_parts(trainer, loader))
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
    """Everything that has a state of its own; the books come first, so they are checked first."""
    return {
        "trainer": Books(trainer),
        "model": trainer.model,
        "optimizer": trainer.optimizer,
        "scheduler": trainer.scheduler,
        "ema": trainer.ema,
        "loader": loader if has_state(loader) else None,
    }


# ---- the books ---------------------------------------------------------------------------------

FORMAT = 1
"""Goes up when older versions of tinygen could misread the books."""

Types = Mapping[str, type | tuple[type, ...]]

BOOKS: Types = {
    "format": int, "epoch": int, "steps": int, "batch": int, "seconds": float, "sums": dict,
    "items": dict, "best": dict, "history": dict, "callbacks": dict,
}  # fmt: skip
BEST: Types = {"mode": str, "min_delta": float, "value": (float, type(None)), "epoch": int}
HISTORY: Types = {"rows": list, "findings": list, "health": list}
FINDING: Types = {"epoch": int, "kind": str, "message": str}
HEALTH: Types = {"epoch": int, "dead": dict, "saturated": dict, "update_ratio": dict}
COLUMNS = ("epoch", "step", "seconds")
"""What each of them consists of, and the columns that every history has."""


class Books:
    """What a trainer remembers besides, as a part of the checkpoint like the others."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def state_dict(self) -> dict[str, Any]:
        """How far the run is, its epoch so far, best, history, and the states of its callbacks."""
        trainer = self.trainer
        return {
            "format": FORMAT,
            "epoch": trainer.epoch,
            "steps": trainer.steps,
            "batch": trainer.batch,
            "seconds": trainer.seconds,
            "sums": dict(trainer.averages.sums),
            "items": dict(trainer.averages.items),
            "best": dict(vars(trainer.best)),
            "history": trainer.history.state_dict(),
            "callbacks": {n: c.state_dict() for n, c in _numbered(trainer.callbacks).items()},
        }

    def load_state_dict(self, books: Mapping[str, Any]) -> None:
        """Go on from saved books, once they were found to be whole.

        Raises
        ------
        ValueError
            If they are not as :meth:`state_dict` gives them, or belong to another kind of run.
        """
        trainer = self.trainer
        fault = next(_faults(books, trainer.mode), None)
        if fault is not None:
            raise ValueError(f"these are not the books of such a run: {fault}")
        for name, callback in _numbered(trainer.callbacks).items():
            if name in books["callbacks"]:
                _restore(callback, name, books["callbacks"][name])
        trainer.epoch, trainer.steps = books["epoch"], books["steps"]
        trainer.batch, trainer.seconds = books["batch"], books["seconds"]
        trainer.averages.sums, trainer.averages.items = dict(books["sums"]), dict(books["items"])
        vars(trainer.best).update(books["best"])
        trainer.history = History()
        trainer.history.load_state_dict(books["history"])


def _restore(callback: Callback, name: str, state: Any) -> None:
    try:
        callback.load_state_dict(state)
    except Exception as error:  # a callback is anybody's code
        raise ValueError(
            f"the callback {name!r} cannot go on from what it saved ({type(error).__name__}: "
            f"{error})"
        ) from error


def _numbered(callbacks: Iterable[Callback]) -> dict[str, Callback]:
    """Callbacks by their class, and a number where there are several of one."""
    names: dict[str, Callback] = {}
    for callback in callbacks:
        kind = type(callback).__name__
        names[f"{kind} {1 + sum(name.startswith(kind + ' ') for name in names)}"] = callback
    return names


# ---- what may be wrong with them ---------------------------------------------------------------


def _faults(books: Any, mode: str) -> Iterator[str]:
    """What is wrong with saved books; each fault may hide others behind it."""
    if isinstance(books, Mapping) and books.get("format", FORMAT) != FORMAT:
        yield (
            f"they have format {books['format']!r}, and this version of tinygen knows format "
            f"{FORMAT}: update tinygen (pip install --upgrade tinygen) to go on with this run"
        )
    yield from _misfits("books", books, BOOKS)
    best, history = books["best"], books["history"]
    yield from _misfits("best", best, BEST)
    yield from _misfits("history", history, HISTORY)
    for place, types in (("findings", FINDING), ("health", HEALTH)):
        for entry in history[place]:
            yield from _misfits(place, entry, types)
    for row in history["rows"]:
        yield from _no_numbers("rows", row)
        yield from (f"a row has no {name!r}" for name in COLUMNS if name not in row)
    if len(history["rows"]) != books["epoch"]:
        yield f"{len(history['rows'])} rows for {books['epoch']} finished epochs"
    yield from _no_numbers("sums", books["sums"])
    yield from _misfits("items", books["items"], dict.fromkeys(books["sums"], int))
    if best["mode"] != mode:
        yield f"the run was begun with mode={best['mode']!r}, this trainer has mode={mode!r}"


def _misfits(place: str, found: Any, types: Types) -> Iterator[str]:
    """Whether something is a dict with just these keys, and values of these types."""
    if not isinstance(found, Mapping):
        yield f"{place} is a {type(found).__name__} instead of a dict"
        return
    missing, unexpected = types.keys() - found.keys(), found.keys() - types.keys()
    if missing or unexpected:
        yield f"{place} lacks {sorted(missing)} and has {sorted(map(str, unexpected))} besides"
    for name, wanted in types.items():
        if not _is(found[name], wanted):
            yield f"{name!r} in {place} is {found[name]!r}"


def _no_numbers(place: str, found: Any) -> Iterator[str]:
    """Whether something is no dict of numbers."""
    if not isinstance(found, Mapping):
        yield f"{place} has a {type(found).__name__} instead of a dict"
        return
    for name, value in found.items():
        if not _is(value, float):
            yield f"{name!r} in {place} is {value!r}"


def _is(value: Any, wanted: type | tuple[type, ...]) -> bool:
    """Whether a value is of a type; counts are not negative, and whole numbers are floats too."""
    if isinstance(wanted, tuple):
        return any(_is(value, one) for one in wanted)
    if wanted is int:
        return type(value) is int and value >= 0
    if wanted is float:
        return type(value) in (int, float)
    return isinstance(value, wanted)
