import numpy as np


def precision_recall_f1(matrix):
    hits = matrix.diagonal()
    columns, rows = matrix.sum(0), matrix.sum(1)

    def divided(a, b):
        return np.divide(a, b, out=np.zeros(len(matrix)), where=b != 0)

    return divided(hits, columns), divided(hits, rows), divided(2 * hits, columns + rows)
