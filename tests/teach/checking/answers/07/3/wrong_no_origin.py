# diagnosis: shape
import numpy as np


def roc_curve(positive, scores):
    yes = scores >= np.unique(scores)[::-1][:, None]
    return yes[:, ~positive].mean(axis=1), yes[:, positive].mean(axis=1)
