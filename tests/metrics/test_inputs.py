"""What all metrics share: what they accept, what they give, what they refuse and how."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import tinygen as tg
from tinygen import metrics

RNG = np.random.default_rng(0)
LABELS, OTHERS = RNG.integers(0, 2, (2, 40))
CLASSES, PROBABILITIES = RNG.integers(0, 4, 40), RNG.dirichlet(np.ones(4), 40)
SCORES = PROBABILITIES[:, 0]
IMAGES, MORE_IMAGES = RNG.uniform(size=(2, 3, 1, 12, 12))
BOXES = np.array([[0.0, 0, 4, 4], [2, 2, 7, 8]])
RANKING = np.array([RNG.permutation(40)[:12] for _ in range(40)])

CALLS = {
    "accuracy_score": (LABELS, OTHERS),
    "top_k_accuracy_score": (CLASSES, PROBABILITIES),
    "precision_score": (LABELS, OTHERS),
    "recall_score": (LABELS, OTHERS),
    "f1_score": (LABELS, OTHERS),
    "log_loss": (CLASSES, PROBABILITIES),
    "expected_calibration_error": (CLASSES, PROBABILITIES),
    "auc": (np.sort(SCORES), SCORES),
    "roc_auc_score": (LABELS, SCORES),
    "equal_error_rate": (LABELS, SCORES),
    "pearson_correlation": (SCORES, PROBABILITIES[:, 1]),
    "spearman_correlation": (SCORES, PROBABILITIES[:, 1]),
    "average_precision_score": (LABELS, SCORES),
    "psnr": (IMAGES, MORE_IMAGES),
    "ssim": (IMAGES, MORE_IMAGES),
    "frechet_distance": (PROBABILITIES[:20], PROBABILITIES[20:]),
    "precision_at_k": (CLASSES, CLASSES, RANKING),
    "retrieval_map": (CLASSES, CLASSES, RANKING),
    "character_error_rate": (LABELS[None], OTHERS[None]),
}
"""Metrics that give one number, with arrays that they take."""

TUPLES = {
    "roc_curve": (LABELS, SCORES),
    "precision_recall_curve": (LABELS, SCORES),
    "inception_style_score": (PROBABILITIES,),
    "mode_coverage": (PROBABILITIES, np.eye(4), np.array(0.1)),
    "nearest_neighbours": (IMAGES, MORE_IMAGES),
    "memorisation": (IMAGES, MORE_IMAGES, MORE_IMAGES[:2]),
    "parzen_log_likelihood": (IMAGES, IMAGES, MORE_IMAGES),
}
ARRAYS = {"confusion_matrix": (LABELS, OTHERS), "box_iou": (BOXES, BOXES[::-1].copy())}
OTHER = {
    "average_precision_detection", "batched_nms", "edit_distance", "mean_average_precision", "nms",
}  # fmt: skip


def test_every_metric_is_checked_here():
    functions = {name for name in metrics.__all__ if name.islower()}

    assert functions == {*CALLS, *TUPLES, *ARRAYS, *OTHER}


@pytest.mark.parametrize("name", CALLS)
def test_numbers_are_python_floats(name):
    assert type(getattr(metrics, name)(*CALLS[name])) is float


@pytest.mark.parametrize("name", ["inception_style_score", "memorisation", "parzen_log_likelihood"])
def test_numbers_in_tuples_are_python_floats(name):
    assert {type(number) for number in getattr(metrics, name)(*TUPLES[name])} == {float}


@pytest.mark.parametrize("name", [*CALLS, *TUPLES, *ARRAYS])
@pytest.mark.parametrize("make", [tg.tensor, np.ndarray.tolist], ids=["tensors", "lists"])
def test_tensors_and_lists_are_as_good_as_arrays(name, make):
    metric, arrays = getattr(metrics, name), {**CALLS, **TUPLES, **ARRAYS}[name]

    found, expected = metric(*(make(array) for array in arrays)), metric(*arrays)

    if not isinstance(expected, tuple):
        found, expected = [found], [expected]
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


def test_tensors_of_a_graph_need_not_be_detached():
    scores = tg.tensor(SCORES, requires_grad=True) * 2

    assert metrics.roc_auc_score(LABELS, scores) == metrics.roc_auc_score(LABELS, SCORES)


def test_tensors_may_be_on_any_device(backend):
    labels, scores = (tg.tensor(array, device=backend.device) for array in (LABELS, SCORES))

    assert metrics.roc_auc_score(labels, scores) == metrics.roc_auc_score(LABELS, SCORES)
    assert metrics.roc_auc_score(labels.data, scores.data) == metrics.roc_auc_score(LABELS, SCORES)


@pytest.mark.parametrize("name", [*CALLS, *TUPLES, *ARRAYS])
def test_the_inputs_are_left_as_they_were(name):
    arrays = {**CALLS, **TUPLES, **ARRAYS}[name]
    copies = [array.copy() for array in arrays]

    getattr(metrics, name)(*arrays)

    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(metrics.__path__)])
def test_the_examples_of_the_docstrings_are_right(module):
    assert doctest.testmod(importlib.import_module(f"tinygen.metrics.{module}")).failed == 0


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in CALLS if n.endswith(("score", "loss", "error"))])
def test_nothing_cannot_be_measured(name):
    second = np.zeros((0, 4)) if CALLS[name][1].ndim == 2 else np.zeros(0)

    with pytest.raises(ValueError, match="nothing to measure"):
        getattr(metrics, name)([], second)


@pytest.mark.parametrize("name", [n for n in CALLS if n.endswith(("score", "loss", "error"))])
def test_different_lengths_are_told(name):
    first, second = CALLS[name]

    with pytest.raises(ValueError, match=r"y_true has 39, y_\w+ has 40.*drop_last"):
        getattr(metrics, name)(first[:-1], second)


@pytest.mark.parametrize(
    "name",
    ["top_k_accuracy_score", "roc_auc_score", "average_precision_score", "psnr", "ssim",
     "frechet_distance", "nearest_neighbours", "parzen_log_likelihood"],
)  # fmt: skip
def test_nan_is_refused(name):
    first, second, *others = {**CALLS, **TUPLES}[name]
    spoilt = second.copy()
    spoilt.flat[3] = np.nan

    with pytest.raises(ValueError, match="1 NaN and 0 infinite values.*diverged"):
        getattr(metrics, name)(first, spoilt, *others)


@pytest.mark.parametrize(
    "call",
    [
        metrics.log_loss,
        metrics.expected_calibration_error,
        lambda labels, scores: metrics.roc_auc_score(labels, scores, multi_class="ovr"),
    ],
)
def test_probabilities_must_sum_to_one(call):
    with pytest.raises(ValueError, match="row 0 sums to 0.5: apply softmax"):
        call(CLASSES, PROBABILITIES / 2)
    with pytest.raises(ValueError, match="from -4.* logits become probabilities by softmax"):
        call(CLASSES, 4 * PROBABILITIES - 4.5)


def test_probabilities_of_float32_are_near_enough():
    logits = tg.tensor(RNG.normal(size=(50, 1000)).astype(np.float32) * 5)

    assert metrics.log_loss(range(50), tg.softmax(logits, dim=1)) > 0


@pytest.mark.parametrize(
    "call",
    [metrics.top_k_accuracy_score, metrics.log_loss, metrics.expected_calibration_error,
     metrics.average_precision_score],
)  # fmt: skip
@pytest.mark.parametrize("label", [-1, 4])
def test_labels_out_of_range_are_told(call, label):
    labels = CLASSES.copy()
    labels[5] = label

    with pytest.raises(ValueError, match=rf"labels \[{label}\].*count from 0 to 3"):
        call(labels, PROBABILITIES)


def test_too_few_names_for_the_columns():
    with pytest.raises(ValueError, match="2 different labels, y_score has 3 columns"):
        metrics.top_k_accuracy_score(["a", "b"], np.eye(3)[:2])
    with pytest.raises(ValueError, match="each of the 3 columns"):
        metrics.top_k_accuracy_score(["a", "b"], np.eye(3)[:2], labels=["a", "b"])


@pytest.mark.parametrize(
    ("predicted", "error", "message"),
    [
        (PROBABILITIES, ValueError, r"\(40, 4\).*argmax\(axis=1\)"),
        (SCORES, ValueError, "by a threshold"),
        (LABELS.astype(str), TypeError, "by numbers, or in both by strings"),
        (LABELS * 1j, TypeError, "integers or strings"),
        ([object()] * 40, TypeError, "pass numbers or strings"),
        ([[0, 1], [0]], ValueError, "different lengths"),
    ],
    ids=["probabilities", "scores", "strings", "complex", "objects", "ragged"],
)
def test_what_are_no_labels(predicted, error, message):
    with pytest.raises(error, match=message):
        metrics.accuracy_score(LABELS, predicted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.precision_score(CLASSES, CLASSES), "the labels have 4: choose average="),
        (lambda: metrics.f1_score(LABELS, OTHERS, pos_label=7), "pos_label=7 is none of"),
        (lambda: metrics.f1_score(LABELS, OTHERS, average="samples"), "average must be one of"),
        (lambda: metrics.f1_score(LABELS, OTHERS, zero_division=2), "zero_division must be"),
        (lambda: metrics.f1_score(LABELS, OTHERS, zero_division="zero"), "zero_division must be"),
        (lambda: metrics.confusion_matrix(LABELS, OTHERS, labels=[8]), "none of the labels"),
        (lambda: metrics.confusion_matrix(LABELS, OTHERS, labels=[1, 1]), "each class once"),
        (lambda: metrics.confusion_matrix(LABELS, OTHERS, normalize="rows"), "normalize must be"),
        (lambda: metrics.top_k_accuracy_score(CLASSES, PROBABILITIES, k=0), "k must be at least"),
        (lambda: metrics.expected_calibration_error(LABELS, SCORES, n_bins=0), "n_bins must be"),
        (lambda: metrics.log_loss(LABELS, np.zeros((40, 1, 2))), "the positive class, got shape"),
        (lambda: metrics.roc_auc_score([0, 1, 2], [0, 1, 2]), "3 classes, y_score one column"),
        (lambda: metrics.roc_auc_score(CLASSES, PROBABILITIES), "multi_class='ovr'"),
        (lambda: metrics.roc_auc_score(LABELS, SCORES, multi_class="ovo"), "multi_class must be"),
        (lambda: metrics.roc_curve(LABELS + 1, SCORES), "say with pos_label="),
        (
            lambda: metrics.roc_curve(CLASSES, SCORES, pos_label=1),
            "compare one class with the rest",
        ),
        (lambda: metrics.roc_curve(LABELS, SCORES, pos_label=5), "pos_label=5 is none of"),
        (lambda: metrics.roc_curve(LABELS, PROBABILITIES), r"y_score\[:, 1\]"),
        (lambda: metrics.auc([0], [1]), "at least two points"),
        (lambda: metrics.auc([0, 2, 1], [0, 1, 2]), "rise or fall throughout"),
        (lambda: metrics.accuracy_score([1], [1], sample_weight=[1, 2]), "2 entries for 1 samples"),
        (lambda: metrics.accuracy_score([1], [1], sample_weight=[-1]), "must not be negative"),
        (lambda: metrics.accuracy_score([1], [1], sample_weight=[0]), "zero everywhere"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
