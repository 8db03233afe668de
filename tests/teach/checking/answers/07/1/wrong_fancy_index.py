# diagnosis: lost-repeats
import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    matrix = np.zeros((classes, classes), np.int64)
    matrix[y_true, y_pred] += 1
    return matrix
