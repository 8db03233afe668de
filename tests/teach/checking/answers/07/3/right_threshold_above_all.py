import numpy as np


def roc_curve(positive, scores):
    thresholds = np.concatenate([[np.inf], np.sort(np.unique(scores))[::-1]])
    yes = scores[None, :] >= thresholds[:, None]
    fpr = (yes & ~positive).sum(axis=1) / np.count_nonzero(~positive)
    tpr = (yes & positive).sum(axis=1) / np.count_nonzero(positive)
    return fpr, tpr
