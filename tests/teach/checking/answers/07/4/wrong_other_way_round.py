# diagnosis: other-way-round
import numpy as np


def roc_auc(positive, scores):
    margin = scores[~positive][:, None] - scores[positive][None, :]
    return np.mean((margin > 0) + 0.5 * (margin == 0))
