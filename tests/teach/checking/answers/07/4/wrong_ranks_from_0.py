# diagnosis: ranks-from-0
import numpy as np


def roc_auc(positive, scores):
    ordered = np.sort(scores)
    ranks = (np.searchsorted(ordered, scores) + np.searchsorted(ordered, scores, "right") - 1) / 2
    p, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - p * (p + 1) / 2) / (p * m)
