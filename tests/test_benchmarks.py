"""The benchmarks' arithmetic and machinery; their times are nobody's business here."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from tests.benchmarks import kernels, report, times, workloads
from tests.benchmarks.__main__ import main
from tests.benchmarks.frameworks import REFERENCE
from tests.benchmarks.machine import OVERRIDES, child_environment
from tests.benchmarks.tasks import BATCHES, TASKS
from tests.benchmarks.workers import worker


def took(minimum: float, p20: float) -> dict[str, float]:
    return {"minimum": minimum, "p20": p20, "steps": 5}


def test_a_row_has_the_least_minimum_and_the_middle_percentile_of_all_rounds():
    rounds = [
        {"W1": {"tinygen": took(1, 4), REFERENCE: took(3, 5)}},
        {"W1": {"tinygen": took(3, 8), REFERENCE: took(2, 4)}},
        {"W1": {"tinygen": took(2, 6)}},
    ]

    rows = times.rows_of("W1", rounds)

    assert list(rows) == [REFERENCE, "tinygen"]
    assert (rows["tinygen"].minimum, rows["tinygen"].p20) == (1, 6)
    assert sorted(rows["tinygen"].ratios(rows[REFERENCE])) == pytest.approx([0.8, 2.0])


def test_pytorchs_best_is_its_fastest_variant():
    rounds = [{"W1": {REFERENCE: took(1, 3), "pytorch-fused": took(1, 2), "tinygen": took(1, 1)}}]

    assert times.best_of_pytorch(times.rows_of("W1", rounds)).framework == "pytorch-fused"


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_exponent_is_the_power_of_the_size(power):
    sizes = [16, 32, 64, 128]

    assert times.exponent(sizes, [0.3 * size**power for size in sizes]) == pytest.approx(power)


@pytest.mark.parametrize(("power", "verdict"), [(1, "| linear |"), (2, "| not linear |")])
def test_growth_is_called_linear_by_its_slope(power, verdict):
    seconds = {task: TASKS[task].arguments["batch"] ** power for task in BATCHES}
    rounds = [{task: {"tinygen": took(value, value)} for task, value in seconds.items()}]

    assert verdict in report.growth_table("batch", BATCHES, rounds)


def test_results_that_differ_are_warned_of():
    def warned(seen: float) -> bool:
        return bool(times.result_warnings({"W1": {REFERENCE: [2.0], "tinygen": [seen]}}))

    assert not warned(2.0005)
    assert warned(2.01)
    assert warned(float("nan"))


def test_every_framework_has_the_same_threads_and_its_own_kernels():
    inherited = {**dict.fromkeys(OVERRIDES, "anything"), "OMP_NUM_THREADS": "7", "PATH": "/bin"}

    free = child_environment(inherited, threads=3, avx2_only=False)
    limited = child_environment(inherited, threads=3, avx2_only=True)

    assert not free.keys() & set(OVERRIDES)
    assert free["OMP_NUM_THREADS"] == free["OPENBLAS_NUM_THREADS"] == "3"
    assert free["PATH"] == "/bin"
    assert limited["OPENBLAS_CORETYPE"] == "Haswell"


def test_a_limit_that_has_no_effect_is_found_out():
    limited = {kernels.CORE: "Haswell", kernels.LOOPS: "X86_V3", kernels.ATEN: "AVX2"}

    assert kernels.limits_without_effect(limited) == []
    assert kernels.limits_without_effect({**limited, kernels.LOOPS: "X86_V3 X86_V4"}) == [
        kernels.LOOPS
    ]
    assert kernels.limits_without_effect({**limited, kernels.ATEN: "AVX512"}) == [kernels.ATEN]


def test_a_worker_answers_one_request_after_the_other():
    x, a, b, c = workloads.tape_inputs()
    for _ in range(workloads.TAPE_ROUNDS):
        x = np.tanh(x * a + b) - c

    with worker("tinygen", child_environment(os.environ, threads=1, avx2_only=False)) as process:
        compared = process.ask("compare", "W5")
        timed = process.ask("time", "W5", seconds=0)
        scores = process.ask("compare", "cnn-1")
        failed = process.ask("time", "W5", seconds="a lot")

    assert process.about["about"].startswith("tinygen")
    assert compared["results"] == pytest.approx([abs(x.sum())] * 3, rel=1e-5)
    assert 0 < timed["minimum"] <= timed["p20"]
    assert len(set(scores["results"])) == 1
    assert "TypeError" in failed["left_out"]


def test_a_process_that_ends_is_left_out():
    environment = child_environment(os.environ, threads=1, avx2_only=False)

    with worker("tinygen", {**environment, "PYTHONHOME": "/nowhere"}) as process:
        assert "it ended with" in process.ask("time", "W5", seconds=0)["left_out"]
        assert "it ended with" in process.ask("time", "W5", seconds=0)["left_out"]


def test_a_section_is_measured_saved_and_kept_when_another_one_is(tmp_path, capsys):
    short = ["--results", str(tmp_path), "--frameworks", "tinygen", "--workloads", "W5"]

    main([*short, "--only", "steps", "--rounds", "1", "--seconds", "0"])
    main([*short, "--only"])

    page = (tmp_path / "README.md").read_text("utf-8")
    findings = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert list(findings) == ["steps"]
    assert findings["steps"]["rounds"][0]["W5"]["tinygen"]["minimum"] > 0
    assert "W5" in page
    assert page in capsys.readouterr().out
