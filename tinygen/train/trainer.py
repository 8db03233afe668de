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
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

import tinygen as tg
from tinygen.io.archive import require_savable
from tinygen.io.messages import text
from tinygen.nn import Module
from tinygen.nn.utils import clip_grad_norm_
from tinygen.optim import Optimizer
from tinygen.optim.lr_scheduler import LRScheduler, OneCycleLR, ReduceLROnPlateau
from tinygen.optim.swa_utils import AveragedModel, get_ema_avg_fn
from tinygen.train import diagnosis
from tinygen.train.batches import number, on_device, on_host, pair, size_of
from tinygen.train.callbacks import Callback, call
from tinygen.train.diagnosis import NonFiniteLossError, Watch
from tinygen.train.evaluation import undisturbed
from tinygen.train.history import Averages, Best, History, describe
from tinygen.train.interrupt import Interrupt
from tinygen.train.progress import Progress
from tinygen.train.resume import by_name, go_on_from, has_state, save

__all__ = ["BEST", "LAST", "Trainer"]

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
    architecture : str, optional
        A name by which the model can be built again; it goes into each checkpoint, where
        ``tinygen info`` and ``load_checkpoint`` find it, as do the next two.
    arguments : mapping of str, optional
        What to build it with, as in ``tinygen.models.create(architecture, **arguments)``.
    metadata : object, optional
        Anything else that :func:`tinygen.save` saves: the names of the classes, for instance.

    Attributes
    ----------
    epoch, batch, steps : int
        The finished epochs, the finished batches of the epoch that is running, and all steps.
    history : History
    numbers : dict of str to float
        The loss and the other numbers of the last batch.
    averages, seconds : Averages, float
        Of the epoch that is running: the means so far, and how long it has taken.
    best : Best
        The best value of what is monitored, and its epoch.
    ema : AveragedModel or None

    Raises
    ------
    ValueError
        If the options do not fit together.
    TypeError
        If no file can keep what shall go into the checkpoints.

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
        architecture: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        metadata: Any = None,
    ) -> None:
        self.model, self.device = model.to(device), device
        self.optimizer, self.scheduler = optimizer, scheduler
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
        self.monitor, self.mode, self.diagnose = monitor, mode, diagnose
        self.architecture, self.arguments = architecture, dict(arguments or {})
        self.metadata = metadata
        require_savable({"arguments": self.arguments, "metadata": metadata})
        self._check(step, evaluation_step)
        self._forget()

    def _check(self, step: Step | None, evaluation_step: Step | None) -> None:
        """Refuse options that do not fit together."""
        if (self.loss is None) == (step is None):
            raise ValueError(
                "give either loss=, for batches of (inputs, targets), or step=, which computes the "
                "loss of a batch as it likes"
            )
        if step is None and evaluation_step is not None:
            raise ValueError("evaluation_step= goes with step=; with loss= there is nothing to it")
        if step is not None and self.metrics:
            raise ValueError(
                "metrics= are computed from the outputs of a model with loss=; a step returns its "
                "numbers itself: return loss, {'accuracy': ...}"
            )
        if not isinstance(self.optimizer, Optimizer) and (step is None or self.clip_norm):
            raise ValueError(
                "with several optimizers the step does all of the training: give step=, which "
                "calls zero_grad(), backward() and step() of each, and clips if it wants to"
            )
        if self.schedule_every not in (None, "step", "epoch"):
            raise ValueError(f"schedule_every is 'step' or 'epoch', got {self.schedule_every!r}")
        # A step that moves weights itself must not be taken for an evaluation.
        self._can_evaluate = isinstance(self.optimizer, Optimizer) or evaluation_step is not None

    def _forget(self) -> None:
        """Set all counters and records to the beginning of a run."""
        self.epoch = self.batch = self.steps = 0
        self.history = History()
        self.best = Best(self.mode)
        self.numbers: dict[str, float] = {}
        self.averages, self.seconds = Averages(), 0.0

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
        resumed = self._resume(resume, train_loader)
        if not resumed:
            self._forget()
            if self.seed is not None:
                tg.manual_seed(self.seed)
        with Interrupt() as interrupt, self._open_progress(train_loader, epochs):
            if resumed:
                self._progress.say(text("training resumed", epoch=self.epoch, step=self.steps))
            self._tell("on_fit_start")
            while self.epoch < epochs and not (self.history.stopped or interrupt.asked):
                self._progress.label = text(
                    "training label", epoch=self.epoch + 1, epochs=epochs
                )  # fmt: skip
                if self._train_epoch(train_loader, interrupt):
                    self._finish_epoch(train_loader, validation)
            if interrupt.asked and self.epoch < epochs:
                self._save_interrupted(train_loader)
            if self.history.stopped:
                self._progress.say(text("training stopped", reason=self.history.stopped))
            self._tell("on_fit_end")
        return self.history

    def _train_epoch(self, loader: Iterable[Any], interrupt: Interrupt) -> bool:
        """Go through the (rest of the) batches; whether that came to its end."""
        if self.batch == 0:
            self._tell("on_epoch_start")
        self.model.train()
        self._clock = time.perf_counter()
        # A loader without a state begins its epoch anew: pass over what was done.
        skip = 0 if has_state(loader) else self.batch
        for batch in itertools.islice(loader, skip, None):
            self._train_batch(on_device(batch, self.device))
            if interrupt.asked:
                return False
            if self.save_every and self.steps % self.save_every == 0:
                self._save(LAST, loader)
        if self.batch == 0:
            raise ValueError(
                "the training loader gave no batch: is it empty, or a generator, which can be gone "
                "through only once? Give a DataLoader or a list"
            )
        return True

    def _train_batch(self, batch: Any) -> None:
        """Forward, backward, step; then the average, the schedule and the books."""
        with self._watched() as watch:
            noise = tg.get_rng_state()
            loss, numbers = self._run(self.step, self.model, batch)
            if not math.isfinite(numbers["loss"]):
                raise self._not_finite(f"the loss is {numbers['loss']}", batch, noise)
            if isinstance(self.optimizer, Optimizer):
                self.optimizer.zero_grad()
                loss.backward()
                if self.clip_norm is not None:
                    norm = clip_grad_norm_(self.model.parameters(), self.clip_norm).item()
                    if not math.isfinite(norm):
                        raise self._not_finite(f"the gradients' norm is {norm}", batch, noise)
                self.optimizer.step()
        if watch is not None:
            self._report(watch, numbers["loss"])
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        self.numbers = numbers
        self.batch += 1
        self.steps += 1
        self._step_schedules("step")

        items = size_of(batch)
        self.averages.add(numbers, items)
        began, self._clock = self._clock, time.perf_counter()
        self.seconds += self._clock - began
        self._progress.advance(items, numbers["loss"])
        self._tell("on_batch_end")

    def _finish_epoch(self, loader: Iterable[Any], validation: Iterable[Any] | None) -> None:
        """Validate, record, adjust the rate, save."""
        row = {"epoch": self.epoch + 1, "step": self.steps, **self.averages.means()}
        if validation is not None:
            with self._progress.paused():
                tested = self.evaluate(validation)
            row |= {f"val_{name}": value for name, value in tested.items()}
        row |= {**self._rates(), "seconds": self.seconds}
        self.history.rows.append(row)
        self.epoch += 1
        self.batch, self.averages, self.seconds = 0, Averages(), 0.0
        self._step_schedules("epoch")
        self._progress.say(describe(row))
        self._tell("on_epoch_end")
        # The best comes first: the last one's state says that it is there.
        if self.best.update(self.monitored(), self.epoch):
            self._save(BEST, loader)
        self._save(LAST, loader)
        if self.out is not None:
            self.history.write_csv(self.out / "history.csv")
            self.history.write_json_lines(self.out / "history.jsonl")

    # ---- steps and schedules -----------------------------------------------------------------

    def _supervised_step(self, model: Module, batch: Any) -> tuple[Any, dict[str, float]]:
        """The loss and the metrics of a batch of (inputs, targets)."""
        loss, outputs = self._compared(model, batch)
        if not self.metrics:
            return loss, {}
        return loss, self._scores(on_host(batch[1]), on_host(outputs))

    def _compared(self, model: Module, batch: Any) -> tuple[Any, Any]:
        """The loss of a batch of (inputs, targets), and the outputs."""
        assert self.loss is not None
        inputs, targets = pair(batch)
        outputs = model(inputs)
        return self.loss(outputs, targets), outputs

    def _scores(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        return {name: float(metric(targets, outputs)) for name, metric in self.metrics.items()}

    @staticmethod
    def _run(step: Step, model: Module, batch: Any) -> tuple[Any, dict[str, float]]:
        """Run a step: its loss, and all its numbers as Python's own (which waits for a GPU)."""
        result = step(model, batch)
        loss, numbers = result if isinstance(result, tuple) else (result, {})
        return loss, {name: number(value) for name, value in {"loss": loss, **numbers}.items()}

    def _step_schedules(self, moment: str) -> None:
        """Step the schedules whose moment it is."""
        for scheduler in by_name(self.scheduler).values():
            usual = "step" if isinstance(scheduler, OneCycleLR) else "epoch"
            if moment != (self.schedule_every or usual):
                continue
            if isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step(self.numbers["loss"] if moment == "step" else self.monitored())
            else:
                scheduler.step()

    def _rates(self) -> dict[str, float]:
        """The learning rates by their columns: of each optimizer the first group's."""
        return {
            f"lr_{name}" if name else "lr": optimizer.param_groups[0]["lr"]
            for name, optimizer in by_name(self.optimizer).items()
        }

    def monitored(self, name: str | None = None) -> float:
        """Return what the last epoch has in a column, by default the monitored one.

        Parameters
        ----------
        name : str, optional

        Raises
        ------
        ValueError
            If there is no such column.
        """
        row = self.history.rows[-1]
        name = name or self.monitor or ("val_loss" if "val_loss" in row else "loss")
        if name not in row:
            hint = ": fit() was given no validation" if name.startswith("val_") else ""
            raise ValueError(f"no {name!r} to monitor among {', '.join(row)}{hint}")
        return float(row[name])

    def stop(self, reason: str) -> None:
        """End the run after this epoch.

        Parameters
        ----------
        reason : str
            Why, for the history and for people.
        """
        self.history.stopped = reason

    def _tell(self, moment: str) -> None:
        for callback in self.callbacks:
            call(callback, moment, self)

    def _open_progress(self, loader: Iterable[Any], epochs: int) -> Progress:
        batches = len(loader) if isinstance(loader, Sized) else None
        done = 0 if batches is None else self.epoch * batches + self.batch
        total = None if batches is None else epochs * batches
        self._progress = Progress(total, self.unit, self.show, done)
        return self._progress

    # ---- evaluation --------------------------------------------------------------------------

    def evaluate(self, loader: Iterable[Any], ema: bool | None = None) -> dict[str, float]:
        """Compute the loss and the metrics, with dropout and the like switched off.

        Training goes on afterwards as if nothing had happened, its random numbers included.

        Parameters
        ----------
        loader : iterable of batches
        ema : bool, optional
            Whether to evaluate the moving average, if there is one; by default ``evaluate_ema``.

        Returns
        -------
        dict of str to float
            The loss and what a step returns are means over all items; metrics are computed once,
            over all.

        Raises
        ------
        ValueError
            If there is no batch, or no step to evaluate with.
        """
        if not self._can_evaluate:
            raise ValueError("with several optimizers an evaluation needs evaluation_step=")
        use_average = self.evaluate_ema if ema is None else ema
        model = self.ema.module if use_average and self.ema is not None else self.model
        averages, targets, outputs = Averages(), [], []
        with undisturbed(model, self.seed):
            for given in loader:
                batch = on_device(given, self.device)
                if self.loss is None:
                    numbers = self._run(self.evaluation_step, model, batch)[1]
                else:
                    loss, output = self._compared(model, batch)
                    numbers = {"loss": loss.item()}
                    if self.metrics:
                        targets.append(on_host(batch[1]))
                        outputs.append(on_host(output))
                averages.add(numbers, size_of(batch))
        if not averages.sums:
            raise ValueError("nothing to evaluate: the loader gave no batch")
        scores = self._scores(np.concatenate(targets), np.concatenate(outputs)) if targets else {}
        return averages.means() | scores

    # ---- diagnosis ---------------------------------------------------------------------------

    def _watched(self) -> AbstractContextManager[Watch | None]:
        """Listen in on the first batch of an epoch."""
        return Watch(self.model) if self.diagnose and self.batch == 0 else nullcontext()

    def _report(self, watch: Watch, loss: float) -> None:
        """Record what was measured, and warn once of each kind of fault."""
        self.history.health.append({"epoch": self.epoch + 1, **watch.measured()})
        findings = list(watch.findings())
        if isinstance(self.optimizer, Optimizer) and self.optimizer.steps_taken == 1:
            findings += watch.findings_at_start(self.loss, loss, self.scheduler is not None)
        known = {finding["kind"] for finding in self.history.findings}
        for finding in findings:
            if finding.kind not in known:
                self.history.findings.append({"epoch": self.epoch + 1, **finding._asdict()})
                diagnosis.warn(finding)

    def _not_finite(self, what: str, batch: Any, noise: Any) -> NonFiniteLossError:
        """Run a batch again, with the same noise and every op checked, to say what went wrong."""

        def again() -> None:
            loss, _ = self._run(self.step, self.model, batch)
            if isinstance(self.optimizer, Optimizer):
                loss.backward()

        tg.set_rng_state(noise)
        return NonFiniteLossError(
            f"{what} in epoch {self.epoch + 1}, batch {self.batch + 1}: "
            f"{diagnosis.explain(again, self.model, batch)}"
        )

    # ---- checkpoints -------------------------------------------------------------------------

    def _save(self, name: str, loader: Iterable[Any]) -> None:
        """Write a checkpoint into the folder of the run, if it has one."""
        if self.out is not None:
            save(self, self.out / name, loader)

    def _resume(self, path: Path_ | None, loader: Iterable[Any]) -> bool:
        """Go on from a checkpoint, if that is asked for and there is one."""
        if path == "auto":
            if self.out is None:
                raise ValueError(f"resume='auto' looks for {LAST} in the folder out=: give one")
            path = self.out / LAST if (self.out / LAST).exists() else None
        if path is None:
            return False
        go_on_from(self, Path(path), loader)
        return True

    def _save_interrupted(self, loader: Iterable[Any]) -> None:
        """Keep what Ctrl-C left, and say where."""
        self.history.interrupted = True
        self._save(LAST, loader)
        if self.out is None:
            said = text("training lost", step=self.steps)
        else:
            said = text("training interrupted", step=self.steps, path=self.out / LAST)
        self._progress.say(said)
