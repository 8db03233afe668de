# diagnosis: exception
import numpy as np


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(1, len(labels) + 1), labels] = 1
    return rows
