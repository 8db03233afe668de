from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygen import metrics
from tinygen.metrics import UndefinedMetricWarning


def scored_labels():
    """Labels of both classes, and scores with many ties."""
    sample = st.tuples(st.booleans(), st.integers(-3, 3))
    samples = st.lists(sample, min_size=2, max_size=30)
    return samples.filter(lambda s: len({label for label, _ in s}) == 2).map(
        lambda s: (np.array([label for label, _ in s]), np.array([score for _, score in s]) / 4)
    )


def share_of_ordered_pairs(y_true, scores):
    """Of all pairs of a positive and a negative, those in order; ties count half."""
    pairs = [(p, n) for p in scores[y_true == 1] for n in scores[y_true == 0]]
    return sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)


# ---- ROC -----------------------------------------------------------------------------------------


@given(scored_labels())
def test_auc_is_the_share_of_ordered_pairs(sample):
    assert metrics.roc_auc_score(*sample) == pytest.approx(share_of_ordered_pairs(*sample))


@given(scored_labels())
def test_auc_is_the_area_below_the_roc_curve(sample):
    fpr, tpr, _ = metrics.roc_curve(*sample)

    assert metrics.auc(fpr, tpr) == pytest.approx(metrics.roc_auc_score(*sample))


@given(scored_labels())
def test_auc_depends_on_the_order_only(sample):
    labels, scores = sample

    assert metrics.roc_auc_score(labels, np.exp(scores)) == metrics.roc_auc_score(labels, scores)


@given(scored_labels())
def test_turning_scores_round_turns_auc_round(sample):
    labels, scores = sample
    expected = 1 - metrics.roc_auc_score(labels, scores)

    assert metrics.roc_auc_score(labels, -scores) == pytest.approx(expected)
    assert metrics.roc_auc_score(~labels, scores) == pytest.approx(expected)


@given(scored_labels(), st.randoms())
def test_the_order_of_samples_does_not_matter(sample, random):
    labels, scores = sample
    order = list(range(len(labels)))
    random.shuffle(order)
    shuffled = labels[order], scores[order]

    assert metrics.roc_auc_score(*shuffled) == metrics.roc_auc_score(*sample)
    assert metrics.average_precision_score(*shuffled) == metrics.average_precision_score(*sample)


def test_constant_scores_are_a_coin():
    labels = [0, 1, 1, 0, 1]

    assert metrics.roc_auc_score(labels, np.full(5, 0.3)) == 0.5
    assert metrics.average_precision_score(labels, np.full(5, 0.3)) == pytest.approx(3 / 5)
    fpr, tpr, thresholds = metrics.roc_curve(labels, np.full(5, 0.3))
    assert (fpr.tolist(), tpr.tolist(), thresholds.tolist()) == ([0, 1], [0, 1], [math.inf, 0.3])


@given(scored_labels())
def test_points_of_the_roc_curve_are_the_rates_at_their_thresholds(sample):
    labels, scores = sample

    points = metrics.roc_curve(labels, scores, drop_intermediate=False)

    assert points[2].tolist() == [math.inf, *sorted(set(scores), reverse=True)]
    for fpr, tpr, threshold in zip(*points, strict=True):
        assert fpr == pytest.approx((scores[labels == 0] >= threshold).mean())
        assert tpr == pytest.approx((scores[labels == 1] >= threshold).mean())


@given(scored_labels())
def test_dropped_points_lie_on_straight_pieces(sample):
    fewer = metrics.roc_curve(*sample)
    every = metrics.roc_curve(*sample, drop_intermediate=False)

    assert len(fewer[0]) <= len(every[0])
    assert {*zip(*fewer, strict=True)} <= {*zip(*every, strict=True)}
    assert metrics.auc(fewer[0], fewer[1]) == pytest.approx(metrics.auc(every[0], every[1]))


def test_a_point_in_the_middle_of_a_straight_piece_is_dropped():
    labels, scores = [1, 0, 1, 0, 1, 0], [3, 3, 2, 2, 1, 1]

    assert metrics.roc_curve(labels, scores)[2].tolist() == [math.inf, 3, 1]


def test_without_negatives_the_false_positive_rate_is_not_defined():
    with pytest.warns(UndefinedMetricWarning, match="no negative samples"):
        fpr, tpr, _ = metrics.roc_curve([1, 1], [0.1, 0.2])

    assert np.isnan(fpr).all()
    assert tpr[-1] == 1


