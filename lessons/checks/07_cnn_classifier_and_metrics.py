"""The checks of lesson 07."""

import numpy as np

from tinygen.teach import Case, Check, Mistake
from tinygen.teach.reference import reference

TEN_TRUE = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
TEN_PREDICTED = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 0])
SEVEN_POSITIVE = np.array([True, True, True, False, False, False, False])
SEVEN_SCORES = np.array([0.9, 0.8, 0.4, 0.7, 0.4, 0.3, 0.1])


def labels(rng):
    yield Case("the lesson's ten pictures", TEN_TRUE, TEN_PREDICTED, 2)
    yield Case("60 pictures, 4 classes", rng.integers(0, 4, 60), rng.integers(0, 4, 60), 4)
    some = rng.integers(0, 3, 25), rng.integers(1, 5, 25)
    yield Case("7 classes, of which some never occur", *some, 7)
    yield Case("one picture, 3 classes", np.array([2]), np.array([0]), 3)


def matrices(rng):
    yield Case("the lesson's matrix", np.array([[5, 2], [1, 2]]))
    yield Case("4 classes", rng.integers(1, 20, (4, 4)))
    matrix = rng.integers(1, 9, (5, 5))
    matrix[1] = 0
    matrix[:, 3] = 0
    yield Case("class 1 never occurs, class 3 is never predicted: 0/0", matrix)
    matrix = np.zeros((6, 6), np.int64)
    matrix[:3, :3] = rng.integers(1, 9, (3, 3))
    yield Case("three of six classes neither occur nor are predicted: 0/0", matrix)


def scored(rng):
    yield Case("the lesson's seven pictures", SEVEN_POSITIVE, SEVEN_SCORES)
    yield Case("30 different scores, some negative", *_drawn(rng, 30, 9, None))
    yield Case("many ties", *_drawn(rng, 40, 15, 0))
    yield Case("scores rounded to one digit", *_drawn(rng, 200, 20, 1))
    yield Case("all scores are equal", np.arange(6) < 2, np.full(6, 0.5))
    yield Case("all positives above all negatives", np.arange(9) >= 5, np.arange(9.0))
    yield Case("a positive below a negative", np.array([True, False]), np.array([0.0, 1.0]))


def _drawn(rng, n, positives, digits):
    positive = rng.permutation(n) < positives
    scores = np.where(positive, 0.8, -0.6) + rng.standard_normal(n)
    return positive, scores if digits is None else scores.round(digits)


# ---- wrong answers -----------------------------------------------------------------------------


def lost_repeats(y_true, y_pred, classes):
    matrix = np.zeros((classes, classes), np.int64)
    matrix[y_true, y_pred] += 1
    return matrix


def exchanged(matrix):
    precision, recall, f1 = reference("07.2")(matrix)
    return recall, precision, f1


def plain_mean(matrix):
    precision, recall, _ = reference("07.2")(matrix)
    return precision, recall, (precision + recall) / 2


def one_for_nothing(matrix):
    hits, predicted, true = np.diagonal(matrix), matrix.sum(0), matrix.sum(1)
    pairs = (hits, predicted), (hits, true), (2 * hits, predicted + true)
    return tuple(np.where(b > 0, a / np.maximum(b, 1), 1.0) for a, b in pairs)


def _points(positive, scores, thresholds, above, below=None):
    yes = above(scores, thresholds[:, None])
    share = [(yes & kind).sum(1) / (below or kind.sum()) for kind in (~positive, positive)]
    return np.append(0.0, share[0]), np.append(0.0, share[1])


def axes_exchanged(positive, scores):
    return reference("07.3")(positive, scores)[::-1]


def strictly_above(positive, scores):
    return _points(positive, scores, np.unique(scores)[::-1], np.greater)


def rising(positive, scores):
    return _points(positive, scores, np.unique(scores), np.greater_equal)


def shares_of_all(positive, scores):
    return _points(positive, scores, np.unique(scores)[::-1], np.greater_equal, len(scores))


def _pairs(positive, scores, tie):
    margin = scores[positive][:, None] - scores[~positive]
    return np.mean((margin > 0) + tie * (margin == 0))


def _by_ranks(positive, ranks):
    p, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - p * (p + 1) / 2) / (p * m)


def ranks_in_order(positive, scores):
    return _by_ranks(positive, scores.argsort().argsort() + 1)


