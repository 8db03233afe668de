# diagnosis: shares-of-all
import numpy as np


def roc_curve(positive, scores):
    yes = scores >= np.unique(scores)[::-1][:, None]
    fpr = (yes & ~positive).mean(axis=1)
    tpr = (yes & positive).mean(axis=1)
    return np.append(0, fpr), np.append(0, tpr)
