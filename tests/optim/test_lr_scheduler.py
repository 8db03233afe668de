"""Schedules against their closed forms."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.optim import lr_scheduler

RATES = (0.4, 0.05)


def two_groups(optimizer=tg.optim.SGD, **options):
    groups = [{"params": [tg.tensor([1.0], requires_grad=True)], "lr": rate} for rate in RATES]
    return optimizer(groups, **options)


def rates_over(optimizer, scheduler, steps):
    """The learning rates of each group at the steps 0 to ``steps``."""
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
    return np.array(rates)


CLOSED_FORMS = {
    "StepLR": (
        lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5),
        lambda t: 0.5 ** (t // 3),
    ),
    "MultiStepLR": (
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones=[7, 2, 7], gamma=0.5),
        lambda t: 0.5 ** ((t >= 2) + 2 * (t >= 7)),
    ),
    "ExponentialLR": (
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.8),
        lambda t: 0.8**t,
    ),
    "LinearLR": (
        lambda optimizer: lr_scheduler.LinearLR(optimizer, 0.25, 0.75, total_iters=4),
        lambda t: 0.25 + 0.5 * min(t, 4) / 4,
    ),
    "LinearLR with PyTorch's defaults": (
        lambda optimizer: lr_scheduler.LinearLR(optimizer),
        lambda t: 1 / 3 + 2 / 3 * min(t, 5) / 5,
    ),
    "CosineAnnealingLR": (
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=8),
        lambda t: (1 + math.cos(math.pi * t / 8)) / 2,
    ),
    "LambdaLR": (
        lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t)),
        lambda t: 1 / (1 + t),
    ),
    "SequentialLR": (
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [
                lr_scheduler.LinearLR(optimizer, 0.5, 1.0, total_iters=4),
                lr_scheduler.ExponentialLR(optimizer, gamma=0.9),
                lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1),
            ],
            milestones=[4, 9],
        ),
        lambda t: 0.5 + t / 8 if t < 4 else 0.9 ** (t - 4) if t < 9 else 0.1 ** ((t - 9) // 2),
    ),
}
ALL = [pytest.param(*case, id=name) for name, case in CLOSED_FORMS.items()]


@pytest.mark.parametrize(("build", "factor"), ALL)
def test_rates_follow_the_closed_form(build, factor):
    optimizer = two_groups()

    rates = rates_over(optimizer, build(optimizer), steps=14)

    expected = [[rate * factor(t) for rate in RATES] for t in range(15)]
    np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("build", "factor"), ALL)
def test_the_last_rates_can_be_asked_for(build, factor):
    optimizer = two_groups()
    scheduler = build(optimizer)
    for _ in range(6):
        optimizer.step()
        scheduler.step()

    assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
    assert scheduler.last_epoch == 6


@pytest.mark.parametrize(("build", "factor"), ALL)
def test_a_loaded_schedule_goes_on_exactly(build, factor):
    optimizer = two_groups()
    scheduler = build(optimizer)
    rates_over(optimizer, scheduler, steps=5)
    saved = json.loads(json.dumps(scheduler.state_dict()))
    saved_optimizer = optimizer.state_dict()
    expected = rates_over(optimizer, scheduler, steps=7)

    fresh_optimizer = two_groups()
    fresh = build(fresh_optimizer)
    fresh.load_state_dict(saved)
    fresh_optimizer.load_state_dict(saved_optimizer)

    np.testing.assert_array_equal(rates_over(fresh_optimizer, fresh, steps=7), expected)


def test_two_schedules_on_one_optimizer_multiply():
    optimizer = two_groups()
    first = lr_scheduler.LinearLR(optimizer, 0.5, 1.0, total_iters=4)
    second = lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    for t in range(1, 8):
        optimizer.step()
        first.step()
        second.step()
        factor = (0.5 + 0.5 * min(t, 4) / 4) * 0.9**t
        rates = [group["lr"] for group in optimizer.param_groups]
        np.testing.assert_allclose(rates, [rate * factor for rate in RATES], rtol=1e-12)


def test_cosine_goes_down_to_its_minimum_and_up_again():
    optimizer = two_groups()
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=5, eta_min=0.01)

    rates = rates_over(optimizer, scheduler, steps=20)

    expected = [
        [0.01 + (rate - 0.01) * (1 + math.cos(math.pi * t / 5)) / 2 for rate in RATES]
        for t in range(21)
    ]
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


def test_lambda_takes_a_function_for_each_group():
    optimizer = two_groups()
    scheduler = lr_scheduler.LambdaLR(optimizer, [lambda t: 0.5**t, lambda t: np.float64(t)])

    rates = rates_over(optimizer, scheduler, steps=3)

    np.testing.assert_allclose(rates, [[0.4 * 0.5**t, 0.05 * t] for t in range(4)])
    assert all(type(group["lr"]) is float for group in optimizer.param_groups)


def test_lambda_saves_callable_objects_but_not_functions():
    class Decay:
        def __init__(self, base):
            self.base = base

        def __call__(self, t):
            return self.base**t

    optimizer = two_groups()
    saved = lr_scheduler.LambdaLR(optimizer, [Decay(0.5), lambda t: 1.0]).state_dict()
    assert saved["lr_lambdas"] == [{"base": 0.5}, None]

    loaded = lr_scheduler.LambdaLR(two_groups(), [Decay(0.9), lambda t: 1.0])
    loaded.load_state_dict(saved)
    loaded.optimizer.step()
    loaded.step()
    assert loaded.get_last_lr() == [RATES[0] * 0.5, RATES[1]]


# ---- OneCycleLR ------------------------------------------------------------------------------


def cosine(start, end, progress):
    return start + (end - start) * (1 - math.cos(math.pi * progress)) / 2


def linear(start, end, progress):
    return start + (end - start) * progress


@pytest.mark.parametrize(("strategy", "between"), [("cos", cosine), ("linear", linear)])
def test_one_cycle_rises_and_falls_and_the_momentum_does_the_opposite(strategy, between):
    optimizer = two_groups(momentum=0.5)
    scheduler = lr_scheduler.OneCycleLR(
        optimizer, max_lr=[1.0, 2.0], total_steps=21, pct_start=10 / 21, anneal_strategy=strategy,
        div_factor=10, final_div_factor=100,
    )  # fmt: skip
    rates, momenta = [], []
    for t in range(21):
        rates.append(scheduler.get_last_lr())
        momenta.append([group["momentum"] for group in optimizer.param_groups])
        if t < 20:
            optimizer.step()
            scheduler.step()

    # Up over the steps 0 to 9, down over 9 to 20.
    up, down = [t / 9 for t in range(10)], [t / 11 for t in range(1, 12)]
    shape = [between(0.1, 1.0, t) for t in up] + [between(1.0, 0.001, t) for t in down]
    np.testing.assert_allclose(rates, np.outer(shape, [1.0, 2.0]), rtol=1e-9)
    shape = [between(0.95, 0.85, t) for t in up] + [between(0.85, 0.95, t) for t in down]
    np.testing.assert_allclose(momenta, np.outer(shape, [1.0, 1.0]), rtol=1e-9)


def test_one_cycle_in_three_phases_falls_as_it_rose():
    optimizer = two_groups()
    scheduler = lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, epochs=4, steps_per_epoch=10, pct_start=0.4,
        anneal_strategy="linear", cycle_momentum=False, three_phase=True,
    )  # fmt: skip

    rates = rates_over(optimizer, scheduler, steps=39)[:, 0]

    rise = np.linspace(1 / 25, 1.0, 16)
    np.testing.assert_allclose(rates[:16], rise, rtol=1e-9)
    np.testing.assert_allclose(rates[15:31], rise[::-1], rtol=1e-9)
    np.testing.assert_allclose(rates[30:], np.linspace(1 / 25, 1 / 25e4, 10), rtol=1e-9)


def test_one_cycle_turns_the_first_beta_of_adam():
    optimizer = two_groups(tg.optim.Adam, betas=(0.5, 0.7))
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10, pct_start=0.5)
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.7)

    rates_over(optimizer, scheduler, steps=4)

    assert optimizer.param_groups[1]["betas"] == pytest.approx((0.85, 0.7))
    assert scheduler.get_last_lr() == pytest.approx([0.1, 0.1])


def test_one_cycle_may_begin_at_its_peak():
    optimizer = two_groups()
    scheduler = lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=10, pct_start=0.1, cycle_momentum=False
    )

    rates = rates_over(optimizer, scheduler, steps=9)[:, 0]

    assert rates[0] == 1.0
    assert rates[9] == pytest.approx(1 / 25e4)


def test_one_cycle_refuses_to_go_on_after_its_end():
    optimizer = two_groups(momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=4)
    rates_over(optimizer, scheduler, steps=4)

    with pytest.raises(ValueError, match="step 5 of a 1cycle schedule of 4"):
        scheduler.step()


def test_one_cycle_goes_on_from_a_saved_state():
    def build(optimizer):
        return lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=12)

    optimizer = two_groups(tg.optim.Adam)
    scheduler = build(optimizer)
    rates_over(optimizer, scheduler, steps=5)
    saved = scheduler.state_dict(), optimizer.state_dict()
    expected = rates_over(optimizer, scheduler, steps=6)

    fresh_optimizer = two_groups(tg.optim.Adam)
    fresh = build(fresh_optimizer)
    fresh.load_state_dict(saved[0])
    fresh_optimizer.load_state_dict(saved[1])

    np.testing.assert_array_equal(rates_over(fresh_optimizer, fresh, steps=6), expected)
    assert fresh_optimizer.param_groups[0]["betas"] == optimizer.param_groups[0]["betas"]


# ---- ReduceLROnPlateau -----------------------------------------------------------------------


def plateau_rates(metrics, **options):
    optimizer = two_groups()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, **options)
    rates = []
    for metric in metrics:
        optimizer.step()
        scheduler.step(metric)
        rates.append(scheduler.get_last_lr()[0] / RATES[0])
    return rates


def test_the_rate_is_reduced_when_patience_is_exceeded():
    metrics = [5, 4, 4, 4, 4, 3, 3, 3, 3]
    assert plateau_rates(metrics, patience=2) == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]


def test_a_rising_metric_is_asked_for_with_mode_max():
    assert plateau_rates([1, 2, 3, 2, 2], mode="max", patience=1) == [1, 1, 1, 1, 0.5]


def test_an_improvement_below_the_threshold_does_not_count():
    assert plateau_rates([10, 9.5], patience=0, threshold=0.1) == [1, 0.5]
    assert plateau_rates([10, 8.5], patience=0, threshold=0.1) == [1, 1]
    assert plateau_rates([10, 9.5], patience=0, threshold=0.4, threshold_mode="abs") == [1, 1]
    assert plateau_rates([10, 9.7], patience=0, threshold=0.4, threshold_mode="abs") == [1, 0.5]
    assert plateau_rates([10, 10.5], mode="max", patience=0, threshold=0.1) == [1, 0.5]
    assert plateau_rates([10, 10.5], mode="max", patience=0, threshold=0.4,
                         threshold_mode="abs") == [1, 1]  # fmt: skip


def test_a_cooldown_follows_a_reduction():
    metrics = [1] * 8
    assert plateau_rates(metrics, patience=0) == [0.5**t for t in range(8)]
    rates = plateau_rates(metrics, patience=0, cooldown=2)
    assert rates == [1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]


def test_the_rate_stops_at_its_minimum():
    assert plateau_rates([1, 1, 1, 1], patience=0, min_lr=0.1) == [1, 0.5, 0.25, 0.25]
    assert plateau_rates([1, 1, 1, 1], patience=0, eps=0.15) == [1, 0.5, 0.5, 0.5]


def test_a_metric_that_is_not_a_number_is_no_improvement():
    assert plateau_rates([1, float("nan"), float("nan")], patience=1) == [1, 1, 0.5]


def test_a_metric_may_be_a_tensor():
    assert plateau_rates([tg.tensor(1.0), tg.tensor(1.0)], patience=0) == [1, 0.5]


def test_a_loaded_plateau_goes_on():
    optimizer = two_groups()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    for metric in (3.0, 2.0, 2.0, 2.0):
        optimizer.step()
        scheduler.step(metric)

    fresh = lr_scheduler.ReduceLROnPlateau(two_groups(), factor=0.5, patience=2)
    fresh.load_state_dict(scheduler.state_dict())
    fresh.step(2.0)

    assert fresh.get_last_lr() == [rate / 2 for rate in RATES]


# ---- use and misuse --------------------------------------------------------------------------


def test_a_schedule_before_the_first_step_of_the_optimizer_is_warned_about():
    scheduler = lr_scheduler.ExponentialLR(two_groups(), gamma=0.9)

    with pytest.warns(UserWarning, match="before the first optimizer.step"):
        scheduler.step()


def test_a_schedule_of_ones_own_needs_only_its_rates():
    class Harmonic(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

    optimizer = two_groups()

    rates = rates_over(optimizer, Harmonic(optimizer), steps=3)

    np.testing.assert_allclose(rates[:, 0], [0.4, 0.2, 0.4 / 3, 0.1])


def test_the_base_class_says_that_rates_are_missing():
    with pytest.raises(NotImplementedError, match="LRScheduler must define get_lr"):
        lr_scheduler.LRScheduler(two_groups())


def test_a_schedule_can_be_continued_from_a_number_of_steps():
    optimizer = two_groups()
    rates_over(optimizer, lr_scheduler.ExponentialLR(optimizer, gamma=0.5), steps=3)

    continued = lr_scheduler.ExponentialLR(optimizer, gamma=0.5, last_epoch=2)

    assert continued.last_epoch == 3
    assert continued.get_last_lr() == [rate / 8 for rate in RATES]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda o: lr_scheduler.StepLR(o, 3, last_epoch=4), "no 'initial_lr'"),
        (lambda o: lr_scheduler.LambdaLR(o, [lambda t: 1.0]), "one for each of the 2 .*has 1"),
        (lambda o: lr_scheduler.LinearLR(o, start_factor=0.0), "start_factor must be above 0"),
        (lambda o: lr_scheduler.LinearLR(o, end_factor=1.5), "end_factor .*got 1.5"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0), "needs total_steps, or epochs"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=0), "positive integer, got 0"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, pct_start=1.5), "pct_start .*got 1.5"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10, anneal_strategy="exp"), "'exp'"),
        (lambda o: lr_scheduler.OneCycleLR(o, [1.0], 10), "max_lr must be one value"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1.0), "factor must be below 1"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, mode="best"), "mode must be .*'best'"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="?"), "threshold_mode must"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, min_lr=[0.1]), "min_lr must be one value"),
        (lambda o: lr_scheduler.SequentialLR(o, [], []), "0 schedule.*0 milestone"),
        (
            lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(two_groups(), 1)], []),
            "schedule 0 belongs to another optimizer",
        ),
        (
            lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.ReduceLROnPlateau(o)], []),
            "schedule 0 is a ReduceLROnPlateau",
        ),
    ],
)
def test_misuse_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build(two_groups())


def test_one_cycle_refuses_an_optimizer_without_momentum():
    with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas"):
        lr_scheduler.OneCycleLR(two_groups(tg.optim.Adagrad), 1.0, total_steps=10)


def test_something_else_than_an_optimizer_is_refused():
    for build in (lr_scheduler.LRScheduler, lr_scheduler.ReduceLROnPlateau):
        with pytest.raises(TypeError, match="needs the Optimizer .*got list"):
            build([tg.tensor([1.0])])


def test_a_state_of_another_schedule_is_refused():
    saved = lr_scheduler.StepLR(two_groups(), step_size=3).state_dict()
    scheduler = lr_scheduler.CosineAnnealingLR(two_groups(), T_max=5)

    with pytest.raises(ValueError, match=r"CosineAnnealingLR: missing \['T_max', 'eta_min'\]"):
        scheduler.load_state_dict(saved)


def test_a_state_of_another_number_of_groups_is_refused():
    single = tg.optim.SGD([tg.tensor([1.0], requires_grad=True)], lr=0.1)
    saved = lr_scheduler.StepLR(single, step_size=3).state_dict()

    with pytest.raises(ValueError, match="has 1 parameter group.*has 2"):
        lr_scheduler.StepLR(two_groups(), step_size=3).load_state_dict(saved)
