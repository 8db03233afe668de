from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygen import metrics
from tinygen.metrics import UndefinedMetricWarning

RATIOS = [metrics.precision_score, metrics.recall_score, metrics.f1_score]


def paired_labels(classes=4):
    """Two lists of labels of one length."""
    pair = st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1))
    return st.lists(pair, min_size=1, max_size=40).map(
        lambda pairs: tuple(zip(*pairs, strict=True))
    )


def count(y_true, y_pred, label):
    """True positives, false positives, false negatives of a class, one by one."""
    hits = false = missed = 0
    for true, pred in zip(y_true, y_pred, strict=True):
        hits += true == label and pred == label
        false += true != label and pred == label
        missed += true == label and pred != label
    return hits, false, missed


def naive(metric, hits, false, missed):
    """The ratio from the counts; 0 for 0/0."""
    above, below = {
        "precision_score": (hits, hits + false),
        "recall_score": (hits, hits + missed),
        "f1_score": (2 * hits, 2 * hits + false + missed),
    }[metric.__name__]
    return above / below if below else 0.0


# ---- accuracy ------------------------------------------------------------------------------------


def test_accuracy_is_the_share_of_equal_labels():
    assert metrics.accuracy_score([0, 1, 2, 3], [0, 2, 2, 3]) == 0.75
    assert metrics.accuracy_score([0, 1, 2, 3], [0, 2, 2, 3], normalize=False) == 3.0


def test_accuracy_counts_a_sample_by_its_weight():
    assert metrics.accuracy_score([0, 1], [0, 0], sample_weight=[3, 1]) == 0.75


def test_labels_may_be_strings():
    assert metrics.accuracy_score(["cat", "dog"], ["cat", "cat"]) == 0.5


def test_top_1_is_accuracy_where_no_scores_are_equal():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(200, 5)), rng.integers(0, 5, 200)

    top = metrics.top_k_accuracy_score(labels, scores, k=1)

    assert top == metrics.accuracy_score(labels, scores.argmax(axis=1))


def test_top_k_looks_at_the_k_highest_scores():
    scores = [[0.5, 0.2, 0.3], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]]

    assert metrics.top_k_accuracy_score([0, 0, 1], scores, k=1) == pytest.approx(1 / 3)
    assert metrics.top_k_accuracy_score([0, 0, 1], scores, k=2) == pytest.approx(2 / 3)
    assert metrics.top_k_accuracy_score([0, 0, 1], scores, k=3) == 1.0


def test_equal_scores_are_no_free_hits():
    scores = np.zeros((10, 10))

    assert metrics.top_k_accuracy_score(range(10), scores, k=3) == 0.3


def test_top_k_knows_columns_by_name():
    scores = [[0.9, 0.1], [0.8, 0.2]]

    assert metrics.top_k_accuracy_score([7, 5], scores, k=1, labels=[7, 5]) == 0.5


# ---- confusion matrix ----------------------------------------------------------------------------


@given(paired_labels())
def test_the_confusion_matrix_counts_pairs(labels):
    y_true, y_pred = labels
    expected = np.zeros((4, 4), int)
    for true, pred in zip(y_true, y_pred, strict=True):
        expected[true, pred] += 1

    matrix = metrics.confusion_matrix(y_true, y_pred, labels=sorted({*y_true, *y_pred, 0}))

    occurring = sorted({*y_true, *y_pred, 0})
    np.testing.assert_array_equal(matrix, expected[np.ix_(occurring, occurring)])


def test_rows_columns_or_all_of_the_confusion_matrix_sum_to_one():
    y_true, y_pred = [0, 0, 0, 1, 2], [0, 0, 1, 1, 1]

    def matrix(by):
        return metrics.confusion_matrix(y_true, y_pred, normalize=by)

    np.testing.assert_allclose(matrix("true").sum(axis=1), [1, 1, 1])
    np.testing.assert_allclose(matrix("pred").sum(axis=0), [1, 1, 0])  # 2 was never predicted
    np.testing.assert_allclose(matrix("all").sum(), 1)


def test_labels_choose_the_order_of_the_confusion_matrix_and_leave_others_out():
    matrix = metrics.confusion_matrix([0, 1, 2, 2], [0, 2, 2, 0], labels=[2, 0])

    np.testing.assert_array_equal(matrix, [[1, 1], [0, 1]])


