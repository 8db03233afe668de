from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.plots.rendering import history, words
from tinygen.plots import loss_curves, metric_curves
from tinygen.plots.curves import smoothed


def lines(figure: Figure, place: int = 0) -> dict[str, np.ndarray]:
    """The points of each line by its name in the legend."""
    axes = figure.axes[place]
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_training_and_validation_are_drawn_and_the_best_epoch_is_marked() -> None:
    drawn = lines(loss_curves(history()))
    epochs = np.arange(1, 13)
    np.testing.assert_allclose(drawn["training"], np.stack([epochs, 2 / epochs], axis=1))
    np.testing.assert_allclose(drawn["validation"][:, 1], 2 / epochs + 0.01 * epochs)
    best = drawn["best: 0.2867, epoch 12"]
    np.testing.assert_allclose(best, [[12, 2 / 12 + 0.12]])


def test_the_best_is_the_lowest_loss_and_the_highest_accuracy_and_the_lowest_error_rate() -> None:
    figure = metric_curves(history())
    accuracy = [1 - 0.5 / n - 0.01 * n for n in range(1, 13)]
    best = 1 + int(np.argmax(accuracy))
    assert f"best: {max(accuracy):.4g}, epoch {best}" in words(figure)
    assert "best: 0.04167, epoch 12" in words(figure)


def test_every_metric_has_axes_of_its_own_and_rates_have_none() -> None:
    figure = metric_curves(history())
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["accuracy", "cer"]
    assert set(lines(figure, 1)) >= {"validation"}
    assert len(metric_curves(history(), names=["lr"]).axes) == 1


def write_csv(path: Path, columns: dict[str, Any]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def test_a_csv_file_a_mapping_and_rows_give_the_same_picture(tmp_path: Path) -> None:
    columns = {name: list(map(float, values)) for name, values in history().items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    path = write_csv(tmp_path / "log.csv", columns)
    expected = lines(loss_curves(columns))
    for source in (path, str(path), rows):
        drawn = lines(loss_curves(source))
        assert drawn.keys() == expected.keys()
        for name, points in expected.items():
            np.testing.assert_array_equal(drawn[name], points)


def test_what_was_not_measured_is_left_out(tmp_path: Path) -> None:
    columns = {
        "time_of_day": ["9:00", "9:05", "9:10", "9:15"],
        "step": [10, 20, 30, 40],
        "loss": [4.0, 3.0, math.nan, 1.0],
        "val_loss": ["", 3.5, "", 1.5],
    }
    for source in (columns, write_csv(tmp_path / "log.csv", columns)):
        figure = loss_curves(source)
        drawn = lines(figure)
        np.testing.assert_array_equal(drawn["training"], [[10, 4], [20, 3], [40, 1]])
        np.testing.assert_array_equal(drawn["validation"], [[20, 3.5], [40, 1.5]])
        assert figure.axes[0].get_xlabel() == "step"


def test_rows_need_not_have_all_columns() -> None:
    drawn = lines(loss_curves([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "val_loss": 1.0}]))
    np.testing.assert_array_equal(drawn["validation"], [[2, 1.0]])


@pytest.mark.parametrize(
    ("name", "label"),
    [("loss", "training"), ("training/loss", "training"), ("valid.loss", "validation"),
     ("loss_val", "validation"), ("Validation Loss", "validation"), ("test_loss", "test")],
)  # fmt: skip
def test_the_part_of_the_data_is_read_from_the_name(name: str, label: str) -> None:
    assert label in lines(loss_curves({name: [3.0, 2.0]}))


def test_the_losses_of_a_gan_share_a_picture() -> None:
    figure = loss_curves({"generator_loss": [1, 2], "discriminator_loss": [2, 1]})
    assert set(lines(figure)) == {"generator loss", "discriminator loss"}
    one, other = figure.axes[0].lines
    assert one.get_color() != other.get_color()
    assert one.get_linestyle() != other.get_linestyle()


def test_a_wide_range_goes_on_a_logarithmic_scale_unless_it_is_said() -> None:
    wide, narrow = {"loss": [100.0, 1.0]}, {"loss": [2.0, 1.0]}
    assert loss_curves(wide).axes[0].get_yscale() == "log"
    assert loss_curves(narrow).axes[0].get_yscale() == "linear"
    assert loss_curves(wide, log=False).axes[0].get_yscale() == "linear"
    assert loss_curves(narrow, log=True).axes[0].get_yscale() == "log"
    assert loss_curves({"loss": [100.0, -1.0]}).axes[0].get_yscale() == "linear"


def test_many_points_are_smoothed_and_the_raw_ones_stay() -> None:
    loss = np.random.default_rng(0).random(400)
    drawn = lines(loss_curves({"loss": loss}))
    np.testing.assert_array_equal(drawn["_raw"][:, 1], loss)
    assert np.abs(np.diff(drawn["training"][:, 1])).mean() < np.abs(np.diff(loss)).mean() / 5
    assert "_raw" not in lines(loss_curves({"loss": loss}, smoothing=1))


def test_smoothing_is_the_mean_of_the_points_around() -> None:
    values = np.random.default_rng(0).random(30)
    result = smoothed(values, 7)
    for place in range(30):
        around = values[max(0, place - 3) : min(place + 3, 2 * place) + 1]
        assert math.isclose(result[place], around.mean())
    np.testing.assert_allclose(smoothed(np.full(9, 0.7), 5), 0.7)
    np.testing.assert_allclose(smoothed(values, 1), values)


def test_one_epoch_is_enough() -> None:
    assert "best: 2, epoch 1" in words(loss_curves({"epoch": [1], "val_loss": [2.0]}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: loss_curves({"accuracy": [1.0]}), "nothing to draw; .* are accuracy: name some"),
        (lambda: loss_curves({"loss": [1.0]}, names=["cost"]), "no numbers called cost"),
        (lambda: loss_curves({"loss": [1.0], "lr": [1.0, 2.0]}), "got loss: 1, lr: 2"),
        (lambda: loss_curves({"loss": [math.inf, math.inf]}), "training has diverged"),
        (lambda: loss_curves({"loss": [1.0, 0.0]}, log=True), "no place for 0: pass log=False"),
        (lambda: loss_curves({"loss": [1.0]}, smoothing=0), "counts points, 1 for none; got 0"),
        (lambda: loss_curves([]), "the history has no rows yet"),
        (lambda: metric_curves({"loss": [1.0], "epoch": [1]}), "nothing to draw"),
    ],
)  # fmt: skip
def test_histories_that_cannot_be_drawn_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        loss_curves(tmp_path / "nowhere.csv")
