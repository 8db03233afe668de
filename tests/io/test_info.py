"""What ``tinygen info`` says of a file."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

import tinygen as tg
from tests.io.training import Training
from tinygen.io import describe, save_checkpoint


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


def facts(text):
    """The lines above the table, by their first words."""
    head, _, _ = text.partition("\n\n")
    pairs = (line.split("  ", 1) for line in head.splitlines())
    return {name: value.strip() for name, value in pairs}


def rows(text):
    """The lines of the table, between its head and the line below it."""
    _, _, table = text.partition("\n\n")
    lines = table.splitlines()
    assert set(lines[-2]) == {"-"}
    return lines[1:-2], lines[-1]


def test_a_checkpoint_is_described(path):
    training = Training().run(3)
    save_checkpoint(
        path, **training.parts, epoch=2, step=12345, architecture="mlp", arguments={"width": 16},
        metadata={
            "accuracy": 0.5, "notes": "n" * 500, "recipe": {"lr": 0.01, "data": "mnist" * 50},
            "none": {}, "scores": {str(seed): seed for seed in range(1000)},
        },
    )  # fmt: skip

    said = facts(describe(path))

    assert said["file"] == str(path)
    assert said["kind"] == "checkpoint of a training"
    assert said["format"] == "1, verified"
    assert said["architecture"] == "mlp(width=16)"
    assert (said["epoch"], said["step"]) == ("2", "12,345")
    # 6*16 + 16 + 16*3 + 3 trained, 4*16 + 1 in batch norm (the counter has 8 bytes)
    assert said["model"] == "Sequential: 9 arrays, 228 elements, 916 B"
    rate = training.optimizer.param_groups[0]["lr"]
    assert said["optimizer"] == (
        f"Adam: 1 group, lr {rate:g}, remembers exp_avg, exp_avg_sq, max_exp_avg_sq, step of 6 "
        "parameters"
    )
    assert said["scheduler"] == f"OneCycleLR: 3 steps taken, lr {rate:g}"
    assert said["loader"] == "Order: {'position': 3}"
    blocks = tg.get_rng_state()["noise"]["counter"]
    assert said["generators"] == f"host PCG64DXSM, noise at block {blocks:,}"
    assert said["metadata accuracy"] == "0.5"
    assert len(said["metadata notes"]) == 60
    assert said["metadata recipe"].startswith("lr=0.01, data='mnistmnist")
    assert len(said["metadata recipe"]) < 80
    assert said["metadata none"] == "{}"
    assert said["metadata scores"] == "dict of 1,000"


def test_every_array_has_a_row_and_the_sum_is_below(path):
    tg.save(
        {"w": np.zeros((3, 1000, 2), np.float32), "n": np.array(1), "s": np.zeros(2, "?")}, path
    )
    table, total = rows(describe(path))

    assert [row.split() for row in table] == [
        ["w", "(3,", "1000,", "2)", "float32", "24.0", "kB"],
        ["n", "()", "int64", "8", "B"],
        ["s", "(2,)", "bool", "2", "B"],
    ]
    assert total == "3 arrays, 6,003 elements, 24.0 kB"


def test_the_digest_can_be_checked_by_hand(path):
    tg.save({"a": [1, "ü"], "w": np.ones(2)}, path)
    with np.load(path) as file:
        header = json.loads(bytes(file["header"]))
    said = {name: value for name, value in header.items() if name != "sha256"}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    assert facts(describe(path))["sha256"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("tree", "value"), [(3, "3"), ({"a": 1}, "{'a': 1}"), (list(range(1000)), "list of 1,000")]
)
def test_other_values_are_described_too(path, tree, value):
    tg.save(tree, path)
    said = facts(describe(path))

    assert said["kind"] == "values saved by tg.save"
    assert said["values"] == value
    assert rows(describe(path)) == ([], "0 arrays, 0 elements, 0 B")


@pytest.mark.parametrize(
    ("size", "said"),
    [(999, "999 B"), (1000, "1.0 kB"), (1_250_000, "1.2 MB"), (3_000_000, "3.0 MB")],
)
def test_sizes_are_readable(path, size, said):
    tg.save(np.zeros(size, np.uint8), path)

    assert rows(describe(path))[1].endswith(f", {said}")
