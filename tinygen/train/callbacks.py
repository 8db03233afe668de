"""Callbacks: what shall happen besides, at fixed moments of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tinygen.io.messages import text
from tinygen.train.history import Best

if TYPE_CHECKING:
    from tinygen.train.trainer import Trainer

__all__ = ["Callback", "CallbackError", "EarlyStopping", "call"]


class CallbackError(RuntimeError):
    """A callback raised an exception; its message names the callback and the moment."""


class Callback:
    """Base class: define the moments you need, and leave the others out.

    Each is given the trainer, which tells how far it is (``epoch``, the number of finished epochs;
    ``steps``; ``history``; ``numbers``, those of the last batch) and can be ended early by
    ``trainer.stop(reason)``. A callback that remembers something defines ``state_dict`` and
    ``load_state_dict``, so that a resumed run is the same as one that was never stopped.

    Examples
    --------
    ::

        class Sampler(Callback):
            def on_epoch_end(self, trainer):
                save_pictures(trainer.model, f"epoch-{trainer.epoch}.png")
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first batch, after a checkpoint was loaded."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Before the first batch of an epoch."""

    def on_batch_end(self, trainer: Trainer) -> None:
        """After a step of the optimizer."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """After the validation, when the epoch's row is in the history."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """At the end, also of a run that was stopped or interrupted."""

    def state_dict(self) -> dict[str, Any]:
        """Return what must be remembered: numbers, strings, lists and dicts."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""


class EarlyStopping(Callback):
    """End the run when a number has stopped improving.

    Parameters
    ----------
    patience : int
        After how many epochs in a row without improvement.
    min_delta : float
        By how much the number must be better than the best to be an improvement.
    mode : {"min", "max"}, optional
        Whether it should fall or rise; by default the trainer's ``mode``.
    monitor : str, optional
        The column of the history; by default the one that the trainer monitors.

    Raises
    ------
    ValueError
        If the patience is not at least 1 or the mode is unknown.
    """

    def __init__(
        self,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str | None = None,
        monitor: str | None = None,
    ) -> None:
        if patience < 1:
            raise ValueError(f"patience is a number of epochs, at least 1; got {patience!r}")
        self.patience, self.min_delta = patience, min_delta
        self.mode, self.monitor = mode, monitor
        self.best = Best(mode or "min", min_delta)
        self.waited = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        if trainer.steps == 0:
            self.waited = 0
            self.best = Best(self.mode or trainer.mode, self.min_delta)
        self._stop_if_in_vain(trainer)  # the run may be resumed after it was stopped

    def on_epoch_end(self, trainer: Trainer) -> None:
        improved = self.best.update(trainer.monitored(self.monitor), trainer.epoch)
        self.waited = 0 if improved else self.waited + 1
        self._stop_if_in_vain(trainer)

    def _stop_if_in_vain(self, trainer: Trainer) -> None:
        if self.waited < self.patience:
            return
        if self.best.value is None:
            trainer.stop(text("training only nan", epochs=self.waited))
        else:
            best = {"value": self.best.value, "epoch": self.best.epoch}
            trainer.stop(text("training no improvement", epochs=self.waited, **best))

    def state_dict(self) -> dict[str, Any]:
        best = self.best
        return {
            "waited": self.waited, "mode": best.mode, "value": best.value, "epoch": best.epoch
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.waited = state["waited"]
        self.best = Best(state["mode"], self.min_delta)
        self.best.value, self.best.epoch = state["value"], state["epoch"]


def call(callback: Callback, moment: str, trainer: Trainer) -> None:
    """Call a callback at a moment.

    Parameters
    ----------
    callback : Callback
    moment : str
        The name of the method.
    trainer : Trainer

    Raises
    ------
    CallbackError
        If the callback raised an exception, which is its cause.
    """
    try:
        getattr(callback, moment)(trainer)
    except Exception as error:
        raise CallbackError(
            f"{type(callback).__name__}.{moment} raised {type(error).__name__} after step "
            f"{trainer.steps}: {error}"
        ) from error
