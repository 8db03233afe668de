import numpy as np


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes), dtype="float32")
    for i, label in enumerate(labels):
        rows[i, label] = 1.0
    return rows
