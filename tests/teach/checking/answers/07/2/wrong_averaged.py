# diagnosis: shape
import numpy as np


def precision_recall_f1(matrix):
    hits = np.diagonal(matrix)
    precision = hits / np.maximum(matrix.sum(axis=0), 1)
    recall = hits / np.maximum(matrix.sum(axis=1), 1)
    f1 = 2 * hits / np.maximum(matrix.sum(axis=0) + matrix.sum(axis=1), 1)
    return precision.mean(), recall.mean(), f1.mean()
