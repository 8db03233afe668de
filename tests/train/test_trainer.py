from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.train.helpers import CLASSES, Line, drawn, loader, net, slide
from tinygen import nn
from tinygen.optim import SGD, Adam, lr_scheduler
from tinygen.train import Trainer, accuracy


def quiet(model, optimizer, **options):
    return Trainer(model, optimizer, **{"progress": None, "diagnose": False, **options})


def classifier(model, lr=0.01, **options):
    optimizer = Adam(model.parameters(), lr=lr)
    return Trainer(model, optimizer, loss=F.cross_entropy, progress=None, **options)


BATCHES = [0, 1, 2]
"""For steps that do not look at their batch."""


# ---- training ----------------------------------------------------------------------------------


def test_a_classifier_learns(backend):
    trainer = classifier(net(), metrics={"accuracy": accuracy}, device=backend.device)

    history = trainer.fit(
        loader(160, shuffle=True, seed=1), epochs=12, validation=loader(100, data_seed=2)
    )

    assert history["val_accuracy"][-1] > 0.8
    assert history["val_loss"][-1] < 0.5 * math.log(CLASSES)


def test_the_loop_is_the_one_that_is_written_by_hand():
    by_trainer, by_hand = net(), net()
    batches = loader(shuffle=True, seed=4)
    tg.manual_seed(5)
    optimizer = SGD(by_hand.parameters(), lr=0.1)
    for _ in range(2):
        for x, y in batches:
            loss = F.cross_entropy(by_hand(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    trainer = quiet(by_trainer, SGD(by_trainer.parameters(), lr=0.1), loss=F.cross_entropy, seed=5)
    trainer.fit(loader(shuffle=True, seed=4), epochs=2)

    for name, values in by_hand.state_dict().items():
        np.testing.assert_array_equal(by_trainer.state_dict()[name], values, err_msg=name)


def test_a_seed_makes_a_run_repeatable():
    losses = []
    for _ in range(2):
        model = net()
        tg.manual_seed(int(np.random.default_rng().integers(100)))
        losses.append(classifier(model, seed=7).fit(loader(shuffle=True, seed=0), 2)["loss"])

    assert losses[0] == losses[1]


def test_the_loss_of_an_epoch_counts_each_item_once():
    batches = [tg.zeros(3), tg.ones(1)]  # losses 0 and 1

    history = quiet(
        Line(), SGD(Line().parameters(), lr=0.1), step=lambda model, x: x.mean() + 0 * model()
    ).fit(batches, 1)

    assert history["loss"] == [0.25]


def test_a_step_may_return_further_numbers():
    model = Line(2.0)

    def step(model, batch):
        loss = model()
        return loss, {"square": loss.detach() ** 2, "batch": batch}

    history = quiet(model, SGD(model.parameters(), lr=1.0), step=step).fit([0, 1], 1)

    assert history["loss"] == [1.5]  # 2, then 1
    assert history["square"] == [2.5]
    assert history["batch"] == [0.5]


def test_several_optimizers_are_the_steps_own_affair():
    model = nn.ModuleDict({"a": Line(1.0), "b": Line(1.0)})
    optimizers = {name: SGD(model[name].parameters(), lr=1.0) for name in "ab"}

    def step(model, batch):
        for name, times in (("a", 1), ("b", 2)):
            for _ in range(times):
                optimizers[name].zero_grad()
                model[name]().backward()
                optimizers[name].step()
        return model["a"]().item(), {"b": model["b"]()}

    history = quiet(model, optimizers, step=step).fit(BATCHES, 1)

    assert model["a"].weight.item() == 1 - 3
    assert model["b"].weight.item() == 1 - 6
    assert history["lr_a"] == history["lr_b"] == [1.0]
    assert history["b"] == [np.mean([-1, -3, -5])]


def test_arrays_in_batches_become_tensors(backend):
    def step(model, batch):
        assert batch["x"].device == batch["more"][0].device == backend.device
        assert batch["name"] == "b"
        return model() + 0 * batch["x"].sum()

    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=1.0), step=step, device=backend.device)
    batch = {"x": np.ones(4, np.float32), "more": [tg.ones(4)], "name": "b"}

    assert trainer.fit([batch], 1)["loss"] == [0.0]


