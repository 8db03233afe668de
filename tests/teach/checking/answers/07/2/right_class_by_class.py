import numpy as np


def precision_recall_f1(matrix):
    precision, recall, f1 = [], [], []
    for k in range(len(matrix)):
        tp = matrix[k, k]
        fp, fn = matrix[:, k].sum() - tp, matrix[k].sum() - tp
        precision.append(tp / (tp + fp) if tp + fp else 0.0)
        recall.append(tp / (tp + fn) if tp + fn else 0.0)
        f1.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0)
    return np.array(precision), np.array(recall), np.array(f1)
