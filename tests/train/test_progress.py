from __future__ import annotations

import pytest

from tests.train.helpers import Line, slide
from tinygen.optim import SGD
from tinygen.train import Progress, Trainer, progress
from tinygen.train.progress import duration


@pytest.fixture
def seconds(monkeypatch):
    """A clock that is set by hand."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock[0])
    return clock


@pytest.fixture
def terminal(monkeypatch):
    """The output is a terminal."""
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)


def fitted(**options):
    model = Line(8.0)
    trainer = Trainer(
        model, SGD(model.parameters(), lr=1.0), step=slide, unit="drops", diagnose=False, **options
    )
    trainer.fit([0, 1], 2)


def test_speed_and_time_left_follow_from_the_clock(seconds):
    with Progress(5, unit="pictures") as run:
        seconds[0] = 2.0
        run.advance(20, loss=0.5)

        assert run.status() == "loss 0.500, 10 pictures/s, 8 s left"


def test_pauses_do_not_slow_the_speed_but_cost_time(seconds):
    with Progress(5, unit="pictures") as run:
        seconds[0] = 2.0
        run.advance(20, loss=0.5)
        with run.paused():
            seconds[0] = 3.0

        assert run.status() == "loss 0.500, 10 pictures/s, 12 s left"


def test_what_an_earlier_run_did_counts_as_done_but_not_for_the_speed(seconds):
    with Progress(100, unit="pictures", done=96) as run:
        seconds[0] = 3.0
        run.advance(15, loss=0.5)

        assert run.status() == "loss 0.500, 5.0 pictures/s, 9 s left"


def test_of_an_unknown_number_of_batches_the_time_left_is_unknown(seconds):
    with Progress(None, unit="pictures") as run:
        seconds[0] = 2.0
        run.advance(2000, loss=0.5)

        assert run.status() == "loss 0.500, 1,000 pictures/s"


def test_the_shown_loss_is_a_running_average():
    with Progress(3, unit="pictures") as run:
        run.advance(1, loss=1.0)
        run.advance(1, loss=2.0)

        assert run.loss == pytest.approx(0.9 * 1.0 + 0.1 * 2.0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59, "59 s"), (59.7, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_where_there_is_no_terminal_a_line_is_printed_for_each_tenth(capsys):
    with Progress(200, unit="pictures") as run:
        for _ in range(200):
            run.advance(1, loss=1.0)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [f"{10 * tenth}%" for tenth in range(1, 11)]


def test_a_terminal_gets_a_bar(capsys, terminal):
    with Progress(10, unit="pictures") as run:
        for _ in range(10):
            run.advance(10, loss=0.25)
        run.say("half [way] there")

    said = capsys.readouterr().out
    assert "100%" in said
    assert "loss 0.250" in said
    assert "half [way] there" in said


def test_lines_may_be_had_in_a_terminal_too(capsys, terminal):
    with Progress(2, unit="pictures", show="lines") as run:
        run.advance(1, loss=1.0)

    assert capsys.readouterr().out.startswith("   50%  loss 1.000")


def test_silence(capsys):
    fitted(progress=None)

    assert capsys.readouterr() == ("", "")


def test_a_training_prints_its_epochs(capsys):
    fitted(progress="lines")

    said = capsys.readouterr().out
    assert "   25%  epoch 1/2  loss 8.000, " in said
    assert " drops/s, " in said
    assert "epoch 1  loss 7.500  lr 1" in said
    assert "epoch 2  loss 5.500  lr 1" in said


def test_other_ways_are_refused():
    with pytest.raises(ValueError, match="'auto', 'bar', 'lines' or None, got 'dots'"):
        Progress(1, "pictures", show="dots")
