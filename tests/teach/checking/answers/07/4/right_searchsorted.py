import numpy as np


def roc_auc(positive, scores):
    ordered = np.sort(scores)
    below = np.searchsorted(ordered, scores, side="left")
    up_to = np.searchsorted(ordered, scores, side="right")
    ranks = (below + 1 + up_to) / 2
    p, m = np.count_nonzero(positive), np.count_nonzero(~positive)
    return float((ranks[positive].sum() - p * (p + 1) / 2) / (p * m))
