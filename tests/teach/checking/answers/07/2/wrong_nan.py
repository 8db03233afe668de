# diagnosis: not-finite
import numpy as np


def precision_recall_f1(matrix):
    hits = np.diagonal(matrix)
    precision = hits / matrix.sum(axis=0)
    recall = hits / matrix.sum(axis=1)
    return precision, recall, 2 * precision * recall / (precision + recall)