def test_gradients_are_clipped_together():
    model = nn.Sequential(nn.Dense(4, 4), nn.Dense(4, 2))
    before = model.state_dict()
    quiet(
        model, SGD(model.parameters(), lr=1.0), clip_norm=0.25,
        step=lambda model, x: 100 * (model(x) ** 2).sum(),
    ).fit([tg.ones(8, 4)], 1)  # fmt: skip

    moved = sum(((values - before[n]) ** 2).sum() for n, values in model.state_dict().items())
    assert math.sqrt(moved) == pytest.approx(0.25, rel=1e-4)


# ---- schedules ---------------------------------------------------------------------------------


def rates_during(schedule, **options):
    """The rate of every step of two epochs of three batches."""
    rates = []
    model = Line()
    optimizer = SGD(model.parameters(), lr=1.0)

    def step(model, batch):
        rates.append(optimizer.param_groups[0]["lr"])
        return model()

    scheduler = schedule(optimizer)
    quiet(model, optimizer, step=step, scheduler=scheduler, **options).fit(BATCHES, 2)
    return rates


def halved(optimizer):
    return lr_scheduler.StepLR(optimizer, 1, gamma=0.5)


def test_schedules_step_with_the_epochs():
    assert rates_during(halved) == [1, 1, 1, 0.5, 0.5, 0.5]


def test_or_with_the_batches():
    assert rates_during(halved, schedule_every="step") == [0.5**n for n in range(6)]


def test_one_cycle_steps_with_the_batches():
    def one_cycle(optimizer):
        return lr_scheduler.OneCycleLR(
            optimizer, 1.0, total_steps=6, cycle_momentum=False, anneal_strategy="linear",
            pct_start=0.5, div_factor=10, final_div_factor=1,
        )  # fmt: skip

    up, down = np.linspace(0.1, 1, 3), np.linspace(1, 0.1, 4)[1:]
    assert rates_during(one_cycle) == pytest.approx([*up, *down])


def test_a_plateau_of_the_validation_lowers_the_rate():
    model = Line()
    optimizer = SGD(model.parameters(), lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.1)
    losses = iter([5.0, 4.0, 4.5, 3.0])

    history = quiet(
        model, optimizer, step=slide, evaluation_step=lambda model, batch: next(losses),
        scheduler=scheduler,
    ).fit(BATCHES, 4, validation=[0])  # fmt: skip

    assert history["val_loss"] == [5.0, 4.0, 4.5, 3.0]
    assert history["lr"] == [1.0, 1.0, 1.0, 0.1]  # lowered after the third epoch


def test_several_schedules_have_names():
    model = nn.ModuleDict({"a": Line(), "b": Line()})
    optimizers = {name: SGD(model[name].parameters(), lr=1.0) for name in "ab"}
    schedulers = {"a": lr_scheduler.StepLR(optimizers["a"], 1, gamma=0.5)}

    def step(model, batch):
        for optimizer in optimizers.values():
            optimizer.step()
        return 0.0

    history = quiet(model, optimizers, step=step, scheduler=schedulers).fit(BATCHES, 2)

    assert history["lr_a"] == [1.0, 0.5]
    assert history["lr_b"] == [1.0, 1.0]


# ---- the moving average ------------------------------------------------------------------------


def test_the_average_of_the_weights_has_its_closed_form():
    """The weight is 0, -1, -2, ... after each step; the average begins with the first step's."""
    d, steps = 0.75, 6
    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=1.0), step=slide, ema_decay=d)

    trainer.fit(BATCHES, steps // 3)

    newer = (1 - d) * sum(d ** (steps - t) * -t for t in range(2, steps + 1))
    expected = d ** (steps - 1) * -1 + newer
    assert trainer.ema.module.weight.item() == pytest.approx(expected, rel=1e-6)


def test_the_average_is_evaluated_unless_the_weights_are_asked_for():
    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=1.0), step=slide, ema_decay=0.5)

    history = trainer.fit([0, 1], 1, validation=[0])

    assert history["val_loss"] == [-1.5]  # half of -1 and half of -2
    assert trainer.evaluate([0]) == {"loss": -1.5}
    assert trainer.evaluate([0], ema=False) == {"loss": -2.0}
    trainer.evaluate_ema = False
    assert trainer.evaluate([0]) == {"loss": -2.0}


