from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import tinygen as tg
from tests.plots.rendering import COUNTS, LABELS, PROBABILITIES, drawn_texts, words
from tinygen.plots import (
    confusion_matrix,
    precision_recall_plot,
    reliability_diagram,
    roc_curve_plot,
)

# ---- confusion matrix ------------------------------------------------------------------------


def test_counts_percentages_of_rows_and_totals_are_written() -> None:
    written = words(confusion_matrix([[8, 2], [1, 3]], names=["cat", "dog"], title="Pets"))
    for word in ("8", "80.0%", "2", "20.0%", "1", "3", "10", "4", "cat", "dog", "Pets"):
        assert word in written
    assert written.count("80.0%") == 2  # in its cell and beside the row


def test_a_share_is_rounded_neither_to_all_nor_to_nothing() -> None:
    written = words(confusion_matrix([[99_999, 1], [0, 7]]))
    assert {">99.9%", "<0.1%", "100%", "100,000"} <= set(written)
    assert "0" not in [word for word in written if word not in ("0", "1")]


def test_a_class_that_is_never_right_and_one_without_examples() -> None:
    written = words(confusion_matrix([[0, 3, 0], [1, 1, 0], [0, 0, 0]]))
    assert {"0%", "–"} <= set(written)


def test_right_cells_are_blue_and_errors_orange_the_darker_the_more() -> None:
    figure = confusion_matrix([[50, 50, 0], [5, 95, 0], [0, 0, 9]])
    cells = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_allclose(cells[2, 2], to_rgb("#0072B2"), atol=0.01)
    np.testing.assert_allclose(cells[0, 2], 1)
    blue, orange = cells[0, 0], cells[0, 1]
    assert blue[2] > blue[0]
    assert orange[0] > orange[2]
    assert cells[0, 1].sum() < cells[1, 0].sum() < 2.95  # 5 % can be seen


def test_the_shade_is_the_share_of_the_row() -> None:
    figure = confusion_matrix([[5, 5], [100, 100]])
    cells = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_array_equal(cells[0, 0], cells[1, 1])
    np.testing.assert_array_equal(cells[0, 1], cells[1, 0])


@pytest.mark.parametrize("size", [2, 10, 12, 13, 26, 36])
def test_every_number_fits_into_its_cell(size: int) -> None:
    counts = np.full((size, size), 7) + 1200 * np.eye(size, dtype=int)
    figure = confusion_matrix(counts, names=[chr(65 + n % 26) for n in range(size)])
    axes = figure.axes[0]
    cell = axes.get_window_extent().width / size
    texts = [text for text in drawn_texts(figure) if text.axes is axes]
    inside = [text for text in texts if text.get_text() in ("7", "1207")]
    assert len(inside) >= size * size
    assert max(text.get_window_extent().width for text in inside) < cell


def test_a_matrix_may_be_a_tensor() -> None:
    assert "8" in words(confusion_matrix(tg.tensor([[8, 2], [1, 4]])))


