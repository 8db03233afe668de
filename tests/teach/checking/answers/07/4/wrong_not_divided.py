# diagnosis: pairs-won
import numpy as np


def roc_auc(positive, scores):
    margin = scores[positive][:, None] - scores[~positive][None, :]
    return np.sum((margin > 0) + 0.5 * (margin == 0))
