from __future__ import annotations

import csv
import json
import math

import pytest

from tests.train.helpers import Line, slide
from tinygen.optim import SGD
from tinygen.train import History, Trainer


def filled():
    history = History()
    history.rows = [
        {"epoch": 1, "step": 10, "loss": 0.1, "seconds": 1.0},
        {"epoch": 2, "step": 20, "loss": 1 / 3, "val_loss": math.nan, "seconds": 1.0},
    ]
    return history


def fitted(out, epochs=2, **options):
    model = Line()
    Trainer(
        model, SGD(model.parameters(), lr=0.5), step=slide, out=out, progress=None, diagnose=False
    ).fit([0, 1], epochs, **options)


def test_columns():
    history = filled()

    assert list(history) == ["epoch", "step", "loss", "seconds", "val_loss"]
    assert history["loss"] == [0.1, 1 / 3]
    assert math.isnan(history["val_loss"][0])
    assert dict(history)["step"] == [10, 20]


def test_a_column_that_is_not_there_names_those_that_are():
    with pytest.raises(KeyError, match="no column 'accuracy', only epoch, step, loss"):
        filled()["accuracy"]


def test_csv(tmp_path):
    filled().write_csv(tmp_path / "h.csv")

    with open(tmp_path / "h.csv", newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {"epoch": "1", "step": "10", "loss": "0.1", "seconds": "1.0", "val_loss": ""}
    assert float(second["loss"]) == 1 / 3  # to the last digit
    assert second["val_loss"] == "nan"


def test_json_lines(tmp_path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    filled().write_json_lines(tmp_path / "h.jsonl")

    lines = (tmp_path / "h.jsonl").read_text().splitlines()
    first, second = (json.loads(line, parse_constant=refuse) for line in lines)
    assert first == filled().rows[0]
    assert second == {**filled().rows[1], "val_loss": None}


def test_a_run_writes_both(tmp_path):
    fitted(tmp_path)

    text = (tmp_path / "history.csv").read_text().splitlines()
    assert text[0] == "epoch,step,loss,lr,seconds"
    assert text[1].startswith("1,2,-0.25,0.5,")  # the losses 0 and -1/2
    assert text[2].startswith("2,4,-1.25,0.5,")
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row["loss"] for row in rows] == [-0.25, -1.25]


def test_a_resumed_run_continues_them(tmp_path):
    fitted(tmp_path, epochs=1)
    fitted(tmp_path, epochs=3, resume="auto")

    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "1", "2", "3"]


def test_the_folder_holds_nothing_else(tmp_path):
    fitted(tmp_path)

    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"last.npz", "best.npz", "history.csv", "history.jsonl"}


def test_how_it_looks():
    lines = repr(filled()).splitlines()

    assert lines[0] == "<History of 2 epochs>"
    assert lines[1].strip() == "epoch 1  loss 0.1000  1.0 s"
