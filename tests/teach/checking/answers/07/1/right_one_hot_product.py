import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    numbers = np.arange(classes)
    is_true = (y_true[:, None] == numbers).astype(np.int64)
    is_predicted = (y_pred[:, None] == numbers).astype(np.int64)
    return is_true.T @ is_predicted
