"""The GPU command, as far as it goes without a GPU."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tests.benchmarks import in_tinygen
from tests.gpu import __main__ as command
from tests.gpu import times, worker
from tests.gpu.steps import STEPS, Framework
from tinygen import backend


@pytest.fixture
def device() -> Iterator[str]:
    standin.install()
    backend.get("cupy")
    yield "cuda"
    standin.uninstall()


def test_without_a_gpu_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(name: str) -> None:
        raise backend.BackendError("the GPU cannot be used: CuPy is not installed")

    monkeypatch.setattr(backend, "get", refuse)
    assert command.main([]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "python -m tests.gpu needs a GPU: the GPU cannot be used: CuPy is not installed\n"
    )


def test_the_standin_keeps_the_promises(device: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.keeps_promises()
    assert "0 not kept" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["W2", "W4", "W5"])
def test_a_step_on_the_device_is_one_on_the_host(key: str, device: str) -> None:
    first = [STEPS[key](Framework(tg, place, {}))() for place in ("cpu", device)]
    np.testing.assert_allclose(first[1], first[0], rtol=1e-5)


@pytest.mark.parametrize("key", ["W1", "W2", "W3", "W4", "W5"])
def test_the_steps_are_those_of_the_benchmarks(key: str) -> None:
    steps = STEPS[key](Framework(tg, "cpu", {})), in_tinygen.STEPS[key]()
    losses = [[step() for _ in range(2)] for step in steps]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_a_measurement_has_losses_and_times() -> None:
    made = worker.measured(iter(range(100)).__next__, seconds=0)
    assert made["losses"] == [0, 1, 2]
    assert 0 <= made["minimum"] <= made["p20"]


def results(**p20s: list[float]) -> times.Results:
    lines = {
        name: [{"losses": [2.0, 1.0, 0.5], "p20": p20} for p20 in of_rounds]
        for name, of_rounds in p20s.items()
    }
    return {"W1": lines}


def test_the_table_has_ratios_and_their_spread() -> None:
    table = times.describe(results(tinygen=[3.0, 1.0, 2.0], pytorch=[1.0, 1.0, 4.0]), ["a GPU"], [])
    assert "- a GPU" in table
    row = next(line for line in table.splitlines() if line.startswith("| W1"))
    assert row.endswith("| 2.000 | 1.000 | 2.00 (0.50 to 3.00) |")
    assert "differ by less than" in table


def test_the_table_says_what_is_missing_and_what_differs() -> None:
    alone = times.describe(results(tinygen=[1.0]), [], ["pytorch: not installed"])
    assert "Left out: pytorch: not installed" in alone
    apart = results(tinygen=[1.0], pytorch=[1.0])
    apart["W1"]["tinygen"][0]["losses"] = [2.0, 1.0, 0.6]
    assert "WARNING" in times.describe(apart, [], [])
    assert "W1 in tinygen" in times.describe(apart, [], [])
