"""A run that is stopped and resumed is, to the last bit, the run that was never stopped."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.train.helpers import FEATURES, At, Line, assert_same, loader, net, slide, untimed
from tinygen import nn
from tinygen.data import GaussianNoise
from tinygen.io import CheckpointError, archive, describe, load_checkpoint
from tinygen.models import create
from tinygen.optim import SGD, Adam, lr_scheduler
from tinygen.train import Callback, EarlyStopping, Trainer, resume

ROOT = Path(__file__).parents[2]

EPOCHS, PER_EPOCH = 3, 5


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def make(out=None, callbacks=(), schedule="one cycle", **options):
    """A trainer with everything that has a state."""
    model = net()
    optimizer = Adam(model.parameters(), lr=0.01)
    scheduler = {
        "one cycle": lambda: lr_scheduler.OneCycleLR(optimizer, 0.02, EPOCHS * PER_EPOCH),
        "by epoch": lambda: lr_scheduler.StepLR(optimizer, 1, gamma=0.5),
        "plateau": lambda: lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5),
    }[schedule]()
    return Trainer(
        model, optimizer, loss=F.cross_entropy, scheduler=scheduler, clip_norm=1.0, ema_decay=0.9,
        callbacks=[EarlyStopping(patience=50), *callbacks], out=out, progress=None, seed=3,
        **options,
    )  # fmt: skip


def data():
    return loader(40, shuffle=True, seed=1, transform=GaussianNoise(0.1))


def run(trainer, **options):
    return trainer.fit(data(), EPOCHS, validation=loader(30, data_seed=2), **options)


def assert_same_end(first, second):
    assert_same(first.model.state_dict(), second.model.state_dict())
    assert_same(first.ema.state_dict(), second.ema.state_dict())
    assert_same(first.optimizer.state_dict(), second.optimizer.state_dict())
    assert_same(first.scheduler.state_dict(), second.scheduler.state_dict())
    assert untimed(first.history.rows) == untimed(second.history.rows)
    assert first.history.health == second.history.health
    assert first.callbacks[0].state_dict() == second.callbacks[0].state_dict()
    assert vars(first.best) == vars(second.best)


# ---- Ctrl-C ------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["one cycle", "by epoch", "plateau"])
@pytest.mark.parametrize("step", [1, 3, PER_EPOCH, PER_EPOCH + 1, 2 * PER_EPOCH])
def test_interrupted_and_resumed(tmp_path, step, schedule):
    never_stopped = make(schedule=schedule)
    run(never_stopped)
    tg.manual_seed(12345)

    interrupted = make(tmp_path, [At(step, ctrl_c)], schedule)
    history = run(interrupted)
    resumed = make(tmp_path, schedule=schedule)
    run(resumed, resume="auto")

    assert history.interrupted
    assert interrupted.steps == step
    assert not resumed.history.interrupted
    assert_same_end(never_stopped, resumed)


def test_interrupted_again_and_again(tmp_path):
    never_stopped = make()
    run(never_stopped)

    for step in range(2, EPOCHS * PER_EPOCH + 2, 2):
        resumed = make(tmp_path, [At(step, ctrl_c)])
        run(resumed, resume="auto")

    assert_same_end(never_stopped, resumed)


def test_in_the_last_batch_there_is_nothing_left_to_resume(tmp_path):
    run(make(tmp_path, [At(EPOCHS * PER_EPOCH, ctrl_c)]))
    resumed = make(tmp_path)
    history = run(resumed, resume="auto")

    assert len(history.rows) == EPOCHS
    assert not history.interrupted


def test_the_second_ctrl_c_stops_at_once(tmp_path):
    before = signal.getsignal(signal.SIGINT)

    def twice():
        ctrl_c()
        ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, [At(2, twice)]))

    assert not (tmp_path / "last.npz").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_works_as_ever_after_a_run(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    run(make(tmp_path, [At(2, ctrl_c)]))

    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_signals_are_left_alone():
    ended = []
    thread = threading.Thread(target=lambda: ended.append(run(make())))
    thread.start()
    thread.join()

    assert len(ended[0].rows) == EPOCHS


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        history = run(make(tmp_path, [At(2, ctrl_c)]))
    finally:
        signal.signal(signal.SIGINT, before)

    assert not history.interrupted
    assert len(history.rows) == EPOCHS


def test_where_it_is_saved_is_said(tmp_path, capsys):
    trainer = make(tmp_path, [At(2, ctrl_c)])
    trainer.show = "lines"
    run(trainer)

    said = capsys.readouterr().out
    assert "Stopped by Ctrl-C after step 2" in said
    assert str(tmp_path / "last.npz") in said


def test_from_where_it_is_resumed_is_said(tmp_path, capsys):
    run(make(tmp_path, [At(PER_EPOCH + 2, ctrl_c)]))
    trainer = make(tmp_path)
    trainer.show = "lines"
    run(trainer, resume="auto")

    assert "Resumed after epoch 1, step 7" in capsys.readouterr().out


# ---- other ends --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [2, 7, 10, 14])
def test_a_crash_is_resumed_from_the_last_save(tmp_path, step):
    never_stopped = make()
    run(never_stopped)

    def crash():
        raise SystemExit

    with pytest.raises(SystemExit):
        run(make(tmp_path, [At(step, crash)], save_every=2))
    resumed = make(tmp_path, save_every=2)
    run(resumed, resume="auto")

    assert_same_end(never_stopped, resumed)


def test_a_list_of_batches_is_resumed_by_passing_over_what_was_done(tmp_path):
    batches = [(x.numpy(), y.numpy()) for x, y in loader(40)]
    never_stopped = make()
    never_stopped.fit(batches, EPOCHS)

    make(tmp_path, [At(7, ctrl_c)]).fit(batches, EPOCHS)
    resumed = make(tmp_path)
    resumed.fit(batches, EPOCHS, resume="auto")

    assert_same_end(never_stopped, resumed)


def test_the_two_players_of_a_gan_are_resumed(tmp_path):
    def players(out, callbacks=()):
        tg.manual_seed(0)
        model = nn.ModuleDict({"g": nn.Dense(2, 8), "d": nn.Dense(8, 1)})
        optimizers = {
            name: Adam(model[name].parameters(), lr=0.01, betas=(0.5, 0.9)) for name in "gd"
        }

        def turn(name, loss):
            optimizers[name].zero_grad()
            loss.backward()
            optimizers[name].step()
            return loss.item()

        def step(model, batch):
            fake = model["g"](tg.randn(len(batch[0]), 2))
            scores = model["d"](tg.cat([batch[0], fake.detach()]))
            truth = tg.cat([tg.ones(len(fake), 1), tg.zeros(len(fake), 1)])
            d_loss = turn("d", F.binary_cross_entropy_with_logits(scores, truth))
            g_loss = turn("g", F.softplus(-model["d"](fake)).mean())
            return g_loss, {"d_loss": d_loss}

        return Trainer(
            model, optimizers, step=step, out=out, callbacks=callbacks, progress=None, seed=1
        )

    never_stopped = players(None)
    never_stopped.fit(loader(shuffle=True, seed=0), 2)

    players(tmp_path, [At(4, ctrl_c)]).fit(loader(shuffle=True, seed=0), 2)
    resumed = players(tmp_path)
    resumed.fit(loader(shuffle=True, seed=0), 2, resume="auto")

    assert_same(never_stopped.model.state_dict(), resumed.model.state_dict())
    assert untimed(never_stopped.history.rows) == untimed(resumed.history.rows)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_at_random_moments(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.train.killed", tmp_path],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip

    assert finished.stderr == ""
    kills, different = map(int, finished.stdout.split())
    assert kills >= 4
    assert different == 0


# ---- what is resumed ---------------------------------------------------------------------------


def test_more_epochs_go_on_where_fewer_ended(tmp_path):
    longer = make(schedule="by epoch")
    run(longer)

    make(tmp_path, schedule="by epoch").fit(data(), 1, validation=loader(30, data_seed=2))
    resumed = make(tmp_path, schedule="by epoch")
    run(resumed, resume=tmp_path / "last.npz")

    assert_same_end(longer, resumed)


def test_without_a_checkpoint_auto_begins(tmp_path):
    history = run(make(tmp_path), resume="auto")

    assert len(history.rows) == EPOCHS


def test_a_second_fit_is_a_new_run(tmp_path):
    trainer = make(schedule="by epoch")
    run(trainer)
    weights = trainer.model.state_dict()
    trainer.diagnose = False  # it would notice that the weights are not new
    history = trainer.fit(data(), 1)

    assert history["epoch"] == [1]
    assert history["loss"][0] < make().fit(data(), 1)["loss"][0]
    with pytest.raises(AssertionError):
        assert_same(weights, trainer.model.state_dict())


def test_the_best_and_the_last_are_kept(tmp_path):
    losses = iter([3.0, 1.0, 2.0])
    model = Line()
    Trainer(
        model, SGD(model.parameters(), lr=1.0), step=slide, out=tmp_path, progress=None,
        evaluation_step=lambda model, batch: next(losses), diagnose=False,
    ).fit([0], 3, validation=[0])  # fmt: skip

    best, last = Line(), Line()
    assert load_checkpoint(tmp_path / "best.npz", model=best).epoch == 2
    assert load_checkpoint(tmp_path / "last.npz", model=last).epoch == 3
    assert (best.weight.item(), last.weight.item()) == (-2.0, -3.0)


def test_the_best_may_be_the_highest_of_another_number(tmp_path):
    scores = iter([0.5, 0.7, 0.6])
    model = Line()
    Trainer(
        model, SGD(model.parameters(), lr=1.0), step=slide, out=tmp_path, progress=None,
        evaluation_step=lambda model, batch: (0.0, {"score": next(scores)}),
        monitor="val_score", mode="max", diagnose=False,
    ).fit([0], 3, validation=[0])  # fmt: skip

    assert load_checkpoint(tmp_path / "best.npz").epoch == 2


def test_a_resumed_run_does_not_forget_the_best(tmp_path):
    def trained(losses, epochs):
        model = Line()
        Trainer(
            model, SGD(model.parameters(), lr=1.0), step=slide, out=tmp_path, progress=None,
            evaluation_step=lambda model, batch: losses.pop(0), diagnose=False,
        ).fit([0], epochs, validation=[0], resume="auto")  # fmt: skip

    trained([1.0], 1)
    trained([2.0], 2)

    assert load_checkpoint(tmp_path / "best.npz").epoch == 1


# ---- what the checkpoint says ------------------------------------------------------------------


def test_a_checkpoint_names_its_model_and_builds_it_again(tmp_path):
    about = {
        "architecture": "cnn",
        "arguments": {"classes": 3, "picture_shape": [1, 12, 12]},
        "metadata": {"classes": ["cat", "dog", "cow"]},
    }
    model = create(about["architecture"], **about["arguments"])
    trainer = Trainer(
        model, SGD(model.parameters(), lr=0.1), loss=F.cross_entropy, out=tmp_path, progress=None,
        diagnose=False, **about,
    )  # fmt: skip
    trainer.fit([(tg.rand(4, 1, 12, 12), tg.tensor([0, 1, 2, 1]))], 1)

    for name in ("last.npz", "best.npz"):
        saved = load_checkpoint(tmp_path / name)
        again = create(saved.architecture, **saved.arguments)
        load_checkpoint(tmp_path / name, model=again)
        assert_same(model.state_dict(), again.state_dict())
        assert saved.metadata == about["metadata"]
    assert "cnn(classes=3, picture_shape=[1, 12, 12])" in describe(tmp_path / "last.npz")


def test_what_no_file_can_keep_is_refused_before_the_training():
    with pytest.raises(TypeError, match=r"obj\['metadata'\]\['folder'\].*save str"):
        make(metadata={"folder": Path("pictures")})


# ---- errors that teach -------------------------------------------------------------------------


def test_auto_needs_a_folder():
    with pytest.raises(ValueError, match="looks for last.npz in the folder out="):
        run(make(), resume="auto")


def test_a_checkpoint_without_the_books(tmp_path):
    trainer = make()
    tg.io.save_checkpoint(
        tmp_path / "a.npz", model=trainer.model, optimizer=trainer.optimizer,
        scheduler=trainer.scheduler, ema=trainer.ema, loader=data(),
    )  # fmt: skip

    with pytest.raises(CheckpointError, match="no Trainer wrote it"):
        run(trainer, resume=tmp_path / "a.npz")


class Fussy(Callback):
    """Remembers a word, and refuses all but that."""

    def state_dict(self):
        return {"word": "please"}

    def load_state_dict(self, state):
        if state != {"word": "please"}:
            raise KeyError("word")


@pytest.fixture(scope="module")
def saved_run(tmp_path_factory):
    """The folder of a run that was interrupted in its second epoch."""
    out = tmp_path_factory.mktemp("run")
    run(make(out, [Fussy(), At(PER_EPOCH + 2, ctrl_c)]))
    return out


def altered(saved_run, path, alter):
    """A checkpoint of which somebody altered the books, and then signed them anew."""
    tree = tg.load(saved_run / "last.npz")
    alter(tree["trainer"])
    archive.write(path, tree, "checkpoint")


ALTERATIONS = {
    "no epoch": (lambda books: books.pop("epoch"), r"books lacks \['epoch'\]"),
    "one more key": (lambda books: books.update(mood=1), r"has \['mood'\] besides"),
    "a newer format": (lambda books: books.update(format=2), "format 2, .* update tinygen"),
    "half a batch": (lambda books: books.update(batch=1.5), "'batch' in books is 1.5"),
    "a truth": (lambda books: books.update(steps=True), "'steps' in books is True"),
    "negative": (lambda books: books.update(batch=-1), "'batch' in books is -1"),
    "words": (lambda books: books.update(seconds="soon"), "'seconds' in books is 'soon'"),
    "a list": (lambda books: books.update(history=[]), r"'history' in books is \[\]"),
    "other sums": (lambda books: books["sums"].update(loss="low"), "'loss' in sums is 'low'"),
    "other items": (lambda books: books["items"].clear(), r"items lacks \['loss'\]"),
    "another mode": (lambda books: books["best"].update(mode="max"), "begun with mode='max'"),
    "no rows": (lambda books: books["history"]["rows"].clear(), "0 rows for 1 finished epochs"),
    "a row of words": (
        lambda books: books["history"]["rows"][0].update(loss="low"), "'loss' in rows is 'low'",
    ),
    "a short row": (
        lambda books: books["history"]["rows"][0].pop("seconds"), "a row has no 'seconds'",
    ),
    "a row that is none": (
        lambda books: books["history"].update(rows=[1]), "rows has a int instead of a dict",
    ),
    "health": (lambda books: books["history"]["health"][0].pop("dead"), "health lacks"),
    "findings": (lambda books: books["history"]["findings"].append("bad"), "findings is a str"),
    "a callback": (
        lambda books: books["callbacks"]["Fussy 1"].clear(), "callback 'Fussy 1' cannot go on",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERATIONS)
def test_altered_books_are_refused_and_nothing_changes(saved_run, tmp_path, name):
    alter, fault = ALTERATIONS[name]
    altered(saved_run, tmp_path / "altered.npz", alter)
    batches = data()
    trainer = make(callbacks=[Fussy()])
    trainer.fit(batches, 1, validation=loader(30, data_seed=2))
    tg.manual_seed(77)

    def state():
        parts = trainer.model, trainer.ema, trainer.optimizer, trainer.scheduler, batches
        return copy.deepcopy(
            [[part.state_dict() for part in parts], tg.get_rng_state(), trainer.history.rows,
             trainer.epoch, trainer.steps, vars(trainer.best), trainer.callbacks[0].state_dict()]
        )  # fmt: skip

    before = state()

    with pytest.raises(CheckpointError, match=f"nothing was changed:\ntrainer: .*{fault}"):
        trainer.fit(batches, EPOCHS, resume=tmp_path / "altered.npz")

    assert_same(before, state())


def test_sound_books_of_another_net_change_nothing(saved_run):
    trainer = make(callbacks=[Fussy()])
    trainer.fit(data(), 1)
    trainer.model = nn.Sequential(nn.Dense(FEATURES, 13))
    before = copy.deepcopy(resume.Books(trainer).state_dict())

    with pytest.raises(CheckpointError, match="nothing was changed:\nmodel: "):
        trainer.fit(data(), EPOCHS, resume=saved_run / "last.npz")

    assert_same(before, resume.Books(trainer).state_dict())


def test_unaltered_books_are_taken(saved_run, tmp_path):
    altered(saved_run, tmp_path / "same.npz", lambda books: None)
    never_stopped = make(callbacks=[Fussy()])
    run(never_stopped)

    resumed = make(callbacks=[Fussy()])
    run(resumed, resume=tmp_path / "same.npz")

    assert_same_end(never_stopped, resumed)


def test_a_checkpoint_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="no.npz"):
        run(make(), resume=tmp_path / "no.npz")
