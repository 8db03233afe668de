# diagnosis: one-for-nothing
import numpy as np


def precision_recall_f1(matrix):
    def ratio(a, b):
        return np.array([x / y if y else 1.0 for x, y in zip(a, b, strict=True)])

    hits, predicted, true = np.diagonal(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return ratio(hits, predicted), ratio(hits, true), ratio(2 * hits, predicted + true)