# ---- evaluation --------------------------------------------------------------------------------


def test_an_evaluation_is_of_all_items_whatever_the_batches():
    model = net()
    trainer = classifier(
        model, metrics={"accuracy": accuracy, "items": lambda targets, _: len(targets)}
    )

    result = trainer.evaluate(loader(50, batch_size=16))

    points, labels = drawn(50)
    model.eval()
    outputs = model(tg.tensor(points)).detach()
    assert result["loss"] == pytest.approx(F.cross_entropy(outputs, tg.tensor(labels)).item())
    assert result["accuracy"] == (outputs.numpy().argmax(1) == labels).mean()
    assert result["items"] == 50


def test_an_evaluation_leaves_no_trace():
    losses = []
    for validation in (None, loader(20, data_seed=3)):
        trainer = classifier(net(), seed=3)
        losses.append(trainer.fit(loader(), 3, validation=validation)["loss"])
        assert trainer.model.training

    assert losses[0] == losses[1]


def test_an_evaluation_draws_the_same_noise_each_time():
    def noisy(model, batch):
        return model() * 0 + tg.randn(100).mean()

    model = Line()
    seeded = quiet(model, SGD(model.parameters(), lr=1.0), step=noisy, seed=3)
    history = seeded.fit(BATCHES, 2, validation=[0])

    assert history["val_loss"][0] == history["val_loss"][1] != 0
    assert history["loss"][0] != history["loss"][1]


def test_without_gradients_and_dropout():
    def step(model, batch):
        return float(tg.is_grad_enabled()) + 2 * model.training

    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=1.0), step=slide, evaluation_step=step)

    assert trainer.evaluate([0]) == {"loss": 0.0}


# ---- errors that teach -------------------------------------------------------------------------


def options_for(model, **options):
    return {"model": model, "optimizer": SGD(model.parameters(), lr=0.1), **options}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either loss=.* or step="),
        ({"loss": F.mse_loss, "step": slide}, "either loss=.* or step="),
        ({"step": slide, "metrics": {"accuracy": accuracy}}, "a step returns its numbers itself"),
        ({"loss": F.mse_loss, "evaluation_step": slide}, "evaluation_step= goes with step="),
        ({"step": slide, "schedule_every": "batch"}, "'step' or 'epoch', got 'batch'"),
        ({"step": slide, "mode": "least"}, "'min' .* or 'max', got 'least'"),
        ({"optimizer": {}, "loss": F.mse_loss}, "several optimizers the step does all"),
        ({"optimizer": {}, "step": slide, "clip_norm": 1.0}, "clips if it wants to"),
    ],
)
def test_options_that_do_not_fit(options, said):
    with pytest.raises(ValueError, match=said):
        Trainer(**options_for(Line(), **options))


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (tg.zeros(2, 8), "but this one is a Tensor: give step="),
        ((tg.zeros(2, 8),), "but this one is a tuple of 1: give step="),
        ({"x": tg.zeros(2, 8)}, "but this one is a dict of 1: give step="),
    ],
)
def test_a_loss_needs_inputs_and_targets(batch, said):
    with pytest.raises(ValueError, match=said):
        classifier(net()).fit([batch], 1)


def test_a_generator_is_used_up_after_an_epoch():
    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=0.1), step=slide)

    with pytest.raises(ValueError, match="a generator, which can be gone through only once"):
        trainer.fit((batch for batch in BATCHES), 2)


def test_nothing_to_evaluate():
    with pytest.raises(ValueError, match="nothing to evaluate"):
        classifier(net()).evaluate([])


def test_a_step_that_moves_weights_is_not_taken_for_an_evaluation():
    model = Line()
    trainer = quiet(model, {"only": SGD(model.parameters(), lr=1.0)}, step=slide)

    with pytest.raises(ValueError, match="needs evaluation_step="):
        trainer.evaluate([0])


def test_monitoring_what_is_not_there():
    model = Line()
    trainer = quiet(model, SGD(model.parameters(), lr=0.1), step=slide, monitor="val_accuracy")

    with pytest.raises(ValueError, match="no 'val_accuracy' to monitor among .*no validation"):
        trainer.fit(BATCHES, 1)