def test_the_confusion_matrix_of_nothing_is_zero_if_the_classes_are_named():
    np.testing.assert_array_equal(metrics.confusion_matrix([], [], labels=[0, 1]), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="nothing to measure"):
        metrics.confusion_matrix([], [])


# ---- precision, recall, F1 -----------------------------------------------------------------------


@pytest.mark.parametrize("metric", RATIOS)
@given(labels=paired_labels())
def test_ratios_of_each_class_and_their_averages_are_those_of_the_counts(metric, labels):
    y_true, y_pred = labels
    classes = sorted({*y_true, *y_pred})
    counts = [count(y_true, y_pred, label) for label in classes]
    each = [naive(metric, *of_class) for of_class in counts]
    support = [y_true.count(label) for label in classes]

    def measured(average):
        return metric(y_true, y_pred, average=average, zero_division=0)

    np.testing.assert_allclose(measured(None), each, rtol=1e-14)
    assert measured("macro") == pytest.approx(sum(each) / len(each))
    assert measured("weighted") == pytest.approx(np.dot(each, support) / len(y_true))
    assert measured("micro") == pytest.approx(naive(metric, *np.sum(counts, axis=0)))


@given(paired_labels())
def test_micro_averages_over_all_classes_are_accuracy(labels):
    expected = metrics.accuracy_score(*labels)

    for metric in RATIOS:
        assert metric(*labels, average="micro") == pytest.approx(expected)


def test_binary_scores_are_about_the_positive_class():
    y_true, y_pred = [1, 1, 1, 0, 0], [1, 0, 0, 1, 0]

    assert metrics.precision_score(y_true, y_pred) == 1 / 2
    assert metrics.recall_score(y_true, y_pred) == 1 / 3
    assert metrics.f1_score(y_true, y_pred) == pytest.approx(2 / 5)
    assert metrics.recall_score(y_true, y_pred, pos_label=0) == 1 / 2


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, 2, (2, 100))
    precision = metrics.precision_score(y_true, y_pred)
    recall = metrics.recall_score(y_true, y_pred)

    assert metrics.f1_score(y_true, y_pred) == pytest.approx(2 / (1 / precision + 1 / recall))


def test_no_predicted_positives_leave_precision_undefined_recall_and_f1_zero():
    y_true, y_pred = [0, 1, 1], [0, 0, 0]

    with pytest.warns(UndefinedMetricWarning, match="precision is 0/0 for 1 of 1 classes"):
        assert metrics.precision_score(y_true, y_pred) == 0.0
    assert metrics.precision_score(y_true, y_pred, zero_division=1) == 1.0
    assert math.isnan(metrics.precision_score(y_true, y_pred, zero_division=np.nan))
    assert metrics.recall_score(y_true, y_pred) == 0.0
    assert metrics.f1_score(y_true, y_pred) == 0.0


def test_a_class_that_never_occurs_leaves_recall_undefined():
    y_true, y_pred = [0, 0, 1], [0, 2, 1]

    with pytest.warns(UndefinedMetricWarning, match="recall is 0/0 for 1 of 3 classes"):
        assert metrics.recall_score(y_true, y_pred, average="macro") == pytest.approx(0.5)


def test_nan_leaves_undefined_classes_out_of_the_mean():
    y_true, y_pred = [0, 0, 1], [0, 2, 1]

    recall = metrics.recall_score(y_true, y_pred, average="macro", zero_division=np.nan)

    assert recall == pytest.approx((1 / 2 + 1) / 2)


def test_the_warning_points_to_the_callers_line():
    with pytest.warns(UndefinedMetricWarning) as caught:
        metrics.precision_score([1, 1], [0, 0])

    assert caught[0].filename == __file__


def test_labels_choose_what_is_averaged_over():
    y_true, y_pred = [0, 1, 2, 2], [0, 1, 1, 2]

    each = metrics.recall_score(y_true, y_pred, average=None, labels=[2, 0])
    micro = metrics.precision_score(y_true, y_pred, average="micro", labels=[1, 2])

    np.testing.assert_array_equal(each, [0.5, 1.0])
    assert micro == pytest.approx(2 / 3)


