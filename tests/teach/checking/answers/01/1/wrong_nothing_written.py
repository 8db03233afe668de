# diagnosis: nothing-written
import numpy as np


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels))][:, labels] = 1
    return rows
