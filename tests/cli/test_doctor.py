from __future__ import annotations

import sys

import pytest

from tinygen.cli import doctor, main
from tinygen.data import cache


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch, tmp_path):
    """No GPU, no data, no variables that say how to multiply."""
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    for name in ("TINYGEN_DATA", *doctor.THREAD_VARIABLES, *doctor.KERNEL_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def findings():
    return {finding.what: finding for finding in doctor.examine()}


def test_a_machine_without_a_gpu_is_well(capsys):
    assert main(["doctor"]) == 0

    said = capsys.readouterr().out
    assert said.endswith("tinygen works on the CPU.\n")
    assert "FAIL" not in said


def test_everything_that_matters_is_looked_at():
    wanted = {"Python", "NumPy", "GPU", "Threads", "Cores", "Speed", "Training", "MNIST"}
    assert wanted <= set(findings())


def test_a_missing_gpu_is_named_with_the_remedy():
    gpu = findings()["GPU"]

    assert not gpu.is_well
    assert "pip install 'cupy-cuda13x[ctk]'" in gpu.note


def test_a_broken_cupy_is_told_from_a_missing_one(monkeypatch, tmp_path, capsys):
    monkeypatch.delitem(sys.modules, "cupy")
    (tmp_path / "cupy.py").write_text("raise ImportError('libcudart.so.13: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)

    assert main(["doctor"]) == 0
    assert "does not import: ImportError: libcudart.so.13" in capsys.readouterr().out


def test_a_training_step_that_fails_is_the_end(monkeypatch, capsys):
    def fail():
        raise RuntimeError("no kernel")

    monkeypatch.setattr(doctor, "_one_step", fail)

    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "FAIL Training" in said
    assert "no kernel" in said


@pytest.mark.parametrize("after", [1.0, 2.0, float("nan")])
def test_a_training_step_that_does_not_help_is_the_end(monkeypatch, after):
    monkeypatch.setattr(doctor, "_one_step", lambda: (1.0, after))

    assert main(["doctor"]) == 1


def test_thread_limits_are_named(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    assert findings()["Threads"] == doctor.Finding("Threads", True, "OMP_NUM_THREADS=1")


def test_a_variable_that_chooses_slower_kernels_is_pointed_out(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")

    threads = findings()["Threads"]
    assert not threads.is_well
    assert "OPENBLAS_CORETYPE may choose slower kernels" in threads.note


def test_data_that_are_not_there_come_with_directions(tmp_path):
    data = findings()["MNIST"]

    assert not data.is_well
    assert str(tmp_path / "cache" / "mnist") in data.note
    assert "https://" in data.note


def test_a_terminal_gets_a_table_that_keeps_its_brackets(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    assert main(["doctor"]) == 0
    assert "cupy-cuda13x[ctk]" in capsys.readouterr().out


def test_without_rich_the_lines_are_plain(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)

    assert main(["doctor"]) == 0
    assert "ok   Training    " in capsys.readouterr().out
