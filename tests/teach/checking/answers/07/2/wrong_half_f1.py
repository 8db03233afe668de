# diagnosis: factor
import numpy as np


def precision_recall_f1(matrix):
    hits = np.diagonal(matrix)
    predicted, true = matrix.sum(axis=0), matrix.sum(axis=1)
    precision, recall = hits / np.maximum(predicted, 1), hits / np.maximum(true, 1)
    return precision, recall, hits / np.maximum(predicted + true, 1)