def test_without_positives_the_true_positive_rate_is_not_defined():
    with pytest.warns(UndefinedMetricWarning, match="no positive samples"):
        fpr, tpr, _ = metrics.roc_curve([0, 0], [0.1, 0.2])

    assert np.isnan(tpr).all()
    assert fpr[-1] == 1


@pytest.mark.parametrize("only", [0, 1])
def test_auc_of_one_class_is_nan(only):
    with pytest.warns(UndefinedMetricWarning, match="only one class"):
        assert math.isnan(metrics.roc_auc_score([only, only], [0.1, 0.2]))


def test_auc_against_the_rest_is_that_of_each_column():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 3, 60), rng.dirichlet(np.ones(3), 60)
    each = [share_of_ordered_pairs(labels == c, scores[:, c]) for c in range(3)]

    def measured(average):
        return metrics.roc_auc_score(labels, scores, multi_class="ovr", average=average)

    np.testing.assert_allclose(measured(None), each)
    assert measured("macro") == pytest.approx(np.mean(each))
    assert measured("weighted") == pytest.approx(np.average(each, weights=np.bincount(labels)))


@given(scored_labels(), st.data())
def test_weights_are_repetitions(sample, data):
    labels, scores = sample
    weights = np.array(
        data.draw(st.lists(st.integers(1, 3), min_size=len(labels), max_size=len(labels)))
    )
    repeated = np.repeat(labels, weights), np.repeat(scores, weights)

    for metric in (metrics.roc_auc_score, metrics.average_precision_score):
        assert metric(labels, scores, sample_weight=weights) == pytest.approx(metric(*repeated))


def test_a_weight_of_zero_leaves_a_sample_out():
    assert metrics.roc_auc_score([0, 1, 1], [0.5, 0.7, 0.1], sample_weight=[1, 1, 0]) == 1.0
    labels, scores, weights = [0, 1, 2, 0], np.eye(3)[[0, 1, 2, 1]], [1, 1, 1, 0]
    assert metrics.average_precision_score(labels, scores, sample_weight=weights) == 1.0
    far = np.array([[0.5, 0.5], [0.4, 0.6], [0.0, 1.0]])
    assert metrics.average_precision_score([0, 1, 0], far, sample_weight=[1, 1, 0]) == 1.0


def test_area_by_trapezoids():
    assert metrics.auc([0, 1, 3], [0, 1, 2]) == 0.5 + 3
    assert metrics.auc([3, 1, 0], [2, 1, 0]) == 0.5 + 3
    assert metrics.auc([0, 0, 1], [0, 1, 1]) == 1.0


# ---- precision and recall ------------------------------------------------------------------------


@given(scored_labels())
def test_points_of_the_pr_curve_are_the_ratios_at_their_thresholds(sample):
    labels, scores = sample

    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)

    assert thresholds.tolist() == sorted(set(scores))
    assert (precision[-1], recall[-1]) == (1, 0)
    for p, r, threshold in zip(precision, recall, thresholds, strict=False):
        chosen = scores >= threshold
        assert p == pytest.approx(labels[chosen].mean())
        assert r == pytest.approx(labels[chosen].sum() / labels.sum())


@given(scored_labels())
def test_dropped_points_of_the_pr_curve_lie_between_others_of_their_recall(sample):
    every = list(zip(*metrics.precision_recall_curve(*sample), strict=False))
    by_recall = {recall: [point for point in every if point[1] == recall] for _, recall, _ in every}
    ends = {end for points in by_recall.values() for end in (points[0], points[-1])}

    fewer = zip(*metrics.precision_recall_curve(*sample, drop_intermediate=True), strict=False)

    assert set(fewer) == ends


@given(scored_labels())
def test_average_precision_is_the_area_of_the_steps(sample):
    precision, recall, _ = metrics.precision_recall_curve(*sample)
    steps = sum((recall[i] - recall[i + 1]) * precision[i] for i in range(len(recall) - 1))

    assert metrics.average_precision_score(*sample) == pytest.approx(steps)


def test_average_precision_without_ties_is_the_mean_precision_at_the_positives():
    # By falling score: right, wrong, right, wrong, right.
    expected = (1 / 1 + 2 / 3 + 3 / 5) / 3

    assert metrics.average_precision_score([1, 0, 1, 0, 1], [5, 4, 3, 2, 1]) == pytest.approx(
        expected
    )


