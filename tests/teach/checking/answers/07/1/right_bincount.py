import numpy as np


def confusion_matrix(y_true, y_pred, classes):
    cells = np.bincount(classes * y_true + y_pred, minlength=classes**2)
    return cells.reshape(classes, classes)
