# diagnosis: shape
import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    known = max(y_true.max(), y_pred.max()) + 1
    matrix = np.zeros((known, known), np.int64)
    for i, j in zip(y_true, y_pred, strict=True):
        matrix[i, j] += 1
    return matrix