def test_a_perfect_ranking_has_average_precision_one():
    assert metrics.average_precision_score([0, 1, 0, 1], [0.1, 0.8, 0.2, 0.9]) == 1.0


def test_average_precision_of_all_positives_is_one():
    assert metrics.average_precision_score([1, 1, 1], [0.3, 0.1, 0.2]) == 1.0


def test_average_precision_without_positives_is_zero_with_a_warning():
    with pytest.warns(UndefinedMetricWarning, match="no positive samples"):
        assert metrics.average_precision_score([0, 0], [0.1, 0.2]) == 0.0
    with pytest.warns(UndefinedMetricWarning, match="recall is set to 1"):
        _, recall, _ = metrics.precision_recall_curve([0, 0], [0.1, 0.2])
    assert recall.tolist() == [1, 1, 0]


def test_average_precision_of_several_classes_is_their_mean():
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(0, 3, 50), rng.dirichlet(np.ones(3), 50)
    each = [metrics.average_precision_score(labels == c, scores[:, c]) for c in range(3)]

    np.testing.assert_allclose(metrics.average_precision_score(labels, scores, average=None), each)
    assert metrics.average_precision_score(labels, scores) == pytest.approx(np.mean(each))


@given(scored_labels())
def test_at_the_equal_error_rate_as_many_are_missed_as_pass(sample):
    """The rate is on the ROC curve, and on the line from the upper left to the lower right."""
    fpr, tpr, _ = metrics.roc_curve(*sample, drop_intermediate=False)

    rate = metrics.equal_error_rate(*sample)

    on_curve = [
        min(a, b) - 1e-9 <= rate <= max(a, b) + 1e-9
        and min(c, d) - 1e-9 <= 1 - rate <= max(c, d) + 1e-9
        and abs((rate - a) * (d - c) - (1 - rate - c) * (b - a)) < 1e-9
        for a, b, c, d in zip(fpr, fpr[1:], tpr, tpr[1:], strict=False)
    ]
    assert any(on_curve)


@pytest.mark.parametrize(
    ("scores", "rate"),
    [
        ([0.1, 0.2, 0.8, 0.9], 0.0),  # parted without error
        ([0.9, 0.8, 0.2, 0.1], 1.0),  # turned round
        ([0.5, 0.5, 0.5, 0.5], 0.5),  # all alike
        ([0.1, 0.6, 0.6, 0.9], 0.25),  # half of a tie passes
    ],
)
def test_equal_error_rates_by_hand(scores, rate):
    assert metrics.equal_error_rate([0, 0, 1, 1], scores) == pytest.approx(rate)


@given(scored_labels())
def test_the_equal_error_rate_depends_on_the_order_only(sample):
    labels, scores = sample

    rate = metrics.equal_error_rate(labels, scores)

    assert metrics.equal_error_rate(labels, np.exp(scores)) == pytest.approx(rate)


def test_the_equal_error_rate_of_two_normal_variables_is_known():
    """Of unit variance and means d apart it is the probability of a normal below -d / 2."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 50_000)

    rate = metrics.equal_error_rate(labels, rng.standard_normal(100_000) + 2 * labels)

    assert rate == pytest.approx(0.5 * math.erfc(1 / math.sqrt(2)), abs=0.003)


def test_the_equal_error_rate_of_one_class_is_not_defined():
    with pytest.warns(UndefinedMetricWarning, match="equal error rate is NaN"):
        assert math.isnan(metrics.equal_error_rate([1, 1], [0.1, 0.2]))


def test_negatives_may_be_minus_one():
    fpr, tpr, _ = metrics.roc_curve([-1, 1, 1], [0.1, 0.8, 0.9])

    assert (fpr.tolist(), tpr.tolist()) == ([0, 0, 0, 1], [0, 0.5, 1, 1])


def test_pos_label_says_which_class_is_positive():
    labels, scores = ["no", "yes", "yes"], [0.1, 0.8, 0.9]

    assert metrics.average_precision_score(labels, scores, pos_label="yes") == 1.0
    assert metrics.roc_curve(labels, scores, pos_label="yes")[1].tolist() == [0, 0.5, 1, 1]
    assert metrics.roc_auc_score(labels, scores) == 1.0  # "yes" comes after "no"
