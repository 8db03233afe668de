# diagnosis: whole-columns
import numpy as np


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes), np.float32)
    rows[:, labels] = 1
    return rows
