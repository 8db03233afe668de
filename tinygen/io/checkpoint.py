"""Checkpoints: all that a training needs to go on as if it had never stopped."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple, Protocol

from tinygen.backend.random import get_rng_state, set_rng_state
from tinygen.io.archive import CheckpointError, FilePath, read, write

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]


class Stateful(Protocol):
    """What has a state to save: modules, optimizers, schedules, loaders."""

    def state_dict(self) -> Any: ...
    def load_state_dict(self, state_dict: Any) -> Any: ...


Part = Stateful | Mapping[str, Stateful]
"""One of them, or several by name, such as a GAN's two optimizers."""


ABSENT = {
    "trainer": ": no Trainer wrote it. Load it with tinygen.io.load_checkpoint(path, model=model) "
    "and fit() without resume="
}
"""What to do about a part that is not in a file."""


class Checkpoint(NamedTuple):
    """What a checkpoint says beside the states of its parts.

    Attributes
    ----------
    epoch, step : int or None
        How far the training had come.
    architecture : str or None
        The name of the model.
    arguments : dict
        What it was built with.
    metadata : object
        Whatever was saved along.
    classes : dict of str to str
        The parts in the file by their places, such as "model" or "optimizer/critic": the name of
        the class of each.
    """

    epoch: int | None
    step: int | None
    architecture: str | None
    arguments: dict[str, Any]
    metadata: Any
    classes: dict[str, str]


def save_checkpoint(
    path: FilePath,
    *,
    model: Part | None = None,
    ema: Part | None = None,
    optimizer: Part | None = None,
    scheduler: Part | None = None,
    loader: Part | None = None,
    trainer: Part | None = None,
    epoch: int | None = None,
    step: int | None = None,
    architecture: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    metadata: Any = None,
) -> None:
    """Write the state of a training to one file, whole or not at all.

    The states of tinygen's random generators go along. :func:`load_checkpoint` reads the file,
    ``tinygen info`` shows it, and plain ``np.load`` has the arrays by their names, such as
    ``"model/0.weight"``.

    Parameters
    ----------
    path : str or path
        The file, by custom with the ending ``.npz``.
    model, ema, optimizer, scheduler, loader, trainer : object with state_dict, or dict, optional
        The parts. Several of a kind have names: ``optimizer={"generator": g, "critic": c}``.
    epoch, step : int, optional
        How far the training has come.
    architecture : str, optional
        A name by which the model can be built again.
    arguments : mapping, optional
        What to build it with.
    metadata : object, optional
        Anything that :func:`tinygen.save` saves: class names, scores, the history of the loss.

    Raises
    ------
    TypeError
        If a part has no ``state_dict``, or something cannot be saved; the message says what.
    """
    parts = _parts(
        model=model, ema=ema, optimizer=optimizer, scheduler=scheduler, loader=loader,
        trainer=trainer, generators=Generators(),
    )  # fmt: skip
    tree: dict[str, Any] = {
        "epoch": _count("epoch", epoch),
        "step": _count("step", step),
        "architecture": architecture,
        "arguments": dict(arguments or {}),
        "metadata": metadata,
        "classes": {place: type(part).__name__ for place, part in parts.items()},
    }
    for place, part in parts.items():
        kind, _, name = place.partition("/")
        if name:
            tree.setdefault(kind, {})[name] = part.state_dict()
        else:
            tree[kind] = part.state_dict()
    write(path, tree, "checkpoint")


def load_checkpoint(
    path: FilePath,
    *,
    model: Part | None = None,
    ema: Part | None = None,
    optimizer: Part | None = None,
    scheduler: Part | None = None,
    loader: Part | None = None,
    trainer: Part | None = None,
    generators: bool | None = None,
) -> Checkpoint:
    """Bring the parts of a training to the state that :func:`save_checkpoint` wrote.

    All or nothing: if anything does not fit, every part stays as it was. The parts stay on their
    devices, wherever the file was written.

    Parameters
    ----------
    path : str or path
    model, ema, optimizer, scheduler, loader, trainer : objects with load_state_dict, or dicts
        What to change. A part that the file has and the call has not is left in the file.
    generators : bool, optional
        Whether the random generators of the process go on from the saved state as well. By default
        they do if an optimizer is loaded: the training is then resumed exactly.

    Returns
    -------
    Checkpoint
        The epoch, the step, the architecture and the metadata; the call without parts reads no
        more.

    Raises
    ------
    CheckpointError
        If the file is damaged or something else, or does not fit; the message names every missing,
        unexpected and wrong-shaped entry.
    OSError
        If there is no such file, or it cannot be opened.
    """
    resumes = optimizer is not None if generators is None else generators
    parts = _parts(
        trainer=trainer, model=model, ema=ema, optimizer=optimizer, scheduler=scheduler,
        loader=loader, generators=Generators() if resumes else None,
    )  # fmt: skip
    contents = read(path)
    if contents.kind != "checkpoint":
        raise CheckpointError(
            f"{str(path)!r} was written by tg.save, not by save_checkpoint: read it with "
            "tg.load(path) and give its parts to load_state_dict"
        )
    tree = contents.tree("cpu")
    _load_all(str(path), parts, tree)
    return Checkpoint(*(tree[field] for field in Checkpoint._fields))


def _load_all(path: str, parts: dict[str, Stateful], tree: dict[str, Any]) -> None:
    """Load every part; undo what was done if one of them does not fit."""
    saved = {place: _state_at(place, tree) for place in tree["classes"]}
    faults = [
        f"{place}: not in the file, which has {', '.join(saved)}{ABSENT.get(place, '')}"
        for place in parts
        if place not in saved
    ]
    with ExitStack() as undo:
        for place, part in parts.items():
            if place not in saved:
                continue
            undo.callback(part.load_state_dict, part.state_dict())
            try:
                part.load_state_dict(saved[place])
            except Exception as error:  # a part may refuse a state in any way
                faults.append(f"{place}: {error or repr(error)}")
        if faults:
            raise CheckpointError(
                f"{path!r} does not fit, nothing was changed:\n" + "\n".join(faults)
            )
        undo.pop_all()


def _state_at(place: str, tree: dict[str, Any]) -> Any:
    kind, _, name = place.partition("/")
    return tree[kind][name] if name else tree[kind]


def _parts(**kinds: Part | None) -> dict[str, Stateful]:
    """All parts by their places in the tree, such as ``"model"`` or ``"optimizer/critic"``."""
    parts: dict[str, Stateful] = {}
    for kind, given in kinds.items():
        if isinstance(given, Mapping):
            parts |= {f"{kind}/{name}": part for name, part in given.items()}
        elif given is not None:
            parts[kind] = given
    for place, part in parts.items():
        if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
            raise TypeError(
                f"{place} is a {type(part).__name__} without state_dict() and load_state_dict(): "
                "give the module, optimizer, schedule or loader itself; other data go into metadata"
            )
    return parts


def _count(name: str, value: int | None) -> int | None:
    """A Python int of any kind of whole number."""
    try:
        return None if value is None else operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, got {value!r}") from None


class Generators:
    """The random generators of the process as a part like the others."""

    @staticmethod
    def state_dict() -> dict[str, Any]:
        return get_rng_state()

    @staticmethod
    def load_state_dict(state_dict: dict[str, Any]) -> None:
        set_rng_state(state_dict)
