# diagnosis: ranks-in-order
import numpy as np


def roc_auc(positive, scores):
    ranks = np.argsort(np.argsort(scores)) + 1
    p, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - p * (p + 1) / 2) / (p * m)
