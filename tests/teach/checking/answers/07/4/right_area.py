import numpy as np


def roc_auc(positive, scores):
    yes = scores >= np.unique(scores)[::-1][:, None]
    x = np.append(0, yes[:, ~positive].mean(axis=1))
    y = np.append(0, yes[:, positive].mean(axis=1))
    return np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2)