@pytest.mark.parametrize("metric", RATIOS)
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
def test_a_weight_of_two_is_a_sample_seen_twice(metric, average):
    y_true, y_pred, weights = [0, 1, 2, 1, 0], [0, 1, 1, 2, 1], [1, 2, 3, 1, 2]
    repeated = np.repeat(y_true, weights), np.repeat(y_pred, weights)

    weighted = metric(y_true, y_pred, average=average, sample_weight=weights, zero_division=0)

    assert weighted == pytest.approx(metric(*repeated, average=average, zero_division=0))


# ---- probabilities -------------------------------------------------------------------------------


def test_log_loss_of_a_guess_is_the_logarithm_of_the_number_of_classes():
    assert metrics.log_loss([0, 3, 9], np.full((3, 10), 0.1)) == pytest.approx(math.log(10))


def test_log_loss_is_the_mean_surprise():
    probabilities = [[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]]

    expected = -(math.log(0.5) + math.log(0.8) + math.log(0.1)) / 3

    assert metrics.log_loss([0, 1, 1], probabilities) == pytest.approx(expected)
    assert metrics.log_loss([0, 1, 1], [0.5, 0.8, 0.1]) == pytest.approx(expected)
    assert metrics.log_loss([0, 1, 1], [0.5, 0.8, 0.1], normalize=False) == pytest.approx(
        3 * expected
    )


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 15.9424), (np.float64, 36.0437)])
def test_a_certain_mistake_costs_the_precision_of_the_dtype(dtype, most):
    probabilities = np.array([[1.0, 0.0]], dtype)

    assert metrics.log_loss([1], probabilities) == pytest.approx(most, abs=1e-4)


def test_log_loss_is_the_cross_entropy_that_is_trained_on():
    import tinygen as tg

    logits = tg.tensor(np.random.default_rng(0).normal(size=(20, 5)))
    labels = tg.tensor(np.arange(20) % 5)

    loss = metrics.log_loss(labels, tg.softmax(logits, dim=1))

    assert loss == pytest.approx(tg.nn.functional.cross_entropy(logits, labels).item())


def naive_calibration_error(y_true, probabilities, n_bins):
    """Bin by bin, as the definition says."""
    confidence, guess = probabilities.max(axis=1), probabilities.argmax(axis=1)
    total = 0.0
    for lower in range(n_bins):
        inside = (confidence > lower / n_bins) & (confidence <= (lower + 1) / n_bins)
        if inside.any():
            accuracy = (guess == y_true)[inside].mean()
            total += inside.sum() * abs(accuracy - confidence[inside].mean())
    return total / len(y_true)


@pytest.mark.parametrize("n_bins", [1, 4, 15])
def test_calibration_error_is_the_gap_between_confidence_and_accuracy(n_bins):
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(8, 2.0), 300)  # some confidences below 1/4
    labels = rng.integers(0, 8, 300)

    error = metrics.expected_calibration_error(labels, probabilities, n_bins=n_bins)

    assert error == pytest.approx(naive_calibration_error(labels, probabilities, n_bins))


def test_who_is_right_as_often_as_sure_is_calibrated():
    probabilities, labels = np.tile([0.75, 0.25], (4, 1)), [0, 0, 0, 1]

    assert metrics.expected_calibration_error(labels, probabilities) == 0.0


def test_who_is_sure_and_wrong_is_not():
    assert metrics.expected_calibration_error([1, 1], [[1.0, 0.0], [1.0, 0.0]]) == 1.0


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    # One bin (0.5, 0.75] holds both: 0.75 right and 0.6 wrong are 0.175 too sure on average.
    labels, probabilities = [0, 1], [[0.75, 0.25], [0.6, 0.4]]

    error = metrics.expected_calibration_error(labels, probabilities, n_bins=4)

    assert error == pytest.approx(abs(0.5 - 0.675))


def test_one_probability_means_that_of_class_1():
    rng = np.random.default_rng(4)
    positive, labels = rng.uniform(size=50), rng.integers(0, 2, 50)
    both = np.stack([1 - positive, positive], axis=1)

    one = metrics.expected_calibration_error(labels, positive)

    assert one == metrics.expected_calibration_error(labels, both)
