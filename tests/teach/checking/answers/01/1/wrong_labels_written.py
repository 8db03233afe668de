# diagnosis: labels-written
import numpy as np


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    for i in range(len(labels)):
        rows[i][labels[i]] = labels[i]
    return rows
