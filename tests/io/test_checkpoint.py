"""A training goes on as if it had never stopped, or the file is refused and nothing changes."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tests.io.training import Training
from tests.io.trees import same
from tinygen.io import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint

ROOT = Path(__file__).parents[2]

nn, optim = tg.nn, tg.optim


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


@pytest.fixture(autouse=True)
def _seeded():
    tg.manual_seed(0)


def states(parts):
    """All that could change, as it is now."""
    return {
        "generators": tg.get_rng_state(),
        **{name: copy.deepcopy(part.state_dict()) for name, part in parts.items()},
    }


# ---- going on --------------------------------------------------------------------------------


def test_a_stopped_training_equals_one_that_never_stopped(tmp_path):
    Training().run(5).save(tmp_path / "half.npz")
    subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.io.training",
         tmp_path / "half.npz", tmp_path / "resumed.npz", "5"],
        check=True, cwd=ROOT,
    )  # fmt: skip
    tg.manual_seed(0)
    Training().run(10).save(tmp_path / "straight.npz")

    resumed, straight = tg.load(tmp_path / "resumed.npz"), tg.load(tmp_path / "straight.npz")
    assert straight["step"] == 10
    assert straight["optimizer"]["state"][0]["step"] == 10
    assert same(resumed, straight)


def test_every_part_has_its_share_in_that(tmp_path):
    """Leave one part out when the training goes on: it comes to something else."""
    Training().run(5).save(tmp_path / "half.npz")
    straight = states(Training().load(tmp_path / "half.npz").run(5).parts)

    for left_out in (*straight, None):
        tg.manual_seed(1)
        training = Training()
        given = {name: part for name, part in training.parts.items() if name != left_out}
        load_checkpoint(tmp_path / "half.npz", **given, generators=left_out != "generators")
        assert same(states(training.run(5).parts), straight) == (left_out is None)


def schedules(optimizer):
    scheduler = optim.lr_scheduler
    return [
        scheduler.StepLR(optimizer, 2),
        scheduler.MultiStepLR(optimizer, [2, 4]),
        scheduler.ExponentialLR(optimizer, 0.9),
        scheduler.LinearLR(optimizer, total_iters=4),
        scheduler.CosineAnnealingLR(optimizer, 10),
        scheduler.LambdaLR(optimizer, lambda step: 0.9**step),
        scheduler.OneCycleLR(optimizer, 1.0, total_steps=10, cycle_momentum=False),
        scheduler.SequentialLR(
            optimizer,
            [scheduler.LinearLR(optimizer, total_iters=3), scheduler.ExponentialLR(optimizer, 0.9)],
            [3],
        ),
    ]


OPTIMIZERS = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta]


@pytest.mark.parametrize("number", range(8))
def test_every_schedule_goes_on(number, path):
    def begin():
        optimizer = optim.SGD([nn.Parameter(tg.ones(1))], lr=0.5)
        return optimizer, schedules(optimizer)[number]

    def rates(optimizer, schedule, steps):
        for _ in range(steps):
            optimizer.step()
            schedule.step()
            yield optimizer.param_groups[0]["lr"]

    optimizer, schedule = begin()
    assert len(set(rates(optimizer, schedule, 3))) > 1
    save_checkpoint(path, optimizer=optimizer, scheduler=schedule)
    expected = list(rates(optimizer, schedule, 5))

    optimizer, schedule = begin()
    load_checkpoint(path, optimizer=optimizer, scheduler=schedule)
    assert list(rates(optimizer, schedule, 5)) == expected


def test_a_schedule_that_watches_goes_on(path):
    def begin():
        optimizer = optim.SGD([nn.Parameter(tg.ones(1))], lr=0.5)
        return optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)

    save_checkpoint(path, scheduler=begin())  # its best so far is infinity
    schedule = begin()
    load_checkpoint(path, scheduler=schedule)

    assert schedule.best == float("inf")


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_keeps_its_state(kind, path):
    def begin():
        model = nn.Dense(2, 2)
        return model, kind(model.parameters(), lr=0.1)

    def step(model, optimizer):
        (model(tg.ones(1, 2)) ** 2).sum().backward()
        optimizer.step()

    model, optimizer = begin()
    step(model, optimizer)
    save_checkpoint(path, model=model, optimizer=optimizer)
    other_model, other_optimizer = begin()
    load_checkpoint(path, model=other_model, optimizer=other_optimizer)
    for pair in ((model, optimizer), (other_model, other_optimizer)):
        pair[0].zero_grad()
        step(*pair)

    assert same(other_model.state_dict(), model.state_dict())
    assert same(other_optimizer.state_dict(), optimizer.state_dict())


# ---- what is saved along ---------------------------------------------------------------------


def test_the_rest_comes_back(path):
    save_checkpoint(
        path, model=nn.Dense(1, 1), epoch=np.int64(3), step=700, architecture="cnn",
        arguments={"width": 32, "kernel": (3, 3)}, metadata={"classes": ["a", "b"], "best": 0.97},
    )  # fmt: skip

    found = load_checkpoint(path)

    assert found == Checkpoint(
        3, 700, "cnn", {"width": 32, "kernel": (3, 3)}, {"classes": ["a", "b"], "best": 0.97},
        {"generators": "Generators", "model": "Dense"},
    )  # fmt: skip
    assert same([*found][:5], [3, 700, "cnn", found.arguments, found.metadata])


def test_nothing_need_be_saved_along(path):
    save_checkpoint(path)

    found = load_checkpoint(path)

    assert found == Checkpoint(None, None, None, {}, None, {"generators": "Generators"})


def test_several_parts_of_a_kind_have_names(path):
    models = {"generator": nn.Dense(1, 2), "critic": nn.Dense(2, 1)}
    optimizers = {name: optim.Adam(model.parameters()) for name, model in models.items()}
    save_checkpoint(path, model=models, optimizer=optimizers)
    fresh = {"generator": nn.Dense(1, 2), "critic": nn.Dense(2, 1)}
    load_checkpoint(path, model=fresh)

    for name, model in models.items():
        assert same(fresh[name].state_dict(), model.state_dict())
    with np.load(path) as file:
        assert "model/critic/weight" in file.files


def test_generators_go_on_when_training_does_and_not_otherwise(path):
    model = nn.Dense(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    save_checkpoint(path, model=model, optimizer=optimizer)
    saved = tg.get_rng_state()

    def afterwards(**asked):
        tg.manual_seed(99)
        load_checkpoint(path, model=model, **asked)
        return tg.get_rng_state() == saved

    assert not afterwards()
    assert afterwards(optimizer=optimizer)
    assert afterwards(generators=True)
    assert not afterwards(optimizer=optimizer, generators=False)


# ---- refusals --------------------------------------------------------------------------------


def refused(path, parts):
    """The message; nothing may have changed."""
    before = states(parts)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path, **parts)
    assert same(states(parts), before)
    return str(caught.value)


def test_every_entry_that_does_not_fit_is_named_and_nothing_changes(path):
    Training().run(2).save(path)
    training = Training().run(1)
    training.model.add_module("4", nn.Dense(16, 4))  # another number of classes
    training.model.add_module("5", nn.BatchNorm1d(4))
    training.model.add_module("1", nn.Identity())

    message = refused(
        path, {**training.parts, "optimizer": optim.Adam(training.model.parameters())}
    )

    for line in (
        "4.weight: shape (3, 16), wanted (4, 16)", "4.bias: shape (3,), wanted (4,)",
        "5.weight: missing", "5.num_batches_tracked: missing", "1.weight: not part of this model",
        "1.running_var: not part of this model", "optimizer: the saved",
    ):  # fmt: skip
        assert line in message


@pytest.mark.parametrize("part", ["model", "optimizer", "scheduler"])
def test_one_part_that_does_not_fit_keeps_the_others_as_they_were(path, part):
    Training().run(2).save(path)
    training = Training().run(1)
    parts = {
        **training.parts,
        part: {
            "model": nn.Dense(1, 1),
            "optimizer": optim.RMSprop(training.model.parameters()),
            "scheduler": optim.lr_scheduler.StepLR(training.optimizer, 3),
        }[part],
    }

    message = refused(path, parts)

    faults = message.splitlines()[1:]
    assert [line for line in faults if line[0] != " "] == [faults[0]]  # the others are not blamed
    assert faults[0].startswith(f"{part}: ")


def test_a_part_that_the_file_lacks_is_named(path):
    model = nn.Dense(1, 1)
    save_checkpoint(path, model=model)
    message = refused(path, {"model": model, "optimizer": optim.Adam(model.parameters())})

    assert "optimizer: not in the file, which has model, generators" in message


def test_one_part_is_not_several(path):
    model = nn.Dense(1, 1)
    save_checkpoint(path, model={"critic": model})

    assert "model: not in the file, which has model/critic" in refused(path, {"model": model})


def test_a_refusal_of_any_kind_undoes_the_rest(path):
    class Stubborn:
        def state_dict(self):
            return {"position": 1}

        def load_state_dict(self, state):
            if state != self.state_dict():
                raise KeyError("place")

    stubborn = Stubborn()
    Training().run(2).save(path)
    parts = {**Training().run(1).parts, "loader": stubborn}

    assert "loader: 'place'" in refused(path, parts)


def test_a_damaged_file_changes_nothing(path):
    training = Training()
    training.save(path)
    path.write_bytes(path.read_bytes()[:-50])

    assert "cut short" in refused(path, training.parts)


def test_what_tg_save_wrote_is_no_checkpoint(path):
    model = nn.Dense(1, 1)
    tg.save(model.state_dict(), path)

    assert "written by tg.save" in refused(path, {"model": model})


def test_a_checkpoint_can_be_read_as_a_tree(path):
    model = nn.Dense(2, 1)
    save_checkpoint(path, model=model, epoch=1)
    found = tg.load(path)

    assert found["epoch"] == 1
    assert same(found["model"], model.state_dict())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": [1, 2]}, "model is a list without state_dict"),
        ({"optimizer": {"a": len}}, "optimizer/a is a builtin_function_or_method without"),
        ({"epoch": 1.5}, "epoch is a whole number, got 1.5"),
        ({"metadata": {"f": len}}, r"obj\['metadata'\]\['f'\]"),
    ],
)
def test_what_cannot_be_saved_is_refused(path, given, message):
    with pytest.raises(TypeError, match=message):
        save_checkpoint(path, **given)
    assert not path.exists()


# ---- devices ---------------------------------------------------------------------------------


@pytest.fixture
def _device():
    standin.install()
    yield
    standin.uninstall()


@pytest.mark.usefixtures("_device")
@pytest.mark.parametrize(("source", "target"), [("cuda", "cpu"), ("cpu", "cuda"), ("cuda", "cuda")])
def test_a_training_moves_from_device_to_device(path, source, target):
    training = Training(source).run(2)
    training.save(path)
    moved = Training(target)
    moved.load(path)

    assert {tensor.device for tensor in moved.model.parameters()} == {target}
    assert same(states(moved.parts), states(training.parts))

    drawn = tg.get_rng_state()
    moved.run(1)
    tg.set_rng_state(drawn)
    training.run(1)
    one, other = (t.model.state_dict()["4.weight"] for t in (moved, training))
    np.testing.assert_allclose(one, other, rtol=1e-4)