def ranks_from_0(positive, scores):
    p = positive.sum()
    return reference("07.4")(positive, scores) - p / (p * (~positive).sum())


def from_labels(positive, scores):
    return reference("07.4")(positive, (scores >= 0.5) * 1.0)


def pairs_won(positive, scores):
    return reference("07.4")(positive, scores) * positive.sum() * (~positive).sum()


CHECKS = {
    "07.1": Check(
        cases=labels,
        outputs=("matrix",),
        mistakes=[
            Mistake(
                "lost-repeats",
                lost_repeats,
                "No cell holds more than 1. `matrix[y_true, y_pred] += 1` reads all cells, adds 1, "
                "and writes them back: a cell that is named seven times is written seven times "
                "with the same 1.",
            ),
            Mistake(
                "predicted-in-rows",
                lambda y_true, y_pred, classes: reference("07.1")(y_pred, y_true, classes),
                "Rows and columns are exchanged: here a row is a true class, and a column what it "
                "was taken for. Precision and recall would change places.",
            ),
        ],
    ),
    "07.2": Check(
        cases=matrices,
        outputs=("precision", "recall", "f1"),
        mistakes=[
            Mistake(
                "exchanged",
                exchanged,
                "Precision and recall are exchanged. A row of the matrix is a true class: does its "
                "sum count how often the class is true, or how often it was predicted?",
            ),
            Mistake(
                "plain-mean",
                plain_mean,
                "Precision and recall are right, but F1 is their plain mean. The harmonic mean is "
                "wanted, which is small if either of them is.",
            ),
            Mistake(
                "one-for-nothing",
                one_for_nothing,
                "Where there is 0/0 you have 1. Both are in use, but a class that was never found "
                "would then look perfect: here 0 is agreed on.",
            ),
        ],
    ),
    "07.3": Check(
        cases=scored,
        outputs=("fpr", "tpr"),
        mistakes=[
            Mistake(
                "axes-exchanged",
                axes_exchanged,
                "The two rates are exchanged: first comes the false positive rate, the share of "
                "the negatives that get a yes.",
            ),
            Mistake(
                "strictly-above",
                strictly_above,
                "A picture whose score is the threshold itself gets no yes. So (0, 0) comes twice, "
                "and the curve never arrives at (1, 1).",
            ),
            Mistake(
                "rising",
                rising,
                "The thresholds rise, so the curve begins at (1, 1) and runs back. They should "
                "fall, from the highest score to the lowest.",
            ),
            Mistake(
                "shares-of-all",
                shares_of_all,
                "The counts are divided by the number of all pictures. Each rate is a share of its "
                "own kind: of the negatives, and of the positives.",
            ),
        ],
    ),
    "07.4": Check(
        cases=scored,
        outputs=("auc",),
        mistakes=[
            Mistake(
                "ranks-in-order",
                ranks_in_order,
                "Without ties it is right. Equal scores got different ranks, in the order in which "
                "they happen to stand: shuffle the pictures, and the number changes. They share "
                "the mean of their ranks.",
            ),
            Mistake(
                "ties-won",
                lambda positive, scores: _pairs(positive, scores, 1.0),
                "Without ties it is right. A tie of a positive and a negative counts as a win "
                "here; then a program that gives all pictures the same score would get 1.",
            ),
            Mistake(
                "ties-lost",
                lambda positive, scores: _pairs(positive, scores, 0.0),
                "Without ties it is right. A tie of a positive and a negative counts nothing here; "
                "half of it is wanted.",
            ),
            Mistake(
                "ranks-from-0",
                ranks_from_0,
                "Every positive has one rank too little: the lowest score has rank 1 in the "
                "formula, and not 0.",
            ),
            Mistake(
                "other-way-round",
                lambda positive, scores: 1 - reference("07.4")(positive, scores),
                "This is 1 minus the area: the order was taken the other way round. A high score "
                "must get a high rank.",
            ),
            Mistake(
                "from-labels",
                from_labels,
                "The scores were turned into yes and no at 0.5 first, and their order is lost. The "
                "area is about the order of the scores themselves.",
            ),
            Mistake(
                "pairs-won",
                pairs_won,
                "This is the number of pairs that the positives win, not their share: it is still "
                "to be divided by the number of pairs.",
            ),
        ],
    ),
}
