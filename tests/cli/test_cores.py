"""How busy the machine is, from what the system counts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tinygen.cli import cores, main
from tinygen.cli.cores import Use

# user nice system idle iowait irq softirq steal guest guest_nice
BEFORE = """\
cpu  600 0 0 1400 0 0 0 0 0 0
cpu0 500 0 0 500 0 0 0 0 0 0
cpu1 100 0 0 900 0 0 0 0 100 0
intr 7 0
"""
AFTER = """\
cpu  620 0 0 1420 0 0 0 0 0 0
cpu0 510 2 3 503 2 0 0 0 0 0
cpu1 105 0 0 915 0 0 0 0 105 0
intr 9 0
"""

real_use = cores.use


@pytest.fixture
def system(monkeypatch):
    """Let the system say this, before and after; and let this process have worked so long."""

    def say(before, after, own_seconds=0.0, own_cores=(0, 1)):
        said, worked = iter([before, after]), iter([5.0, 5.0 + own_seconds])

        class Statistics:
            @staticmethod
            def read_text():
                return next(said)

        monkeypatch.setattr(cores, "STATISTICS", Statistics)
        monkeypatch.setattr(cores, "_own_cores", lambda: set(own_cores))
        monkeypatch.setattr(cores.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(cores.time, "process_time", lambda: next(worked))

    return say


def test_work_is_all_but_idling_and_waiting_for_disks(system):
    system(BEFORE, AFTER)

    # 15 of 20 ticks of the first core; 5 of 20 of the second, its guest's not counted twice
    assert cores._busy_now() == pytest.approx(15 / 20 + 5 / 20)


def test_only_the_cores_count_that_this_process_may_use(system):
    system(BEFORE, AFTER, own_cores=[1])

    assert cores._busy_now() == pytest.approx(5 / 20)


def test_what_this_process_does_is_not_others(system):
    system(BEFORE, AFTER, own_seconds=0.4 * cores.SECONDS)
    assert cores._busy_now() == pytest.approx(1.0 - 0.4)

    system(BEFORE, AFTER, own_seconds=3 * cores.SECONDS)
    assert cores._busy_now() == 0


@pytest.mark.parametrize("said", ["", "cpu0 a b c", "nothing\n\nto read", BEFORE])
def test_where_nothing_is_counted_the_load_average_is_taken(system, monkeypatch, said):
    system(said, said)
    monkeypatch.setattr(os, "getloadavg", lambda: (3.5, 2.0, 1.0), raising=False)
    monkeypatch.setattr(cores, "available", lambda: 4)

    assert real_use() == Use(3.5, 4)


def test_where_there_is_no_load_average_nothing_is_known(system, monkeypatch):
    system("", "")
    monkeypatch.delattr(os, "getloadavg", raising=False)

    assert real_use() is None


@pytest.mark.parametrize(("busy", "is_high"), [(0.0, False), (1.0, False), (1.1, True)])
def test_more_than_half_of_the_cores_is_much(busy, is_high):
    assert Use(busy, 2).is_high == is_high


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what its cores do now")
def test_a_program_that_counts_is_seen():
    """The others on the machine can only add to it."""
    code = "print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as counting:
        assert counting.stdout is not None
        counting.stdout.readline()
        found = real_use()
        counting.kill()

    assert found is not None
    assert found.busy > 0.3


# ---- what is said ------------------------------------------------------------------------------


@pytest.mark.usefixtures("glyphs")
@pytest.mark.parametrize(
    "words",
    [("demo", "--epochs", "1"), ("train", "cnn", "--data", "glyphs", "--epochs", "1")],
    ids=["demo", "train"],
)
@pytest.mark.filterwarnings("ignore::tinygen.train.TrainingWarning")
def test_a_busy_machine_is_said_at_the_start(monkeypatch, tmp_path, capsys, words):
    monkeypatch.setattr(cores, "use", lambda: Use(1.6, 2))
    monkeypatch.setattr("tinygen.cli.demo.DRAWINGS", {})
    monkeypatch.setattr("tinygen.cli.demo._page", lambda *_: None)
    monkeypatch.setattr("tinygen.cli.demo.render", lambda _: "")

    assert main([*words, "--offline", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("Note    other programs use 1.6 of the 2 cores")


@pytest.mark.parametrize("use", [None, Use(0.4, 2)])
def test_of_an_idle_machine_nothing_is_said(monkeypatch, capsys, use):
    monkeypatch.setattr(cores, "use", lambda: use)
    cores.say_if_busy()

    assert capsys.readouterr().out == ""


def test_the_doctor_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(cores, "use", lambda: Use(1.6, 2))

    assert main(["doctor"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "Cores" in line)
    assert line.startswith("-    Cores")
    assert "OPENBLAS_NUM_THREADS" in line


def test_the_doctor_says_that_all_is_quiet(monkeypatch, capsys):
    monkeypatch.setattr(cores, "use", lambda: Use(0.1, 8))

    main(["doctor"])
    assert "ok   Cores       other programs use 0.1 of 8" in capsys.readouterr().out
