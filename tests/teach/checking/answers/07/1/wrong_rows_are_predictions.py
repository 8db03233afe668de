# diagnosis: predicted-in-rows
import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    matrix = np.zeros((classes, classes), np.int64)
    for i in range(len(y_true)):
        matrix[y_pred[i], y_true[i]] += 1
    return matrix