@pytest.mark.parametrize(
    ("matrix", "names", "message"),
    [
        (np.zeros((2, 3)), None, r"shape \(K, K\), .* got \(2, 3\): make them with tinygen.met"),
        ([[0.5, 0.5], [0, 1]], None, "before it is normalized"),
        ([[-1, 2], [3, 4]], None, "whole numbers from 0"),
        ([[1, 2], [3, 4]], ["a"], "1 names for 2 classes"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(matrix: Any, names: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_matrix(matrix, names)


# ---- ROC, precision and recall ---------------------------------------------------------------

TRUTH = np.array([0, 0, 1, 1])
SCORE = np.array([0.1, 0.4, 0.35, 0.8])


def curve(figure: Any, label: str) -> np.ndarray:
    return next(line.get_xydata() for line in figure.axes[0].lines if line.get_label() == label)


def test_a_roc_curve_worked_out_by_hand() -> None:
    figure = roc_curve_plot(TRUTH, SCORE)
    points = curve(figure, "AUC 0.7500")  # of 4 pairs, 3 are in order
    assert {(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)} == {tuple(p) for p in points.tolist()}


def test_a_precision_recall_curve_worked_out_by_hand() -> None:
    figure = precision_recall_plot(TRUTH, SCORE)
    points = curve(figure, "AP 0.8333")  # 1/2 * 1 + 1/2 * 2/3
    assert {(1, 0.5), (1, 2 / 3), (0.5, 0.5), (0.5, 1), (0, 1)} == {tuple(p) for p in points}
    guessing = curve(figure, "guessing")
    np.testing.assert_array_equal(guessing[:, 1], 0.5)


def test_between_two_thresholds_precision_is_that_of_the_higher_recall() -> None:
    """As the average precision counts it: the area below the steps."""
    figure = precision_recall_plot(LABELS == 0, PROBABILITIES[:, 0])
    line = next(line for line in figure.axes[0].lines if line.get_label().startswith("AP"))
    recall, precision = line.get_xydata().T
    assert line.get_drawstyle() == "steps-post"
    area = -(np.diff(recall) * precision[:-1]).sum()
    assert f"AP {area:.4f}" == line.get_label()


@pytest.mark.parametrize("plot", [roc_curve_plot, precision_recall_plot])
def test_each_class_against_the_rest_or_each_model(plot: Any) -> None:
    figure = plot(LABELS, PROBABILITIES, names=[f"class {n}" for n in range(10)])
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert sum(label.startswith("class ") for label in labels) == 10
    models = {"one": PROBABILITIES[:, 0], "other": PROBABILITIES[:, 1]}
    labels = [line.get_label() for line in plot(LABELS == 0, models).axes[0].lines]
    assert sum(label.startswith(("one: ", "other: ")) for label in labels) == 2


@pytest.mark.parametrize("plot", [roc_curve_plot, precision_recall_plot])
def test_a_corner_that_holds_all_curves_is_enlarged(plot: Any) -> None:
    truth = np.arange(1000) % 2
    sharp = truth + 0.2 * np.random.default_rng(0).normal(size=1000)
    assert "the corner, enlarged" in words(plot(truth, sharp))
    assert "the corner, enlarged" not in words(plot(truth, 0.1 * truth + sharp - truth))


def test_a_perfect_curve_is_one_and_an_almost_perfect_one_is_not() -> None:
    assert "AUC 1.0000" in words(roc_curve_plot(TRUTH, TRUTH))
    truth = np.repeat([0, 1], 500)
    score = truth.astype(float)
    score[0] = 1.0  # one pair in a thousand is tied
    score[1:] -= 1e-3
    almost = np.arange(1000.0)
    almost[[499, 500]] = almost[[500, 499]]
    assert "AUC >0.9999" in words(roc_curve_plot(truth, almost))


@pytest.mark.parametrize("plot", [roc_curve_plot, precision_recall_plot])
@pytest.mark.parametrize(
    ("truth", "score", "error", "message"),
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], ValueError, r"labels up to 2: pass the scores of all 3"),
        ([1, 1], [0.1, 0.2], ValueError, "only positives or only negatives among 2"),
        ([0, 1], [0.1, np.nan], ValueError, "finite score"),
        ([0, 1, 1], [0.1, 0.2], ValueError, r"label for each of 2 rows, got .* \(3,\)"),
        ([0.0, 1.0], [0.1, 0.2], TypeError, r"one-hot rows or scores use .argmax\(1\)"),
        ([0, -1], [0.1, 0.2], ValueError, "label -1: classes count from 0"),
        ([0, 5], np.zeros((2, 3)), ValueError, "label 5 and scores for 3 classes, 0 to 2"),
        ([0, 1], np.zeros((2, 3, 1)), ValueError, r"got \(2, 3, 1\)"),
        ([0, 1], np.eye(3)[:2], ValueError, "class 2 has only positives or only negatives"),
    ],
)
def test_scores_that_give_no_curve_are_refused(
    plot: Any, truth: Any, score: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plot(np.array(truth), np.array(score))


# ---- calibration -----------------------------------------------------------------------------


def bars(figure: Any, label: str) -> np.ndarray:
    container = next(c for c in figure.axes[0].containers if c.get_label() == label)
    return np.array([bar.get_height() for bar in container])


def test_bars_gaps_and_the_calibration_error_worked_out_by_hand() -> None:
    said = np.array([0.9] * 4 + [0.6] * 4)
    labels = np.array([1, 1, 1, 0, 1, 1, 1, 0])  # 75 % of both
    figure = reliability_diagram(labels, said, bins=5)
    np.testing.assert_allclose(bars(figure, "found"), [0, 0, 0, 0.6, 0.75])
    np.testing.assert_allclose(bars(figure, "said, not found: too sure"), [0, 0, 0, 0, 0.15])
    np.testing.assert_allclose(bars(figure, "found, not said: too unsure"), [0, 0, 0, 0.15, 0])
    counts = [bar.get_height() for bar in figure.axes[1].patches]
    assert counts == [0, 0, 0, 4, 4]
    assert "expected calibration error 15.00 %" in words(figure)


def test_of_many_classes_the_guess_counts() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    figure = reliability_diagram(np.array([0, 2]), rows, bins=2)
    np.testing.assert_allclose(bars(figure, "found"), [0, 0.5])
    assert "expected calibration error 25.00 %" in words(figure)


def test_the_error_is_that_of_the_metrics() -> None:
    error = tg.metrics.expected_calibration_error(LABELS, PROBABILITIES, n_bins=15)
    assert f"expected calibration error {100 * error:.2f} %" in words(
        reliability_diagram(LABELS, PROBABILITIES)
    )


@pytest.mark.parametrize(
    ("labels", "rows", "message"),
    [
        ([0, 1], [[3.0, -1.0], [0.2, 0.1]], "apply softmax .* to the logits first"),
        ([0], [[0.5, 0.5], [0.5, 0.5]], "a label for each of 2 rows"),
        ([0], [[[0.5]]], r"got \(1, 1, 1\)"),
    ],
)
def test_what_are_no_probabilities_is_refused(labels: Any, rows: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reliability_diagram(np.array(labels), np.array(rows))
    with pytest.raises(ValueError, match="one bin at least"):
        reliability_diagram(LABELS, PROBABILITIES, bins=0)


def test_the_counts_of_the_catalogue_are_counts() -> None:
    assert COUNTS.dtype.kind == "i"
