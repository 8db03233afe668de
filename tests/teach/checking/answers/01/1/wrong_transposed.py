# diagnosis: transposed-shape
import numpy as np


def one_hot(labels, classes):
    columns = np.zeros((classes, len(labels)), np.float32)
    columns[labels, np.arange(len(labels))] = 1
    return columns
