"""The training loop, on one page.

Read :meth:`Trainer.fit`, then :meth:`Trainer._train_epoch` and :meth:`Trainer._train_batch`: they
are the loop. Below them stand the validation, and the checkpoints from which a run is resumed as
if it had never been stopped.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygen as tg
from tinygen import backend
from tinygen.io import load_checkpoint, save_checkpoint
from tinygen.nn import Module
from tinygen.nn.utils import clip_grad_norm_
from tinygen.optim import Optimizer
from tinygen.optim.lr_scheduler import LRScheduler, OneCycleLR, ReduceLROnPlateau
from tinygen.optim.swa_utils import AveragedModel, get_ema_avg_fn
from tinygen.train import diagnosis
from tinygen.train.callbacks import Callback, call
from tinygen.train.diagnosis import Finding, NonFiniteLossError, Watch
from tinygen.train.history import Averages, Best, History, describe
from tinygen.train.interrupt import Interrupt
from tinygen.train.progress import Progress

__all__ = ["BEST", "LAST", "Trainer", "accuracy"]

LAST, BEST = "last.npz", "best.npz"
"""The checkpoints in the folder of a run."""

Step = Callable[[Module, Any], Any]
Metric = Callable[[np.ndarray, np.ndarray], float]
Path_ = str | os.PathLike[str]


class Trainer:
    """Trains a model and keeps the books.

    Parameters
    ----------
    model : Module
        What is trained; it is moved to the device.
    optimizer : Optimizer, or dict of str to Optimizer
        With several, ``step`` does all of the training itself, gradients and steps included: that
        is how the two players of a GAN take turns.
    loss : callable, optional
        ``loss(outputs, targets)`` for batches of ``(inputs, targets)``; instead of ``step``.
    step : callable, optional
        ``step(model, batch)`` returns the loss, or the loss and a dict of further numbers, for
        models that are no classifiers. With one optimizer the trainer does the rest.
    scheduler : LRScheduler, or dict of str to LRScheduler, optional
    clip_norm : float, optional
        The largest norm of all gradients together.
    ema_decay : float, optional
        Keep an exponential moving average of the weights, in ``ema``; it is what is evaluated.
    metrics : dict of str to callable, optional
        ``metric(targets, outputs)`` takes host arrays and returns a number. In training it is
        averaged over the batches as they were seen; in validation it is computed once, over all.
    callbacks : sequence of Callback
    device : {"cpu", "cuda"}
    out : str or path, optional
        A folder for the checkpoints ``last.npz`` and ``best.npz`` and the logs ``history.csv`` and
        ``history.jsonl``.
    progress : {"auto", "bar", "lines"} or None
        A bar, plain lines, or silence; "auto" draws a bar in a terminal.
    seed : int, optional
        Seeds the run (not the weights, which exist already) and the noise of each evaluation.
    schedule_every : {"step", "epoch"}, optional
        When the schedules step; by default OneCycleLR with the batches, others with the epochs.
    monitor : str, optional
        The column of the history that decides which checkpoint is the best and that
        ReduceLROnPlateau follows; by default the validation's loss, or the training's without one.
    mode : {"min", "max"}
        Whether it should fall or rise.
    save_every : int, optional
        Save the last checkpoint after so many steps too, not only after each epoch.
    evaluate_ema : bool
        Evaluate the moving average instead of the weights themselves, if there is one.
    evaluation_step : callable, optional
        Like ``step``, for validation; by default ``step`` itself.
    diagnose : bool
        Look for what usually goes wrong, and warn of it.
    unit : str
        What a batch consists of, in the plural.

    Attributes
    ----------
    epoch, batch, steps : int
        The finished epochs, the finished batches of the epoch that is running, and all steps.
    history : History
    numbers : dict of str to float
        The loss and the other numbers of the last batch.
    ema : AveragedModel or None

    Raises
    ------
    ValueError
        If the options do not fit together.

    Examples
    --------
    ::

        trainer = Trainer(model, Adam(model.parameters()), loss=F.cross_entropy,
                          metrics={"accuracy": accuracy}, out="runs/digits")
        history = trainer.fit(train_loader, epochs=5, validation=test_loader, resume="auto")
        history["val_accuracy"]
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer | Mapping[str, Optimizer],
        loss: Callable[[Any, Any], Any] | None = None,
        step: Step | None = None,
        scheduler: LRScheduler | Mapping[str, LRScheduler] | None = None,
        clip_norm: float | None = None,
        ema_decay: float | None = None,
        metrics: Mapping[str, Metric] | None = None,
        callbacks: Sequence[Callback] = (),
        device: str = "cpu",
        out: Path_ | None = None,
        progress: str | None = "auto",
        seed: int | None = None,
        *,
        schedule_every: str | None = None,
        monitor: str | None = None,
        mode: str = "min",
        save_every: int | None = None,
        evaluate_ema: bool = True,
        evaluation_step: Step | None = None,
        diagnose: bool = True,
        unit: str = "images",
    ) -> None:
        self.model, self.device = model.to(device), device
        self.optimizer, self.scheduler = _joined(optimizer), _joined(scheduler)
        self.loss, self.metrics = loss, dict(metrics or {})
        self.step: Step = step or self._supervised_step
        self.evaluation_step = evaluation_step or self.step
        self.clip_norm, self.evaluate_ema = clip_norm, evaluate_ema
        self.ema: AveragedModel | None = None
        if ema_decay is not None:
            self.ema = AveragedModel(model, avg_fn=get_ema_avg_fn(ema_decay))
        self.callbacks, self.seed = list(callbacks), seed
        self.out = None if out is None else Path(out)
        self.show, self.unit = progress, unit
        self.schedule_every, self.save_every = schedule_every, save_every
        self.monitor, self.mode = monitor, mode
        self.diagnose = diagnose
        self._check(step, evaluation_step)
        self._forget()

    def _check(self, step: Step | None, evaluation_step: Step | None) -> None:
        """Refuse options that do not fit together."""
        if (self.loss is None) == (step is None):
            raise ValueError(
                "give either loss=, for batches of (inputs, targets), or step=, which computes the "
                "loss of a batch as it likes"
            )
        if self.metrics and step is not None:
            raise ValueError(
                "metrics= need the outputs of a model with loss=; a step returns its numbers "
                "itself: return loss, {'accuracy': ...}"
            )
        if isinstance(self.optimizer, _Several) and (step is None or self.clip_norm is not None):
            raise ValueError(
                "with several optimizers the step does all of the training: give step=, which "
                "calls zero_grad(), backward() and step() of each, and clips if it wants to"
            )
        if self.schedule_every not in (None, "step", "epoch"):
            raise ValueError(f"schedule_every is 'step' or 'epoch', got {self.schedule_every!r}")
        self._evaluation_trains = isinstance(self.optimizer, _Several) and evaluation_step is None

    def _forget(self) -> None:
        """Set all counters and records to the beginning of a run."""
        self.epoch = self.batch = self.steps = 0
        self.history = History()
        self.best = Best(self.mode)
        self.numbers: dict[str, float] = {}
        self._averages = Averages()
        self._seconds = 0.0

    # ---- the loop ----------------------------------------------------------------------------

    def fit(
        self,
        train_loader: Iterable[Any],
        epochs: int,
        validation: Iterable[Any] | None = None,
        resume: Path_ | None = None,
    ) -> History:
        """Train until so many epochs are finished.

        Ctrl-C ends the run after the batch that is running, with a checkpoint from which it can be
        resumed; a second one ends it at once.

        Parameters
        ----------
        train_loader : iterable of batches
            Gone through once an epoch. To resume in the middle of one it needs ``state_dict`` and
            ``load_state_dict``, or the same batches in every epoch.
        epochs : int
            How many epochs the whole run has, those before a resumption included.
        validation : iterable of batches, optional
            For :meth:`evaluate` after each epoch; its numbers are recorded as ``val_...``.
        resume : str or path, optional
            A checkpoint to go on from; "auto" takes the last one in ``out`` if there is one.

        Returns
        -------
        History
            The numbers of each epoch, and whether the run was interrupted.

        Raises
        ------
        NonFiniteLossError
            If the loss becomes NaN or infinite; the message names the op and the layer.
        CallbackError
            If a callback raises an exception.
        """
        if validation is not None and self._evaluation_trains:
            raise ValueError("validation with several optimizers needs evaluation_step=")
        self._forget()
        if not self._resume(resume, train_loader) and self.seed is not None:
            tg.manual_seed(self.seed)
        with Interrupt() as interrupt, self._open_progress(train_loader, epochs):
            self._tell("on_fit_start")
            while self.epoch < epochs and not (self.history.stopped or interrupt.asked):
                self._progress.label = f"epoch {self.epoch + 1}/{epochs}  "
                if self._train_epoch(train_loader, interrupt):
                    self._finish_epoch(train_loader, validation)
            self.history.interrupted = interrupt.asked
            self._say_how_it_ended(train_loader)
            self._tell("on_fit_end")
        return self.history

    def _train_epoch(self, loader: Iterable[Any], interrupt: Interrupt) -> bool:
        """Go through the (rest of the) batches; whether that came to its end."""
        if self.batch == 0:
            self._tell("on_epoch_start")
        self.model.train()
        # A loader without a state begins its epoch anew: pass over what was done.
        skip = 0 if hasattr(loader, "load_state_dict") else self.batch
        for batch in itertools.islice(loader, skip, None):
            self._train_batch(self._on_device(batch))
            if interrupt.asked:
                return False
            if self.save_every and self.steps % self.save_every == 0:
                self._save(LAST, loader)
        return True

    def _train_batch(self, batch: Any) -> None:
        """Forward, backward, step; then the average, the schedule and the books."""
        began = time.perf_counter()
        with self._watched() as watch:
            noise = tg.get_rng_state()
            loss, numbers = self._run(self.step, self.model, batch)
            if not math.isfinite(numbers["loss"]):
                raise self._not_finite("the loss", batch, noise)
            if watch is not None and self.steps == 0 and watch.output is not None:
                self._report(diagnosis.check_start(self.loss, watch.output, numbers["loss"]))
            if isinstance(self.optimizer, Optimizer):
                self.optimizer.zero_grad()
                loss.backward()
                if self.clip_norm is not None:
                    norm = clip_grad_norm_(self.model.parameters(), self.clip_norm)
                    if not math.isfinite(norm.item()):
                        raise self._not_finite("the norm of the gradients", batch, noise)
                self.optimizer.step()
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        self._step_schedules("step")

        self.numbers = numbers
        self.batch += 1
        self.steps += 1
        items = _size(batch)
        self._averages.add(numbers, items)
        self._seconds += time.perf_counter() - began
        self._progress.advance(items, numbers["loss"])
        self._tell("on_batch_end")

    def _finish_epoch(self, loader: Iterable[Any], validation: Iterable[Any] | None) -> None:
        """Validate, record, adjust the rate, save."""
        row = {"epoch": self.epoch + 1, "step": self.steps, **self._averages.means()}
        if validation is not None:
            with self._progress.paused():
                tested = self.evaluate(validation)
            row |= {f"val_{name}": value for name, value in tested.items()}
        row["lr"] = self._learning_rate()
        row["seconds"] = self._seconds
        self.history.rows.append(row)
        self.epoch += 1
        self.batch, self._averages, self._seconds = 0, Averages(), 0.0
        self._step_schedules("epoch")
        self._tell("on_epoch_end")
        self._progress.say(describe(row))
        # The best comes first: the last one's state says that it is there.
        if self.best.update(self.monitored(), self.epoch):
            self._save(BEST, loader)
        self._save(LAST, loader)
        if self.out is not None:
            self.history.write_csv(self.out / "history.csv")
            self.history.write_json_lines(self.out / "history.jsonl")

    # ---- steps -------------------------------------------------------------------------------

    def _supervised_step(self, model: Module, batch: Any) -> tuple[Any, dict[str, float]]:
        """The loss and the metrics of a batch of (inputs, targets)."""
        loss, targets, outputs = self._compared(model, batch)
        scores = {name: metric(targets(), outputs()) for name, metric in self.metrics.items()}
        return loss, scores

    def _compared(self, model: Module, batch: Any) -> tuple[Any, Any, Any]:
        """The loss, and how to get targets and outputs to the host."""
        assert self.loss is not None
        inputs, targets = batch
        outputs = model(inputs)
        return self.loss(outputs, targets), partial(_on_host, targets), partial(_on_host, outputs)

    @staticmethod
    def _run(step: Step, model: Module, batch: Any) -> tuple[Any, dict[str, float]]:
        """Run a step: its loss, and all its numbers as Python's own."""
        result = step(model, batch)
        loss, numbers = result if isinstance(result, tuple) else (result, {})
        return loss, {"loss": _number(loss)} | {n: _number(value) for n, value in numbers.items()}

    def _step_schedules(self, moment: str) -> None:
        """Step the schedules whose moment it is."""
        schedulers = self.scheduler.parts.values() if isinstance(self.scheduler, _Several) else [self.scheduler]
        for scheduler in schedulers:
            if scheduler is None:
                continue
            per_step = isinstance(scheduler, OneCycleLR)
            if moment != (self.schedule_every or ("step" if per_step else "epoch")):
                continue
            if isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step(self.monitored() if moment == "epoch" else self.numbers["loss"])
            else:
                scheduler.step()
