# diagnosis: zeros
import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    matrix = np.zeros((classes, classes), np.int64)
    for i, j in zip(y_true, y_pred, strict=True):
        if i != j:
            matrix[i, j] += 1
    return matrix
