# diagnosis: dtype
import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    matrix = np.zeros((classes, classes))
    for i, j in zip(y_true, y_pred, strict=True):
        matrix[i, j] += 1
    return matrix
