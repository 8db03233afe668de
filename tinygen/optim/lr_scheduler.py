"""Learning-rate schedules: when a scheduler steps, it writes ``"lr"`` into the groups.

Most schedules multiply the present rate by a factor, so that several of them may act on one
optimizer; each says its closed form. Call ``optimizer.step()`` first, then ``scheduler.step()``.
"""

from __future__ import annotations

import copy
import math
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType
from typing import Any, NamedTuple, SupportsFloat

from tinygen.optim.optimizer import Group, Optimizer

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]


class LRScheduler:
    """Base class of the schedules; a subclass defines :meth:`get_lr`.

    Parameters
    ----------
    optimizer : Optimizer
        Its groups' ``"lr"`` is what the schedule starts from, kept there as ``"initial_lr"``.
    last_epoch : int
        How far an earlier run came, or -1 to begin.

    Attributes
    ----------
    last_epoch : int
        The number of steps taken.
    base_lrs : list of float
        The rate at which each group started.

    Raises
    ------
    TypeError
        If ``optimizer`` is not an Optimizer.
    ValueError
        If an earlier run is to be continued and a group has no ``"initial_lr"``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = _checked_optimizer(optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ValueError(
                    f"last_epoch={last_epoch} continues a schedule, but parameter group {number} "
                    "has no 'initial_lr': load the optimizer's saved state first, or leave "
                    "last_epoch out to begin"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """Write the first learning rate."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[float]:
        """Compute the learning rate of each group at step ``last_epoch``; :meth:`step` calls it."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the learning rates that were last written, one for each group."""
        return self._last_lr

    def step(self) -> None:
        """Advance the schedule by one and write the new learning rates."""
        if self._step_count == 1 and self.optimizer.steps_taken == 0:
            warnings.warn(
                "scheduler.step() was called before the first optimizer.step(), which skips the "
                "first learning rate of the schedule: call optimizer.step() first, then "
                "scheduler.step()",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self.last_epoch += 1
        self._write(self.get_lr())

    def _restart(self) -> None:
        """Begin at the base rates, whatever was before."""
        self._write(self.base_lrs)
        self.last_epoch = -1
        self._initial_step()

    def _write(self, rates: Iterable[float]) -> None:
        """Set the groups' learning rates, as Python numbers (a NumPy one would promote dtypes)."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = float(rate)
        self._last_lr = self._present_rates()

    def _present_rates(self) -> list[float]:
        """Return the learning rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return what the schedule must know to go on: Python numbers, strings and lists."""
        state = {name: value for name, value in vars(self).items() if name != "optimizer"}
        return copy.deepcopy(state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state. The present learning rates are the optimizer's to load.

        Raises
        ------
        ValueError
            If the names differ, as they do for another kind of schedule.
        """
        self._check_names(state_dict)
        vars(self).update(copy.deepcopy(state_dict))

    def _check_names(self, state_dict: dict[str, Any]) -> None:
        """Raise ValueError unless a saved state has the names of this schedule's own."""
        own = self.state_dict()
        missing, unexpected = sorted(set(own) - set(state_dict)), sorted(set(state_dict) - set(own))
        if missing or unexpected:
            raise ValueError(
                f"this is not the state of a {type(self).__name__}: missing {missing}, unexpected "
                f"{unexpected}"
            )
        if len(state_dict["_last_lr"]) != len(own["_last_lr"]):
            raise ValueError(
                f"the saved schedule has {len(state_dict['_last_lr'])} parameter group(s), this "
                f"optimizer has {len(own['_last_lr'])}"
            )


class LambdaLR(LRScheduler):
    r"""The initial rate times a function of the step: :math:`\gamma_t = \gamma_0 f(t)`.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or list of callable
        The function :math:`f`, or one for each group. A function is not saved in ``state_dict``; a
        callable object is, by its attributes.
    last_epoch : int

    Raises
    ------
    ValueError
        If there is not one function for each group.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambdas: list[Callable[[int], float]] = _for_each_group(
            "lr_lambda", _checked_optimizer(optimizer), lr_lambda
        )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            base_lr * factor(self.last_epoch)
            for base_lr, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        hidden = ("optimizer", "lr_lambdas")
        state = {name: value for name, value in vars(self).items() if name not in hidden}
        state["lr_lambdas"] = [
            None if isinstance(factor, FunctionType) else getattr(factor, "__dict__", None)
            for factor in self.lr_lambdas
        ]
        return copy.deepcopy(state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._check_names(state_dict)
        state = copy.deepcopy(state_dict)
        for factor, attributes in zip(self.lr_lambdas, state.pop("lr_lambdas"), strict=True):
            if attributes is not None:
                vars(factor).update(attributes)
        vars(self).update(state)


class StepLR(LRScheduler):
    r"""Times ``gamma`` every ``step_size`` steps.

    .. math:: \gamma_t = \gamma_0 \, \mathrm{gamma}^{\lfloor t / \mathrm{step\_size} \rfloor}

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
    gamma : float
    last_epoch : int
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._present_rates()
        return [rate * self.gamma for rate in self._present_rates()]


class MultiStepLR(LRScheduler):
    r"""Times ``gamma`` at each milestone.

    .. math:: \gamma_t = \gamma_0 \, \mathrm{gamma}^{|\{m : m \le t\}|}

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        The steps; one that is named twice counts twice.
    gamma : float
    last_epoch : int
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        factor = self.gamma ** self.milestones.count(self.last_epoch)
        return [rate * factor for rate in self._present_rates()]


class LinearLR(LRScheduler):
    r"""From ``start_factor`` to ``end_factor`` times the initial rate: a linear warm-up.

    .. math:: \gamma_t = \gamma_0 \left(s + (e - s) \min(t, T) / T\right)

    Parameters
    ----------
    optimizer : Optimizer
    start_factor, end_factor : float
        The factors :math:`s` in (0, 1] and :math:`e` in [0, 1].
    total_iters : int
        The number of steps :math:`T`.
    last_epoch : int

    Raises
    ------
    ValueError
        If a factor is out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                f"start_factor must be above 0 (the next rates are multiples of the first) and at "
                f"most 1, got {start_factor!r}"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(f"end_factor must be between 0 and 1, got {end_factor!r}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        rates = self._present_rates()
        if self.last_epoch == 0:
            return [rate * self.start_factor for rate in rates]
        if self._is_initial or self.last_epoch > self.total_iters:
            return rates
        # The factor at step t, times T, is s T + (e - s) t; its ratio to the one before:
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return [rate * (1 + rise / before) for rate in rates]


class ExponentialLR(LRScheduler):
    r"""Times ``gamma`` at every step: :math:`\gamma_t = \gamma_0 \, \mathrm{gamma}^t`.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        factor = 1.0 if self._is_initial else self.gamma
        return [rate * factor for rate in self._present_rates()]


class CosineAnnealingLR(LRScheduler):
    r"""Half a period of a cosine from the initial rate to ``eta_min``, and back if continued.

    .. math::
        \gamma_t = \eta + \tfrac12 (\gamma_0 - \eta) \left(1 + \cos(\pi t / T)\right)

    Loshchilov and Hutter, "SGDR", arXiv:1608.03983, without the restarts.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        The number of steps :math:`T`.
    eta_min : float
        The lowest rate :math:`\eta`.
    last_epoch : int
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803 (PyTorch's name)
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        rates = self._present_rates()
        if self._is_initial:
            return rates
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            # At the bottom the height is 0 and has no ratio: climb by the difference.
            return [
                rate + (base_lr - self.eta_min) * self._height(self.T_max - 1)
                for rate, base_lr in zip(rates, self.base_lrs, strict=True)
            ]
        ratio = self._height(self.last_epoch) / self._height(self.last_epoch - 1)
        return [self.eta_min + (rate - self.eta_min) * ratio for rate in rates]

    def _height(self, step: int) -> float:
        """How far above the lowest rate a step is, from 1 to 0."""
        return (1 + math.cos(math.pi * step / self.T_max)) / 2


class SequentialLR(LRScheduler):
    """One schedule after another, each from its own beginning: a warm-up and then a decay.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
        In the order of use, all of this optimizer.
    milestones : list of int
        The steps at which the second schedule and those after it begin.
    last_epoch : int

    Raises
    ------
    ValueError
        If the numbers of schedules and milestones do not agree, if a schedule belongs to another
        optimizer, or if it is a :class:`ReduceLROnPlateau` or a sequence itself.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = _checked_optimizer(optimizer)
        if len(schedulers) != len(milestones) + 1:
            raise ValueError(
                f"got {len(schedulers)} schedule(s) and {len(milestones)} milestone(s): a "
                "milestone lies between two schedules, so there must be one less"
            )
        for number, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau | SequentialLR):
                raise ValueError(
                    f"schedule {number} is a {type(scheduler).__name__}, which cannot be one of a "
                    "sequence: ReduceLROnPlateau needs a metric at each step, and a sequence in a "
                    "sequence is written as one"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"schedule {number} belongs to another optimizer than this one")
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1

        # Every schedule wrote its first rate when it was made: go back and make only the first do.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in schedulers:
            scheduler.last_epoch -= 1
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        """Advance the schedule whose turn it is, beginning it at its milestone."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            scheduler._restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        hidden = ("optimizer", "_schedulers")
        state = {name: value for name, value in vars(self).items() if name not in hidden}
        state["_schedulers"] = [scheduler.state_dict() for scheduler in self._schedulers]
        return copy.deepcopy(state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._check_names(state_dict)
        state = copy.deepcopy(state_dict)
        for scheduler, saved in zip(self._schedulers, state.pop("_schedulers"), strict=True):
            scheduler.load_state_dict(saved)
        vars(self).update(state)


class _Phase(NamedTuple):
    """A part of a cycle: its last step, and the names of the values that it goes between."""

    end: float
    lr: tuple[str, str]
    momentum: tuple[str, str]


class OneCycleLR(LRScheduler):
    r"""The 1cycle policy (Smith and Topin, arXiv:1708.07120), stepped after every batch.

    The rate rises from ``max_lr / div_factor`` to ``max_lr`` over the first ``pct_start`` of the
    steps and then falls to its start divided by ``final_div_factor``. The momentum (the first of
    Adam's ``betas``) does the opposite: it falls to ``base_momentum`` while the rate rises.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float, or list of float
        The highest rate, or one for each group.
    total_steps : int, optional
        The number of steps; without it ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
    pct_start : float
        The share of the steps in which the rate rises.
    anneal_strategy : {"cos", "linear"}
    cycle_momentum : bool
    base_momentum, max_momentum : float, or list of float
        The lowest and the highest momentum.
    div_factor, final_div_factor : float
    three_phase : bool
        Fall back to the first rate in as many steps as it rose, and only then to the last.
    last_epoch : int

    Raises
    ------
    ValueError
        If the number of steps is not given or is exceeded, if an option is out of range, or if the
        momentum is to be cycled and the optimizer has none.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.total_steps = _number_of_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start is a share, between 0 and 1; got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.three_phase = three_phase

        max_lrs = _for_each_group("max_lr", _checked_optimizer(optimizer), max_lr)
        low = _for_each_group("base_momentum", optimizer, base_momentum)
        high = _for_each_group("max_momentum", optimizer, max_momentum)
        if cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                f"{type(optimizer).__name__} has neither momentum nor betas to cycle: pass "
                "cycle_momentum=False"
            )
        if last_epoch == -1:
            for index, group in enumerate(optimizer.param_groups):
                group["max_lr"] = max_lrs[index]
                group["initial_lr"] = max_lrs[index] / div_factor
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = low[index], high[index]
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Compute the learning rates and, as PyTorch does here, write the momenta."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"this is step {self.last_epoch} of a 1cycle schedule of {self.total_steps}: "
                "step() is called once a batch, so total_steps must be epochs * steps_per_epoch"
            )
        phases = self._phases()
        current = 0
        while self.last_epoch > phases[current].end and current < len(phases) - 1:
            current += 1
        phase = phases[current]
        begin = phases[current - 1].end if current > 0 else 0.0
        # A phase may have no length, and is then over when it begins.
        length = phase.end - begin
        progress = (self.last_epoch - begin) / length if length else 1.0

        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                _write_momentum(group, self._anneal(group, phase.momentum, progress))
        return [self._anneal(group, phase.lr, progress) for group in self.optimizer.param_groups]

    def _phases(self) -> list[_Phase]:
        """Divide the cycle where the direction changes."""
        peak = self.pct_start * self.total_steps - 1
        end = self.total_steps - 1
        rise = _Phase(peak, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
        if not self.three_phase:
            fall = _Phase(end, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))
            return [rise, fall]
        back = _Phase(2 * peak, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
        annihilate = _Phase(end, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))
        return [rise, back, annihilate]

    def _anneal(self, group: Group, names: tuple[str, str], progress: float) -> float:
        """Go from one value of the group to another while ``progress`` goes from 0 to 1."""
        start, end = (float(group[name]) for name in names)
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2 * (1 + math.cos(math.pi * progress))
        return start + (end - start) * progress


class ReduceLROnPlateau(LRScheduler):
    """Times ``factor`` when a metric has stopped improving; ``step(metric)`` takes it.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether the metric should fall or rise.
    factor : float
    patience : int
        How many steps in a row without improvement are let pass.
    threshold : float
        By how much the metric must be better than the best to be an improvement.
    threshold_mode : {"rel", "abs"}
        Whether ``threshold`` is a share of the best or an amount.
    cooldown : int
        How many steps after a reduction are not counted.
    min_lr : float, or list of float
        The lowest rate, or one for each group.
    eps : float
        A smaller change of the rate than this is not made.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"factor must be below 1 to reduce the rate, got {factor!r}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        self.optimizer = _checked_optimizer(optimizer)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lrs: list[float] = _for_each_group("min_lr", optimizer, min_lr)
        self.eps = eps

        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self._last_lr = self._present_rates()

    def step(self, metrics: SupportsFloat) -> None:  # type: ignore[override]
        """Take notice of the metric, and reduce the rates if it has been bad for too long.

        Parameters
        ----------
        metrics : float or Tensor of one element
        """
        self.last_epoch += 1
        metric = float(metrics)
        if self._is_better(metric):
            self.best = metric
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1

        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._present_rates()

    def _is_better(self, metric: float) -> bool:
        """Whether a metric improves on the best by more than the threshold."""
        margin = -self.threshold if self.mode == "min" else self.threshold
        bound = self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin
        return metric < bound if self.mode == "min" else metric > bound

    def _reduce(self) -> None:
        """Lower the rates, each down to its minimum."""
        for group, min_lr in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            reduced = max(group["lr"] * self.factor, min_lr)
            if group["lr"] - reduced > self.eps:
                group["lr"] = reduced


def _checked_optimizer(optimizer: Optimizer) -> Optimizer:
    """Raise TypeError unless it is an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"a schedule needs the Optimizer whose rate it sets, got {type(optimizer).__name__}"
        )
    return optimizer


def _for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Return one value for each parameter group."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{name} must be one value, or one for each of the {count} parameter group(s), but it "
            f"has {len(value)}"
        )
    return list(value)


def _number_of_steps(total: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """Return the length of a cycle, which may be given in two ways."""
    if total is None and epochs is not None and steps_per_epoch is not None:
        total = epochs * steps_per_epoch
    if total is None:
        raise ValueError("a 1cycle schedule needs total_steps, or epochs and steps_per_epoch")
    if not isinstance(total, int) or total <= 0:
        raise ValueError(f"the number of steps must be a positive integer, got {total!r}")
    return total


def _write_momentum(group: Group, momentum: float) -> None:
    """Set the momentum of a group, which Adam calls the first of its betas."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
