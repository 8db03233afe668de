"""Trajectories, schedules and saved states against PyTorch's own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import tinygen as tg

torch = pytest.importorskip("torch")

STEPS = 12
SHAPES = [(3, 4), (5,), ()]


def combinations(name, **choices):
    """All combinations of the given values of the options of an optimizer."""
    for values in itertools.product(*choices.values()):
        options = dict(zip(choices, values, strict=True))
        text = ",".join(f"{key}={value}" for key, value in options.items())
        yield pytest.param(name, options, id=f"{name}({text})")


CASES = [
    *combinations(
        "SGD", lr=[0.1], momentum=[0, 0.9], dampening=[0, 0.4], weight_decay=[0, 0.3],
        maximize=[False, True],
    ),
    *combinations(
        "SGD", lr=[0.1], momentum=[0.9], weight_decay=[0, 0.3], nesterov=[True],
        maximize=[False, True],
    ),
    *combinations(
        "Adagrad", lr=[0.1], lr_decay=[0, 0.5], weight_decay=[0, 0.3],
        initial_accumulator_value=[0, 0.7], eps=[1e-10, 0.1], maximize=[False, True],
    ),
    *combinations(
        "RMSprop", lr=[0.1], alpha=[0.99, 0.6], eps=[1e-8, 0.1], weight_decay=[0, 0.3],
        momentum=[0, 0.9], centered=[False, True], maximize=[False, True],
    ),
    *combinations(
        "Adam", lr=[0.1], betas=[(0.9, 0.999), (0.5, 0.3)], eps=[1e-8, 0.1],
        weight_decay=[0, 0.3], amsgrad=[False, True], maximize=[False, True],
        decoupled_weight_decay=[False, True],
    ),
    *combinations(
        "AdamW", lr=[0.1], betas=[(0.9, 0.999), (0.5, 0.3)], weight_decay=[0, 0.3],
        amsgrad=[False, True], maximize=[False, True],
    ),
    *combinations(
        "Adadelta", lr=[1.0, 0.5], rho=[0.9, 0.6], eps=[1e-6, 0.1], weight_decay=[0, 0.3],
        maximize=[False, True],
    ),
]  # fmt: skip
NAMES = ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "Adadelta"]


class Pair:
    """The same parameters and optimizer in both libraries, given the same gradients."""

    def __init__(self, name, dtype=np.float64, shapes=SHAPES, **options):
        self.rng = np.random.default_rng(11)
        self.dtype = dtype
        values = [self.rng.normal(size=shape).astype(dtype) for shape in shapes]
        self.ours = [tg.tensor(value, requires_grad=True) for value in values]
        self.theirs = [torch.tensor(value, requires_grad=True) for value in values]
        self.our_optimizer = getattr(tg.optim, name)(self.ours, **options)
        self.their_optimizer = getattr(torch.optim, name)(self.theirs, **options)

    def step(self):
        for ours, theirs in zip(self.ours, self.theirs, strict=True):
            gradient = self.rng.normal(size=ours.shape).astype(self.dtype)
            ours.grad, theirs.grad = tg.tensor(gradient), torch.tensor(gradient)
        self.our_optimizer.step()
        self.their_optimizer.step()

    def check(self, rtol=1e-10, atol=1e-12):
        for ours, theirs in zip(self.ours, self.theirs, strict=True):
            expected = theirs.detach().numpy()
            np.testing.assert_allclose(ours.detach().numpy(), expected, rtol=rtol, atol=atol)

    def check_rates(self):
        for ours, theirs in zip(
            self.our_optimizer.param_groups, self.their_optimizer.param_groups, strict=True
        ):
            for name in ("lr", "momentum", "betas", "initial_lr", "max_lr", "min_lr"):
                assert (name in ours) == (name in theirs)
                if name in ours:
                    assert ours[name] == pytest.approx(theirs[name], rel=1e-12, abs=1e-15), name


# ---- optimizers ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options"), CASES)
def test_trajectories_are_equal(name, options):
    pair = Pair(name, **options)

    for _ in range(STEPS):
        pair.step()
        pair.check()


@pytest.mark.parametrize("name", NAMES)
def test_trajectories_in_float32_are_equal_to_rounding(name):
    pair = Pair(name, np.float32)

    for _ in range(STEPS):
        pair.step()

    pair.check(rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_equal(name):
    pair = Pair(name)

    ours, theirs = pair.our_optimizer.defaults, pair.their_optimizer.defaults
    implementation = {"foreach", "differentiable", "capturable", "fused"}
    assert ours == {key: value for key, value in theirs.items() if key not in implementation}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("Adagrad", {"lr": 0.1}),
        ("RMSprop", {"lr": 0.1, "momentum": 0.9, "centered": True}),
        ("Adam", {"lr": 0.1, "amsgrad": True}),
        ("AdamW", {"lr": 0.1}),
        ("Adadelta", {"lr": 1.0}),
    ],
)
class TestSavedStates:
    def test_have_the_same_layout(self, name, options):
        pair = Pair(name, **options)
        pair.step()

        ours, theirs = pair.our_optimizer.state_dict(), pair.their_optimizer.state_dict()

        assert set(ours) == set(theirs)
        assert [group["params"] for group in ours["param_groups"]] == [
            group["params"] for group in theirs["param_groups"]
        ]
        assert set(ours["state"]) == set(theirs["state"])
        for index, state in theirs["state"].items():
            assert set(ours["state"][index]) == set(state)
            for key, value in state.items():
                np.testing.assert_allclose(ours["state"][index][key], value, rtol=1e-12)

    def test_of_pytorch_can_be_gone_on_from(self, name, options):
        pair = Pair(name, **options)
        for _ in range(3):
            pair.step()

        fresh = getattr(tg.optim, name)(pair.ours)
        fresh.load_state_dict(pair.their_optimizer.state_dict())
        pair.our_optimizer = fresh
        for _ in range(3):
            pair.step()

        pair.check()

    def test_of_ours_can_be_gone_on_from_in_pytorch(self, name, options):
        pair = Pair(name, **options)
        for _ in range(3):
            pair.step()

        saved = pair.our_optimizer.state_dict()
        for state in saved["state"].values():
            state.update({key: torch.tensor(value) for key, value in state.items()})
        fresh = getattr(torch.optim, name)(pair.theirs)
        fresh.load_state_dict(saved)
        pair.their_optimizer = fresh
        for _ in range(3):
            pair.step()

        pair.check()


# ---- schedules -------------------------------------------------------------------------------


def schedules(library):
    """Builders of schedules from one library, by name."""
    of = library.optim.lr_scheduler
    return {
        "step": lambda o: of.StepLR(o, 3, gamma=0.5),
        "multistep": lambda o: of.MultiStepLR(o, [2, 7, 7, 15], gamma=0.3),
        "exponential": lambda o: of.ExponentialLR(o, 0.87),
        "cosine": lambda o: of.CosineAnnealingLR(o, T_max=6, eta_min=0.001),
        "cosine of one step": lambda o: of.CosineAnnealingLR(o, T_max=1),
        "linear": lambda o: of.LinearLR(o),
        "linear down": lambda o: of.LinearLR(o, 1.0, 0.0, total_iters=9),
        "lambda": lambda o: of.LambdaLR(o, lambda t: 0.95**t),
        "one cycle": lambda o: of.OneCycleLR(o, 0.3, total_steps=25),
        "one cycle, linear": lambda o: of.OneCycleLR(
            o, [0.3], epochs=5, steps_per_epoch=5, pct_start=0.45, anneal_strategy="linear",
            base_momentum=0.6, max_momentum=[0.9], div_factor=7.0, final_div_factor=50.0,
        ),
        "one cycle, three phases": lambda o: of.OneCycleLR(
            o, 0.3, total_steps=25, three_phase=True, cycle_momentum=False
        ),
        "warm-up, then cosine": lambda o: of.SequentialLR(
            o, [of.LinearLR(o, 0.1, 1.0, 4), of.CosineAnnealingLR(o, 8)], [4]
        ),
        "three in sequence": lambda o: of.SequentialLR(
            o,
            [of.StepLR(o, 2, 0.5), of.LambdaLR(o, lambda t: 1 / (t + 1)), of.ExponentialLR(o, 0.9)],
            [5, 11],
        ),
        "warm-up, then one cycle": lambda o: of.SequentialLR(
            o, [of.LinearLR(o, 0.1, 1.0, 4), of.OneCycleLR(o, 0.3, total_steps=25)], [4]
        ),
        "a sequence that begins with its second": lambda o: of.SequentialLR(
            o, [of.ExponentialLR(o, 0.5), of.StepLR(o, 3)], [0]
        ),
    }  # fmt: skip


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("schedule", list(schedules(torch)))
def test_schedules_and_what_they_do_are_equal(schedule, optimizer):
    pair = Pair(optimizer, lr=0.1)
    ours = schedules(tg)[schedule](pair.our_optimizer)
    theirs = schedules(torch)[schedule](pair.their_optimizer)

    for _ in range(25):
        pair.check_rates()
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12, abs=1e-15)
        assert ours.last_epoch == theirs.last_epoch
        pair.step()
        ours.step()
        theirs.step()
    pair.check(rtol=1e-9)


def test_schedules_that_are_chained_are_equal():
    pair = Pair("SGD", lr=0.1)
    ours, theirs = (
        [library.optim.lr_scheduler.LinearLR(o, 0.2, total_iters=6),
         library.optim.lr_scheduler.CosineAnnealingLR(o, 9),
         library.optim.lr_scheduler.ExponentialLR(o, 0.9)]
        for library, o in ((tg, pair.our_optimizer), (torch, pair.their_optimizer))
    )  # fmt: skip

    for _ in range(20):
        pair.step()
        for scheduler in (*ours, *theirs):
            scheduler.step()
        pair.check_rates()


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine", "linear", "lambda"])
def test_schedules_continued_by_their_last_epoch_are_equal(schedule):
    arguments = {
        "step": ("StepLR", {"step_size": 3}),
        "exponential": ("ExponentialLR", {"gamma": 0.9}),
        "cosine": ("CosineAnnealingLR", {"T_max": 6}),
        "linear": ("LinearLR", {"total_iters": 8}),
        "lambda": ("LambdaLR", {"lr_lambda": lambda t: 0.9**t}),
    }
    name, options = arguments[schedule]
    pair = Pair("SGD", lr=0.1)
    for library, optimizer in ((tg, pair.our_optimizer), (torch, pair.their_optimizer)):
        scheduler = getattr(library.optim.lr_scheduler, name)(optimizer, **options)
        for _ in range(4):
            optimizer.step()
            scheduler.step()
        continued = getattr(library.optim.lr_scheduler, name)(optimizer, last_epoch=3, **options)
        for _ in range(4):
            optimizer.step()
            continued.step()
    pair.check_rates()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("cooldown", [0, 3])
def test_reduction_on_a_plateau_is_equal(mode, threshold_mode, cooldown):
    options = {
        "mode": mode, "threshold_mode": threshold_mode, "cooldown": cooldown, "factor": 0.6,
        "patience": 2, "threshold": 0.05, "min_lr": 0.001,
    }  # fmt: skip
    pair = Pair("SGD", lr=0.1)
    ours = tg.optim.lr_scheduler.ReduceLROnPlateau(pair.our_optimizer, **options)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(pair.their_optimizer, **options)

    metrics = np.random.default_rng(5).normal(size=60).cumsum() * 0.1
    for metric in metrics:
        ours.step(metric)
        theirs.step(metric)
        pair.check_rates()
        assert ours.best == theirs.best
        assert ours.num_bad_epochs == theirs.num_bad_epochs


# ---- clipping and averages -------------------------------------------------------------------


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 1000.0])
def test_clipped_gradients_are_equal(order, max_norm):
    pair = Pair("SGD")
    pair.step()

    ours = tg.nn.utils.clip_grad_norm_(pair.ours, max_norm, order)
    theirs = torch.nn.utils.clip_grad_norm_(pair.theirs, max_norm, order)

    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    for our_param, their_param in zip(pair.ours, pair.theirs, strict=True):
        np.testing.assert_allclose(our_param.grad.numpy(), their_param.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("kind", ["mean", "exponential"])
def test_averaged_models_are_equal(kind):
    rng = np.random.default_rng(2)
    models = tg.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    averages = []
    for library, model in zip((tg, torch), models, strict=True):
        utils = library.optim.swa_utils
        average = utils.get_ema_avg_fn(0.7) if kind == "exponential" else None
        averages.append(utils.AveragedModel(model, avg_fn=average))

    for _ in range(5):
        weight, bias = rng.normal(size=(2, 3)), rng.normal(size=2)
        for library, model, averaged in zip((tg, torch), models, averages, strict=True):
            with library.no_grad():
                model.weight.copy_(library.tensor(weight))
                model.bias.copy_(library.tensor(bias))
            averaged.update_parameters(model)

    ours, theirs = (averaged.module.weight.detach().numpy() for averaged in averages)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert averages[0].n_averaged.item() == averages[1].n_averaged.item() == 5
    assert list(averages[0].state_dict()) == list(averages[1].state_dict())
