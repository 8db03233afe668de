from __future__ import annotations

import pytest

from tinygen.cli import progress
from tinygen.cli.progress import Progress


@pytest.fixture
def seconds(monkeypatch):
    """A clock that is set by hand."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock[0])
    return clock


def test_speed_and_time_left_follow_from_the_clock(seconds):
    with Progress(100, unit="pictures") as run:
        seconds[0] = 2.0
        run.advance(20, loss=0.5)

        assert run.status() == "loss 0.500, 10 pictures/s, 8 s left"


def test_the_shown_loss_is_a_running_average():
    with Progress(3, unit="pictures") as run:
        run.advance(1, loss=1.0)
        run.advance(1, loss=2.0)

        assert run.loss == pytest.approx(0.9 * 1.0 + 0.1 * 2.0)


def test_where_there_is_no_terminal_a_line_is_printed_for_each_tenth(capsys):
    with Progress(200, unit="pictures") as run:
        for _ in range(200):
            run.advance(1, loss=1.0)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [f"{10 * tenth}%" for tenth in range(1, 11)]


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)

    with Progress(10, unit="pictures") as run:
        run.advance(10, loss=0.25)

    said = capsys.readouterr().out
    assert "100%" in said
    assert "loss 0.250" in said
