# diagnosis: shape
import numpy as np


def roc_curve(positive, scores):
    order = np.argsort(-scores, kind="stable")
    hits = positive[order]
    tpr = np.cumsum(hits) / hits.sum()
    fpr = np.cumsum(~hits) / (~hits).sum()
    return np.append(0, fpr), np.append(0, tpr)
