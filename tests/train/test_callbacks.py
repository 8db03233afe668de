from __future__ import annotations

import math

import pytest

from tests.train.helpers import At, Line, slide
from tinygen.optim import SGD
from tinygen.train import Callback, CallbackError, EarlyStopping, Trainer

MOMENTS = ("on_fit_start", "on_epoch_start", "on_batch_end", "on_epoch_end", "on_fit_end")


def trainer(callbacks, losses=None, **options):
    """A trainer whose validation gives the losses of a script."""
    model = Line()
    script = iter(losses or [])
    return Trainer(
        model, SGD(model.parameters(), lr=1.0), step=slide, callbacks=callbacks, progress=None,
        evaluation_step=lambda model, batch: next(script), diagnose=False, **options,
    )  # fmt: skip


def epochs_until_stopped(losses, early_stopping, **options):
    run = trainer([early_stopping], losses, **options)
    history = run.fit([0], len(losses), validation=[0])
    return len(history.rows), history.stopped


# ---- the moments -------------------------------------------------------------------------------


class Recorder(Callback):
    def __init__(self):
        self.calls = []

    def note(self, name, trainer):
        self.calls.append((name, trainer.epoch, trainer.steps, len(trainer.history.rows)))


for moment in MOMENTS:

    def noted(self, trainer, name=moment):
        self.note(name, trainer)

    setattr(Recorder, moment, noted)


def test_the_moments_of_a_run():
    recorder = Recorder()
    trainer([recorder]).fit([0, 1], 2)

    assert recorder.calls == [
        ("on_fit_start", 0, 0, 0),
        ("on_epoch_start", 0, 0, 0),
        ("on_batch_end", 0, 1, 0),
        ("on_batch_end", 0, 2, 0),
        ("on_epoch_end", 1, 2, 1),
        ("on_epoch_start", 1, 2, 1),
        ("on_batch_end", 1, 3, 1),
        ("on_batch_end", 1, 4, 1),
        ("on_epoch_end", 2, 4, 2),
        ("on_fit_end", 2, 4, 2),
    ]


def test_callbacks_see_the_numbers_of_the_batch():
    seen = []

    class Reader(Callback):
        def on_batch_end(self, trainer):
            seen.append(trainer.numbers)

    trainer([Reader()]).fit([0, 1], 1)

    assert seen == [{"loss": 0.0}, {"loss": -1.0}]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_exception_names_the_callback_and_the_moment(moment):
    def fail(self, trainer):
        raise KeyError("colour")

    broken = type("Broken", (Callback,), {moment: fail})()

    with pytest.raises(
        CallbackError, match=rf"Broken\.{moment} raised KeyError .*'colour'"
    ) as caught:
        trainer([broken]).fit([0], 1)

    assert isinstance(caught.value.__cause__, KeyError)


def test_a_callback_may_end_the_run():
    run = trainer([])
    run.callbacks = [At(3, lambda: run.stop("enough"))]
    history = run.fit([0, 1], 10)

    assert history.stopped == "enough"
    assert len(history.rows) == 2
    assert not history.interrupted


class Counter(Callback):
    def __init__(self):
        self.batches = 0

    def on_batch_end(self, trainer):
        self.batches += 1

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state):
        self.batches = state["batches"]


def test_what_callbacks_remember_is_resumed(tmp_path):
    trainer([Counter(), At(9, print), Counter()], out=tmp_path).fit([0, 1], 1)
    first, second, new = Counter(), Counter(), EarlyStopping()
    trainer([first, new, second], out=tmp_path).fit([0, 1], 2, resume="auto")

    assert (first.batches, second.batches) == (4, 4)


# ---- early stopping ----------------------------------------------------------------------------


def test_it_stops_after_so_many_epochs_without_improvement():
    epochs, reason = epochs_until_stopped([3, 2, 2.5, 2.4, 1, 0], EarlyStopping(patience=2))

    assert epochs == 4
    assert reason == "no improvement for 2 epochs: the best was 2 after epoch 2"


def test_an_improvement_begins_the_count_anew():
    assert epochs_until_stopped([3, 4, 2, 4, 1, 4], EarlyStopping(patience=2)) == (6, None)


@pytest.mark.parametrize(("min_delta", "epochs"), [(0.0, 4), (0.1, 4), (0.5, 2)])
def test_small_improvements_may_not_count(min_delta, epochs):
    losses = [3.0, 2.75, 2.5, 2.25]

    stopping = EarlyStopping(patience=1, min_delta=min_delta)
    assert epochs_until_stopped(losses, stopping)[0] == epochs


def test_equal_is_no_improvement():
    assert epochs_until_stopped([3, 3, 2], EarlyStopping(patience=1))[0] == 2


def test_higher_may_be_better():
    stopping = EarlyStopping(patience=1, mode="max")
    assert epochs_until_stopped([1, 2, 3, 2, 5], stopping)[0] == 4


def test_the_trainers_mode_holds_unless_another_is_given():
    assert epochs_until_stopped([1, 2, 3, 2], EarlyStopping(patience=1), mode="max")[0] == 4


def test_not_a_number_is_no_improvement():
    epochs, reason = epochs_until_stopped([math.nan, math.nan, 1], EarlyStopping(patience=2))

    assert epochs == 2
    assert "only NaN" in reason


def test_another_column_may_be_watched():
    stopping = EarlyStopping(patience=1, monitor="loss")  # it falls in every epoch
    assert epochs_until_stopped([1, 2, 3, 4], stopping)[0] == 4


def test_a_resumed_run_counts_on(tmp_path):
    trainer([EarlyStopping(patience=3)], [1, 2, 2], out=tmp_path).fit([0], 3, validation=[0])
    run = trainer([EarlyStopping(patience=3)], [2, 2, 2, 2], out=tmp_path)
    history = run.fit([0], 7, validation=[0], resume="auto")

    assert history["val_loss"] == [1, 2, 2, 2]


def test_a_run_that_was_stopped_is_not_resumed_unless_with_more_patience(tmp_path):
    def resumed(patience):
        run = trainer([EarlyStopping(patience)], [1, 2, 2, 2, 2], out=tmp_path)
        return run.fit([0], 5, validation=[0], resume="auto")

    assert len(resumed(2).rows) == 3
    again = resumed(2)
    assert len(again.rows) == 3
    assert again.stopped.startswith("no improvement for 2 epochs")
    assert len(resumed(3).rows) == 4


def test_a_second_run_begins_from_nothing():
    run = trainer([EarlyStopping(patience=2)], [1, 2, 2, 5, 4, 3])

    assert len(run.fit([0], 5, validation=[0]).rows) == 3
    assert len(run.fit([0], 3, validation=[0]).rows) == 3


def test_patience_is_at_least_one():
    with pytest.raises(ValueError, match="patience .* at least 1; got 0"):
        EarlyStopping(patience=0)
